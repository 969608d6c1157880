"""Setting fields of records: columns, points, tags, participants and the company's own fields in one go, each change noted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from crm.accounts.models import User, company
from crm.records import changes
from crm.records.fields import book
from crm.records.fields.book import Field, Kind
from crm.records.fields.values import Point, folded
from crm.records.models import ContactPoint, CustomValue, FieldChange

COLUMNS = frozenset(Kind) - {Kind.POINTS, Kind.TAGS, Kind.PEOPLE, Kind.CHOICES, Kind.MONEY}


@transaction.atomic
def change(*, record: Any, values: Mapping[str, Any], actor: User, now: datetime) -> list[FieldChange]:
    """Set fields (key → value of the type that `book.Kind` says) of a saved record; answers what changed by that.

    A deal's stage is not set here: see `pipeline.move_deal`.
    """
    fields = _fields(record, values)
    watch = changes.Watch(record, [field for field, _value in fields])
    columns = set_columns(record, fields)
    record.save(update_fields=[*columns, "updated_at"])
    set_relations(record, fields)
    return watch.note(actor=actor, now=now)


def _fields(record: Any, values: Mapping[str, Any]) -> list[tuple[Field, Any]]:
    known = book.by_key(changes.kind_of(record))
    return [(known[key], value) for key, value in values.items()]


def set_columns(record: Any, fields: Sequence[tuple[Field, Any]]) -> list[str]:
    """Set what stands in the record's own row, without saving; answers the names of these columns."""
    columns: dict[str, Any] = {}
    for field, value in fields:
        if field.custom is not None:
            continue
        if field.kind == Kind.POINTS and field.point != "address":
            first = value[0] if value else Point("")
            columns |= {field.point: first.value, f"{field.point}_label": first.label}
        elif field.kind == Kind.MONEY:
            columns |= {"value": value.amount if value else 0} | ({"currency": value.currency} if value and value.currency else {})
        elif field.kind in COLUMNS:
            columns[field.key] = value
    for name, value in columns.items():
        setattr(record, name, value)
    return list(columns)


def set_relations(record: Any, fields: Sequence[tuple[Field, Any]]) -> None:
    """Set what stands in other tables; the record is saved."""
    for field, value in fields:
        if field.custom is not None:
            set_custom(record, field, value)
        elif field.kind == Kind.POINTS:
            set_points(record, field.point, value if field.point == "address" else value[1:])
        elif field.kind in (Kind.TAGS, Kind.PEOPLE):
            getattr(record, field.key).set(value)


def set_points(record: Any, point: str, further: Sequence[Point]) -> None:
    """Replace the further points of one kind; doubles of the first one and of each other are dropped."""
    ContactPoint.objects.filter(**{changes.kind_of(record): record}, kind=point).delete()
    ContactPoint.objects.bulk_create(point_rows(record, point, further))


def point_rows(record: Any, point: str, further: Sequence[Point]) -> list[ContactPoint]:
    """The rows of further points of one kind, not saved yet."""
    link = {changes.kind_of(record): record}
    seen = {folded(getattr(record, point), point)} if point != "address" else set()
    rows: list[ContactPoint] = []
    for one in further:
        key = folded(one.value, point)
        if key and key not in seen:
            seen.add(key)
            rows.append(ContactPoint(**link, kind=point, label=one.label, value=one.value, folded=key, position=len(rows)))
    return rows


def set_custom(record: Any, field: Field, value: Any) -> None:
    """Replace what a record holds in one of the company's own fields."""
    CustomValue.objects.filter(**{changes.kind_of(record): record, "field": field.custom}).delete()
    CustomValue.objects.bulk_create(custom_rows(record, field, value))


def custom_rows(record: Any, field: Field, value: Any) -> list[CustomValue]:
    """The rows of a value in one of the company's own fields, not saved yet."""
    link = {changes.kind_of(record): record, "field": field.custom}
    return [CustomValue(**link, **columns) for columns in _custom_columns(field.kind, value)]


def _custom_columns(kind: Kind, value: Any) -> list[dict[str, Any]]:
    if value is None or value in ("", []):
        return []
    match kind:
        case Kind.CHOICES:
            return [{"choice": one} for one in dict.fromkeys(value)]
        case Kind.MONEY:
            return [{"number": value.amount, "currency": value.currency or company().currency}]
        case Kind.TEXT | Kind.NUMBER | Kind.DATE | Kind.CHOICE:
            return [{str(kind): value}]
        case _:
            return [{f"to_{kind}": value}]
