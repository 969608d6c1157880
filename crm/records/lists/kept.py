"""Values of fields as JSON and back: what a bulk change sets, and what it found."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crm.accounts.models import User
from crm.records.fields.book import Field, Kind
from crm.records.fields.values import Money, Point
from crm.records.models import CustomChoice, Organisation, Person, Stage, Tag

MODELS: Mapping[Kind, Any] = {
    Kind.USER: User,
    Kind.STAGE: Stage,
    Kind.PERSON: Person,
    Kind.ORGANISATION: Organisation,
    Kind.PEOPLE: Person,
    Kind.TAGS: Tag,
    Kind.CHOICES: CustomChoice,
    Kind.CHOICE: CustomChoice,
}


class Gone(Exception):
    """What the value names is not there any more."""


def encode(value: Any, field: Field) -> Any:
    """A value as JSON; lists of rows are in the order of their keys, so that two can be compared."""
    match value:
        case None | str() | bool():
            return value
        case Money(amount, currency):
            return {"amount": f"{amount.normalize():f}", "currency": currency}
        case Decimal():
            return f"{value.normalize():f}"
        case date() | datetime():
            return value.isoformat()
        case list():
            return [list(one) for one in value] if field.kind == Kind.POINTS else sorted(one.pk for one in value)
        case _:
            return value if isinstance(value, int) else value.pk


def decode(found: Any, field: Field) -> Any:
    """The value again. Raises Gone."""
    if found is None or found == "":
        return found
    match field.kind:
        case Kind.MONEY:
            return Money(Decimal(found["amount"]), found["currency"])
        case Kind.NUMBER:
            return int(found) if field.key == "probability" else Decimal(found)
        case Kind.DATE:
            return date.fromisoformat(found)
        case Kind.POINTS:
            return [Point(*one) for one in found]
        case kind if kind in MODELS and (field.listed is None):
            return _rows(MODELS[kind], found)
        case _:
            return found


def _rows(model: Any, found: Any) -> Any:
    """A row by its key, or several; of several those that are left."""
    if isinstance(found, list):
        return list(model.objects.filter(pk__in=found))
    row = model.objects.filter(pk=found).first()
    if row is None:
        raise Gone
    return row
