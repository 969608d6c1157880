"""A form field in which a record is picked by typing its name; where allowed, an unknown name makes a new one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.lib.primary_keys import primary_key
from crm.records.matching import matching
from crm.records.models import Deal, Lead, Organisation, OwnedQuerySet, Person

NAME_FIELDS = {Person: "name", Organisation: "name", Deal: "title", Lead: "title"}
KINDS: dict[str, type[Person] | type[Organisation] | type[Deal] | type[Lead]] = {
    "person": Person,
    "organisation": Organisation,
    "deal": Deal,
    "lead": Lead,
}
PICKED = "-pk"  # suffix of the hidden input that a script fills


class PickInput(forms.TextInput):
    """A text box with suggestions, and the pk of the one that was picked; works by the name alone without script."""

    template_name = "records/_pick_input.html"

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.may_create = kind, False

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name, ""), data.get(name + PICKED, "")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        text, pk = value if isinstance(value, tuple) else (value, "")
        context = super().get_context(name, text, attrs)
        return context | {"kind": self.kind, "may_create": self.may_create, "picked": pk or "", "picked_name": name + PICKED}

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """By the site's own templates: the form renderer knows those of apps only."""
        return render_to_string(self.template_name, self.get_context(name, value, attrs))


class PickField(forms.Field):
    """Cleans to a record that the user may see, to an unsaved new one, or to None. Call `for_user` before use."""

    def __init__(self, kind: str, *, may_create: bool, **options: Any) -> None:
        super().__init__(widget=PickInput(kind), required=options.pop("required", False), **options)
        self.model = KINDS[kind]
        self.user: User | None = None
        self.current: Any = None
        self.widget.may_create = self.may_create = may_create

    def for_user(self, user: User, current: Any = None) -> None:
        """Limit the choice to what the user sees; `current` may stay even if it is not among that."""
        self.user, self.current = user, current

    def prepare_value(self, value: Any) -> Any:
        return (str(value), value.pk) if isinstance(value, self.model) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True  # cleaning may look things up; the domain compares for itself

    def clean(self, value: Any) -> Any:
        text, pk = value or ("", "")
        text = " ".join(str(text).split())
        if not text:
            return super().clean(None)
        return self._by_pk(text, pk) or self._by_name(text) or self._new(text)

    def _choices(self) -> OwnedQuerySet:
        if self.user is None:
            raise RuntimeError("PickField.for_user was not called")
        return self.model.objects.visible_to(self.user)

    def _by_pk(self, text: str, pk: str) -> Any:
        """The one picked, unless the name was typed over afterwards."""
        if not primary_key(str(pk)):
            return None
        kept = self.current if self.current is not None and str(self.current.pk) == str(pk) else None
        record = kept or self._choices().filter(pk=int(pk)).first()
        return record if record is not None and str(record).casefold() == text.casefold() else None

    def _by_name(self, text: str) -> Any:
        """The only one, or the oldest, whose whole name was typed; an archived one where there is no other."""
        named = self._choices().filter(matching(text, [NAME_FIELDS[self.model]]))
        found = named.order_by(F("archived_at").asc(nulls_first=True), "pk")
        return next((record for record in found if str(record).casefold() == text.casefold()), None)

    def _new(self, text: str) -> Any:
        if not self.may_create:
            raise ValidationError(_("Nothing of that name was found. Pick one of the suggestions, or leave it empty."))
        field = NAME_FIELDS[self.model]
        limit: int | None = getattr(self.model._meta.get_field(field), "max_length", None)
        if limit is not None and len(text) > limit:
            raise ValidationError(_("This name is too long: at most {limit} characters.").format(limit=limit))
        return self.model(**{field: text, "owner": self.user})
