"""A form field in which several records are picked by typing their names, one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.lib.primary_keys import primary_key
from crm.records.models import Person
from crm.records.picking import PICKED, PickField

TYPED = "-typed"  # suffix of the box for one more


@dataclass(frozen=True)
class Picked:
    """What a form sent: those that are ticked, and a name that was typed without picking anybody."""

    pks: Sequence[str]
    text: str = ""
    pk: str = ""


class PickSeveralInput(forms.TextInput):
    """Those picked as ticked boxes, and a box with suggestions that adds one; works by the name alone without script."""

    template_name = "records/_pick_several.html"

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        pks = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return Picked(pks, data.get(name + TYPED, ""), data.get(name + TYPED + PICKED, ""))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False  # nobody is ticked: nobody takes part

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        chosen, text = value if isinstance(value, tuple) else ([], "")
        context = super().get_context(name, text, attrs)
        typed = name + TYPED
        return context | {"kind": self.kind, "name": name, "chosen": chosen, "typed_name": typed, "picked_name": typed + PICKED}

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        return render_to_string(self.template_name, self.get_context(name, value, attrs))


class PickPeopleField(forms.Field):
    """Cleans to a list of people whom the user may see. Call `for_user` before use."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=PickSeveralInput("person"), required=False, **options)
        self.user: User | None = None
        self.current: list[Person] = []

    def for_user(self, user: User, current: Sequence[Person] = ()) -> None:
        """Limit the choice to what the user sees; those in `current` may stay even if they are not among that."""
        self.user, self.current = user, list(current)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Picked):
            return self._people(value.pks), value.text
        return list(value or []), ""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True  # cleaning may look things up; the domain compares for itself

    def clean(self, value: Any) -> list[Person]:
        people = self._people(value.pks)
        if not value.text.strip():
            return people
        one = PickField("person", may_create=False)
        one.for_user(self._user())
        try:
            added = one.clean((value.text, value.pk))
        except ValidationError:
            raise ValidationError(_("Nobody of that name was found. Pick one of the suggestions, or leave it empty.")) from None
        return people if added in people else [*people, added]

    def _people(self, pks: Sequence[str]) -> list[Person]:
        """In the order of the form; what cannot be seen and was not there before is left out."""
        wanted = [pk for pk in map(primary_key, pks) if pk]
        found = {person.pk: person for person in Person.objects.visible_to(self._user()).filter(pk__in=wanted)}
        found |= {person.pk: person for person in self.current}
        return [found[pk] for pk in dict.fromkeys(wanted) if pk in found]

    def _user(self) -> User:
        if self.user is None:
            raise RuntimeError("PickPeopleField.for_user was not called")
        return self.user
