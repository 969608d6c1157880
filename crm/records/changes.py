"""Who changed which field of which record: the only writer of FieldChange."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crm.accounts.models import User
from crm.records.fields import book, reading
from crm.records.models import FieldChange, Record

LONGEST = 500


def kind_of(record: Any) -> str:
    """The name of a record's kind: "person", "organisation", "deal", "lead"."""
    return str(record._meta.model_name)


def snapshot(record: Any, fields: list[book.Field] | None = None) -> dict[str, str]:
    """What a saved record holds now, in words of the language in use; of a fresh object where a form has changed this one."""
    given = book.of(kind_of(record)) if fields is None else fields
    return reading.snapshot(record, (field for field in given if not field.is_fixed))


def note(*, record: Record, before: Mapping[str, str], after: Mapping[str, str], actor: User, now: datetime) -> list[FieldChange]:
    """Add a row for each field whose words differ."""
    return note_all([(record, before, after)], actor=actor, now=now)


def note_all(changed: Iterable[tuple[Record, Mapping[str, str], Mapping[str, str]]], *, actor: User, now: datetime) -> list[FieldChange]:
    """The same for many records at once: each with its words before and after."""
    rows = [
        FieldChange(
            **{kind_of(record): record},
            field=key,
            before=before[key][:LONGEST],
            after=after[key][:LONGEST],
            actor=actor,
            actor_name=str(actor),
            at=now,
        )
        for record, before, after in changed
        for key in before
        if before[key] != after[key]
    ]
    return FieldChange.objects.bulk_create(rows)


class Watch:
    """Notes what changes of a record between entering and `note`: `watch = Watch(record)`, save, `watch.note(actor=…, now=…)`."""

    def __init__(self, record: Any, fields: list[book.Field] | None = None) -> None:
        self.record, self.fields = record, book.of(kind_of(record)) if fields is None else fields
        self.before = snapshot(self._fresh(), self.fields)

    def _fresh(self) -> Any:
        return type(self.record)._default_manager.prefetch_related(*reading.PREFETCH[kind_of(self.record)]).get(pk=self.record.pk)

    def note(self, *, actor: User, now: datetime) -> list[FieldChange]:
        """Compare with what the database holds by now."""
        return note(record=self.record, before=self.before, after=snapshot(self._fresh(), self.fields), actor=actor, now=now)
