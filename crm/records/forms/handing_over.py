"""Who gets what a user owns."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.handing_over import Holding


class HandOverForm(forms.Form):
    """One new owner for all, and for each kind another one if wanted."""

    everything = forms.ModelChoiceField(
        label=_("New owner"), queryset=User.objects.none(), required=False, empty_label=_("Nobody: it stays")
    )
    switch_off = forms.BooleanField(label=_("Switch the account off"), required=False, help_text=_("It is signed out everywhere, at once."))

    def __init__(self, data: Any, *, user: User, holdings: list[Holding]) -> None:
        super().__init__(data, initial={"switch_off": user.is_active})
        self.holdings = holdings
        people = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("name", "pk")
        self.fields["everything"].queryset = people  # type: ignore[attr-defined]
        for holding in holdings:
            self.fields[holding.kind] = forms.ModelChoiceField(
                label=f"{capfirst(holding.name)} ({holding.count})", queryset=people, required=False, empty_label=_("As chosen for all")
            )
        if not user.is_active:
            del self.fields["switch_off"]

    def kinds(self) -> list[Any]:
        """The fields of single kinds."""
        return [self[holding.kind] for holding in self.holdings]

    def to(self) -> dict[str, User]:
        """The new owner of each kind that gets one."""
        chosen = {holding.kind: self.cleaned_data[holding.kind] or self.cleaned_data["everything"] for holding in self.holdings}
        return {kind: person for kind, person in chosen.items() if person}
