"""What a record holds in a field, as a value and in words. Prefetch `PREFETCH[kind]` where many records are read."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.formats import date_format, number_format

from crm.accounts.models import User
from crm.records.fields.book import Field, Kind
from crm.records.fields.values import Money, Point
from crm.records.models import CustomValue, Label, Person
from crm.records.money import money

_VALUES = ("custom_values__choice", "custom_values__to_person", "custom_values__to_organisation")
PREFETCH = {
    "person": ("points", "tags", "owner", "organisation", *_VALUES),
    "organisation": ("points", "tags", "owner", *_VALUES),
    "deal": ("tags", "owner", "organisation", "person", "stage__pipeline", "participants", *_VALUES),
    "lead": ("tags", "owner", "organisation", "person"),
}


def shown_to(user: User, kind: str) -> list[Any]:
    """What to prefetch of records that are shown to a user: who takes part in a deal only as far as they may see them."""
    seen = Prefetch("participants", queryset=Person.objects.visible_to(user))
    return [seen if path == "participants" else path for path in PREFETCH[kind]]


def read(record: Any, field: Field) -> Any:
    """The value; see `Kind` for its type."""
    if field.custom is not None:
        return _custom(record, field)
    match field.kind:
        case Kind.POINTS:
            return _points(record, field.point)
        case Kind.TAGS | Kind.PEOPLE:
            return list(getattr(record, field.key).all())
        case Kind.MONEY:
            return Money(Decimal(record.value), record.currency)
        case _:
            return getattr(record, field.key)


def _points(record: Any, point: str) -> list[Point]:
    further = [Point(one.value, one.label) for one in record.points.all() if one.kind == point]
    if point == "address" or not getattr(record, point):
        return further
    return [Point(getattr(record, point), getattr(record, f"{point}_label")), *further]


def _custom(record: Any, field: Field) -> Any:
    rows = [row for row in record.custom_values.all() if field.custom and row.field_id == field.custom.pk]
    if field.kind == Kind.CHOICES:
        return [row.choice for row in rows]
    return stored(rows[0], field.kind) if rows else ("" if field.kind == Kind.TEXT else None)


def stored(row: CustomValue, kind: Kind) -> Any:
    """The value that a row of a custom field holds."""
    match kind:
        case Kind.TEXT:
            return row.text
        case Kind.MONEY:
            return None if row.number is None else Money(row.number, row.currency)
        case Kind.NUMBER | Kind.DATE | Kind.CHOICE:
            return getattr(row, kind)
        case _:
            return getattr(row, f"to_{kind}")


def words(value: Any, field: Field) -> str:
    """A value for people, in one line; empty for nothing."""
    if value is None or value in ("", []):
        return ""
    if isinstance(value, list):
        return ", ".join(_item(one) for one in value)
    match field.kind:
        case Kind.MONEY:
            return money(value.amount, value.currency)
        case Kind.NUMBER:
            return number(value)
        case Kind.DATE | Kind.MOMENT:
            return moment(value)
        case Kind.CHOICE if field.custom is None:
            return str(dict(field.choices).get(value, value))
        case _:
            return " ".join(str(value).split())


def _item(one: Any) -> str:
    if not isinstance(one, Point):
        return str(one)
    return one.value if one.label == Label.WORK else f"{one.value} ({Label(one.label).label})"


def number(value: Decimal | int) -> str:
    """Without the zeros that a column adds."""
    exact = Decimal(value).normalize()
    places = exact.as_tuple().exponent
    return number_format(exact, decimal_pos=max(0, -places) if isinstance(places, int) else 0, use_l10n=True, force_grouping=True)


def moment(value: date | datetime) -> str:
    """In the user's zone and format."""
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    return date_format(value, "SHORT_DATE_FORMAT")


def snapshot(record: Any, fields: Iterable[Field]) -> dict[str, str]:
    """What a record holds in these fields, in words, by their keys."""
    return {field.key: words(read(record, field), field) for field in fields}
