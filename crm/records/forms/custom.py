"""Boxes for fields by their description: the company's own fields in forms of records, and single fields changed in place."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User, company
from crm.records import changes
from crm.records.fields import book, parsing, reading, writing
from crm.records.fields.book import Field, Kind
from crm.records.fields.values import Money
from crm.records.money import CURRENCIES
from crm.records.picking import PickField

PLACES = 4  # decimals that a custom number keeps
NEEDED = frozenset(book.TITLES.values())  # no record is without its name
Box = Callable[[Field, User, Any], forms.Field]


class ParsedField(forms.CharField):
    """Text that is understood as files are: numbers in any country's way of writing; faults are sentences."""

    def __init__(self, of: Field, user: User, **options: Any) -> None:
        super().__init__(label=str(of.label), required=of.key in NEEDED, error_messages={"required": _("This cannot be empty.")}, **options)
        self.of, self.user = of, user

    def prepare_value(self, value: Any) -> Any:
        """A number without the zeros that a column adds, in the way that every language understands."""
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Any:
        try:
            parsed = parsing.parse(super().clean(value) or "", self.of, parsing.Ways(user=self.user))
        except parsing.BadValue as refusal:
            raise ValidationError(str(refusal)) from None
        return _exact(parsed)


def _exact(number: Any) -> Any:
    """Numbers with more decimals than are kept are refused, not rounded."""
    if isinstance(number, Decimal) and number != round(number, PLACES):
        raise ValidationError(_("At most {places} decimals can be kept.").format(places=PLACES))
    return number


class MoneyInput(forms.MultiWidget):
    """An amount and its currency, side by side."""

    def __init__(self, currencies: list[tuple[str, str]]) -> None:
        amount = forms.TextInput(attrs={"class": "form-control", "inputmode": "decimal", "autocomplete": "off", "aria-label": _("Amount")})
        super().__init__([amount, forms.Select({"class": "form-select", "aria-label": _("Currency")}, currencies)])

    def decompress(self, value: None) -> list[Any]:
        return ["", company().currency]


class MoneyField(forms.MultiValueField):
    """Cleans to Money, or to None where no amount was written."""

    def __init__(self, of: Field, user: User, current: Money | None) -> None:
        codes = list(dict.fromkeys([*([current.currency] if current and current.currency else []), *CURRENCIES]))
        amount = ParsedField(Field(of.key, of.label, Kind.NUMBER, custom=of.custom), user)
        currencies = [(code, code) for code in codes]
        currency = forms.ChoiceField(choices=currencies, required=False)
        super().__init__((amount, currency), label=str(of.label), required=False, require_all_fields=False, widget=MoneyInput(currencies))
        self.of = of

    def prepare_value(self, value: Any) -> Any:
        return [f"{value.amount.normalize():f}", value.currency] if isinstance(value, Money) else value

    def compress(self, data_list: list[Any]) -> Money | None:
        if not data_list or data_list[0] is None:
            return None
        amount = Decimal(data_list[0])
        if self.of.custom is None and amount < 0:
            raise ValidationError(_("The value cannot be negative."))
        if amount != round(amount, 2):
            raise ValidationError(_("Write an amount with at most two decimals."))
        return Money(amount, data_list[1] or company().currency)


class Ticks(forms.CheckboxSelectMultiple):
    """A list with a tick box for each choice, in the look of the site."""

    def create_option(self, *args: Any, **options: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(*args, **options)
        option["attrs"]["class"] = "form-check-input"
        return option


class ChoicesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Cleans to a list."""

    def clean(self, value: Any) -> list[Any]:  # type: ignore[override]
        return list(super().clean(value))


def _parsed(field: Field, user: User, current: Any) -> forms.Field:
    attributes = {"autocomplete": "off"} | ({"inputmode": "decimal"} if field.kind == Kind.NUMBER else {})
    return ParsedField(field, user, widget=forms.TextInput(attrs=attributes))


def _lines(field: Field, user: User, current: Any) -> forms.Field:
    return ParsedField(field, user, widget=forms.Textarea(attrs={"rows": 3}))


def _date(field: Field, user: User, current: Any) -> forms.Field:
    box = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=str(field.label), required=False, widget=box, error_messages={"invalid": _("This is not a date.")})


def _choice(field: Field, user: User, current: Any) -> forms.Field:
    if field.custom is None:
        return forms.ChoiceField(label=str(field.label), required=False, choices=[("", "—"), *field.choices])
    return forms.ModelChoiceField(
        field.custom.choices.all(), label=str(field.label), required=False, empty_label="—", error_messages=_gone()
    )


def _choices(field: Field, user: User, current: Any) -> forms.Field:
    rows = field.custom.choices.all() if field.custom else None
    return ChoicesField(rows, label=str(field.label), required=False, widget=Ticks(), error_messages=_gone())


def _gone() -> dict[str, str]:
    return {"invalid_choice": _("This choice is no longer there. Choose another one.")}


def _pick(field: Field, user: User, current: Any) -> forms.Field:
    """What the editor cannot see stays, as long as they do not choose something else."""
    box = PickField(
        str(field.kind), may_create=False, label=str(field.label), help_text=gettext_lazy("Type a name and pick one of the suggestions.")
    )
    box.for_user(user, current)
    return box


BOXES: dict[Kind, Box] = {
    Kind.TEXT: _parsed,
    Kind.EMAIL: _parsed,
    Kind.PHONE: _parsed,
    Kind.NUMBER: _parsed,
    Kind.LINES: _lines,
    Kind.MONEY: MoneyField,
    Kind.DATE: _date,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.PERSON: _pick,
    Kind.ORGANISATION: _pick,
}  # of the other kinds, the forms of records have boxes of their own


def box(field: Field, user: User, current: Any) -> forms.Field:
    """The form field that cleans to a value of the field's kind; `current` is what the record holds."""
    made = BOXES[field.kind](field, user, current)
    if not isinstance(made.widget, forms.MultiWidget | Ticks):  # these dress their own parts
        made.widget.attrs["class"] = "form-select" if isinstance(made.widget, forms.Select) else "form-control"
    return made


class CustomFields:
    """For forms of people, organisations and deals: a box for each of the company's own fields.

    Stands before RecordForm among the bases; `keep_custom` is called once the record is saved, in the same transaction.
    """

    fields: dict[str, Any]
    initial: Any
    cleaned_data: dict[str, Any]
    instance: Any
    user: User

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.custom = [field for field in book.of(changes.kind_of(self.instance)) if field.custom]
        self.is_new = self.instance.pk is None
        self.kept = {field.key: reading.read(self.instance, field) if not self.is_new else None for field in self.custom}
        for field in self.custom:
            self.fields[field.key] = box(field, self.user, self.kept[field.key])
            self.initial.setdefault(field.key, self.kept[field.key])

    def keep_custom(self, record: Any, *, now: datetime) -> None:
        """Save the values of a saved record; what changes of one that was there before is noted."""
        given = [(field, self.cleaned_data[field.key]) for field in self.custom if field.key in self.cleaned_data]
        changed = [(field, value) for field, value in given if (value or None) != (self.kept[field.key] or None)]
        if self.is_new:
            writing.set_relations(record, changed)
        elif changed:
            writing.change(record=record, values={field.key: value for field, value in changed}, actor=self.user, now=now)


class FieldForm(forms.Form):
    """One field of one record."""

    def __init__(self, data: Any, *, record: Any, field: Field, user: User) -> None:
        current = reading.read(record, field)
        super().__init__(data, label_suffix="", initial={"value": current}, auto_id=f"id_{field.key}_%s")
        self.fields["value"] = box(field, user, current)
