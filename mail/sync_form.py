"""The form that says what an account's sync lets in."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mail import addresses
from mail.models import Account
from mail.sync import choices

RANGE_LABELS = {
    "30": gettext_lazy("The last month"),
    "90": gettext_lazy("The last 3 months"),
    "180": gettext_lazy("The last 6 months"),
    "365": gettext_lazy("The last year"),
    "": gettext_lazy("All mail"),
}
KEPT = "kept"  # the day that was chosen before
MOST_BLOCKED = 2_000


class SyncForm(forms.Form):
    """Folders, range, own domain and block list of one account."""

    days = forms.ChoiceField(label=gettext_lazy("How far back"), required=False)
    folders = forms.TypedMultipleChoiceField(label=gettext_lazy("Folders"), coerce=int, required=False)
    skips_own_domain = forms.BooleanField(label=gettext_lazy("Leave out mail among colleagues"), required=False)
    blocked = forms.CharField(
        label=gettext_lazy("Never let in"), required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, data: Any = None, *, account: Account) -> None:
        self.account = account
        self.state = choices.state_of(account)
        self.selectable = choices.selectable(account)
        super().__init__(data, initial=self._initial())
        ranges: list[tuple[str, Any]] = list(RANGE_LABELS.items())
        if self._is_kept_range():
            ranges.insert(0, (KEPT, _("From %(day)s on, as before") % {"day": self.state.since}))
        self.fields["days"].choices = ranges  # type: ignore[attr-defined]
        self.fields["folders"].choices = [(folder.pk, folder.name) for folder in self.selectable]  # type: ignore[attr-defined]

    def clean_blocked(self) -> list[str]:
        """Addresses and domains, one a line or with commas between them. Raises ValidationError with the first that is neither."""
        typed = self.cleaned_data["blocked"].replace(",", " ").split()
        wanted = [self._pattern(one) for one in typed]
        if len(wanted) > MOST_BLOCKED:
            raise forms.ValidationError(_("These are too many: at most %(limit)s can be kept out."), params={"limit": MOST_BLOCKED})
        return wanted

    def chosen(self, today: date) -> dict[str, Any]:
        """The arguments of `choices.choose`."""
        values = self.cleaned_data
        kept = values["days"] == KEPT
        return {
            "since": self.state.since if kept else choices.first_day(values["days"], today=today),
            "folders": values["folders"],
            "skips_own_domain": values["skips_own_domain"],
            "blocked": values["blocked"],
        }

    def _pattern(self, typed: str) -> str:
        pattern = typed.lower().removeprefix("*").removeprefix("@")
        email = pattern if "@" in pattern else f"x@{pattern}"
        if addresses.normal(email) is None:
            raise forms.ValidationError(_("“%(text)s” is neither an address nor a domain."), params={"text": typed[:100]})
        return pattern

    def _is_kept_range(self) -> bool:
        return self.state.started_at is not None and self.state.since is not None

    def _initial(self) -> dict[str, Any]:
        is_new = self.state.started_at is None
        days = choices.USUAL_RANGE if is_new else KEPT if self.state.since else ""
        return {
            "days": days,
            "folders": [folder.pk for folder in self.selectable if folder.is_chosen],
            "skips_own_domain": self.state.skips_own_domain,
            "blocked": "\n".join(self.account.blocks.values_list("pattern", flat=True)),
        }
