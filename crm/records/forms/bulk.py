"""The value that many records are to hold: one input, by the kind of the field."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.records.fields import parsing
from crm.records.fields.book import TITLES, Field, Kind
from crm.records.handing_over import possible_owners
from crm.records.lists import bulk, kept, wording
from crm.records.lists.columns import Column
from crm.records.models import BulkChange
from crm.records.picking import PickField

NEEDED = frozenset(("owner", "visibility", "currency", "stage"))
SEVERAL = (Kind.TAGS, Kind.CHOICES)
ONE = (Kind.CHOICE, Kind.USER, Kind.STAGE)
LOOKS = {**dict.fromkeys(ONE, "form-select"), **dict.fromkeys(SEVERAL, "form-check-input")}


class ValueForm(forms.Form):
    """What a field is to hold; `encoded` afterwards, see `lists.kept`."""

    encoded: Any = None

    def __init__(self, posted: Any, *, field: Field, user: User) -> None:
        super().__init__(posted)
        self.of, self.user = field, user
        self.fields["value"] = _input(field, user)
        self.fields["value"].widget.attrs["class"] = LOOKS.get(field.kind, "form-control")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "value" in cleaned:
            self.encoded = self._encoded(cleaned["value"])
        return cleaned

    def _encoded(self, value: Any) -> Any:
        if self.of.kind in ONE:
            return value if self.of.listed or not value else int(value)
        if self.of.kind in SEVERAL:
            return sorted(int(key) for key in value)
        if self.of.kind in (Kind.PERSON, Kind.ORGANISATION):
            return value.pk if value else None
        return self._parsed(value or "")

    def _parsed(self, text: str) -> Any:
        try:
            value = parsing.parse(text, self.of, parsing.Ways(user=self.user))
        except parsing.BadValue as refusal:
            raise ValidationError({"value": str(refusal)}) from None
        return kept.encode(value, self.of)


def _needs_value(field: Field) -> bool:
    return field.key in NEEDED or field.key in TITLES.values()


def _input(field: Field, user: User) -> forms.Field:
    common: dict[str, Any] = {"label": field.label, "required": _needs_value(field)}
    match field.kind:
        case kind if kind in ONE:
            empty = [] if _needs_value(field) else [("", gettext_lazy("nothing"))]
            return forms.ChoiceField(choices=[*empty, *_names(field, user)], **common)
        case kind if kind in SEVERAL:
            return forms.MultipleChoiceField(choices=_names(field, user), widget=forms.CheckboxSelectMultiple, **common)
        case Kind.PERSON | Kind.ORGANISATION:
            picked = PickField(str(field.kind), may_create=False, **common)
            picked.for_user(user)
            return picked
        case Kind.DATE:
            return forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), **common)
        case Kind.LINES:
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), **common)
        case _:
            return forms.CharField(**common)


def _names(field: Field, user: User) -> list[tuple[str, str]]:
    """What can be chosen, without the words that stand for whoever reads them; as owners those whom a record's form offers."""
    if field.kind == Kind.USER:
        return [(str(one.pk), str(one)) for one in possible_owners(user, None)]
    names = wording.names(Column(field.key, field.label, field.kind, field.path, field), user)
    return [(key, name) for key, name in names if key not in ("me", "team")]


def confirms(typed: str, of: BulkChange, now: datetime) -> bool:
    """Whether somebody typed how many records are to go."""
    return typed.strip() == str(bulk.preview(of, now).changing)
