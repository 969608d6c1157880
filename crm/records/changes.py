"""Who changed which field of which record: the only writer of FieldChange."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet

from crm.accounts.models import User
from crm.records import following
from crm.records.fields import book, reading
from crm.records.models import FieldChange, Record

LONGEST = 500
BATCH = 500


def kind_of(record: Any) -> str:
    """The name of a record's kind: "person", "organisation", "deal", "lead"."""
    return str(record._meta.model_name)


def snapshot(record: Any, fields: list[book.Field] | None = None) -> dict[str, str]:
    """What a saved record holds now, in words of the language in use; of a fresh object where a form has changed this one."""
    given = book.of(kind_of(record)) if fields is None else fields
    return reading.snapshot(record, (field for field in given if not field.is_fixed))


def note(*, record: Record, before: Mapping[str, str], after: Mapping[str, str], actor: User, now: datetime) -> list[FieldChange]:
    """Add a row for each field whose words differ, and tell those who follow the record."""
    noted = note_all([(record, before, after)], actor=actor, now=now)
    if noted:
        following.tell(record=record, sentence=partial(_sentence, record, noted), actor=actor, now=now)
    return noted


def note_all(changed: Iterable[tuple[Record, Mapping[str, str], Mapping[str, str]]], *, actor: User, now: datetime) -> list[FieldChange]:
    """Add such rows for many records at once, each with its words before and after; nobody is told."""
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
    return FieldChange.objects.bulk_create(rows, batch_size=BATCH)


def _sentence(record: Record, rows: list[FieldChange]) -> str:
    """The first changes in few words, for a card. Who takes part stands on the page alone: not everybody may see all of them."""
    labels = {field.key: str(field.label) for field in book.of(kind_of(record), archived=True)}
    pairs = [(labels.get(row.field, row.field), "" if row.field == "participants" else f": {row.after or '—'}") for row in rows[:3]]
    return " · ".join(label + said for label, said in pairs)


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


class WatchAll:
    """The same for many records of a kind at once, in two queries each time; of records that are gone by then nothing is noted."""

    def __init__(self, records: QuerySet[Any], fields: list[book.Field]) -> None:
        self.model, self.fields = records.model, fields
        self.before = self._read(list(records.values_list("pk", flat=True)))

    def _read(self, pks: list[int]) -> dict[Any, dict[str, str]]:
        kind = str(self.model._meta.model_name)
        rows = self.model._default_manager.prefetch_related(*reading.PREFETCH[kind])
        return {
            row: snapshot(row, self.fields) for start in range(0, len(pks), BATCH) for row in rows.filter(pk__in=pks[start : start + BATCH])
        }

    def note(self, *, actor: User, now: datetime) -> None:
        """Compare with what the database holds by now."""
        after = self._read([record.pk for record in self.before])
        note_all([(record, self.before[record], words) for record, words in after.items()], actor=actor, now=now)
