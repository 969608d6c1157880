"""Many new records at once, with as few statements as for one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from crm.accounts.models import User
from crm.records.fields import book, writing
from crm.records.fields.book import Field, Kind
from crm.records.models import RECORDS, ContactPoint, CustomValue, Person, TimelineEntry
from crm.records.sentences import Sentence

Addition = tuple[Any, Sequence[tuple[Field, Any]]]


@transaction.atomic
def add_all(*, kind: str, additions: Sequence[tuple[Any, Mapping[str, Any]]], actor: User, sentence: Sentence, now: datetime) -> list[Any]:
    """Save new records of one kind, each with its values (key → value as `book.Kind` says).

    A deal comes with its stage and its position; its place on the board is the caller's to find.
    """
    known = book.by_key(kind)
    fielded: list[Addition] = [(record, [(known[key], value) for key, value in values.items()]) for record, values in additions]
    for record, fields in fielded:
        writing.set_columns(record, fields)
    records = [record for record, _fields in fielded]
    RECORDS[kind]._default_manager.bulk_create(records)
    _add_links(kind, fielded)
    ContactPoint.objects.bulk_create(row for addition in fielded for row in _points(addition))
    CustomValue.objects.bulk_create(row for addition in fielded for row in _custom(addition))
    TimelineEntry.objects.bulk_create(_first_line(kind, record, actor, sentence, now) for record in records)
    return records


def _add_links(kind: str, fielded: Sequence[Addition]) -> None:
    """Tags and participants."""
    model: Any = RECORDS[kind]
    for name in ("tags", "participants") if kind == "deal" else ("tags",):
        relation = getattr(model, name)
        to = model._meta.get_field(name).m2m_reverse_field_name()
        rows = [
            relation.through(**{f"{kind}_id": record.pk, f"{to}_id": one.pk})
            for record, fields in fielded
            for field, value in fields
            if field.key == name
            for one in dict.fromkeys(value)
        ]
        relation.through.objects.bulk_create(rows)


def _points(addition: Addition) -> list[ContactPoint]:
    record, fields = addition
    return [
        row
        for field, value in fields
        if field.kind == Kind.POINTS
        for row in writing.point_rows(record, field.point, value if field.point == "address" else value[1:])
    ]


def _custom(addition: Addition) -> list[CustomValue]:
    record, fields = addition
    return [row for field, value in fields if field.custom is not None for row in writing.custom_rows(record, field, value)]


def _first_line(kind: str, record: Any, actor: User, sentence: Sentence, now: datetime) -> TimelineEntry:
    """As `timeline.log` writes it: a person's line stands in the timeline of their organisation too."""
    links = {kind: record} | ({"organisation": record.organisation} if isinstance(record, Person) else {})
    return TimelineEntry(kind="created", text=str(sentence)[:500], said=sentence.kept(), actor=actor, at=now, **links)
