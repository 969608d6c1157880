"""Who changed what: the audit log and the changes of records, read as one list, the latest first, page by page without counting."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.accounts import audit
from crm.accounts.models import AuditEntry, User
from crm.accounts.permissions import Permission
from crm.records.models import RECORDS, FieldChange
from crm.records.models.about import on_no_hidden

ROWS: Final = 50
AT_ONCE: Final = 1000  # rows that an export reads with one statement
HELD_BACK = (audit.Kind.RECORDS, audit.Kind.CONSENT)  # tell of records: of those that one does not see, nothing


@dataclass(frozen=True)
class Wanted:
    """What a reader asks for; empty fields choose everything."""

    kind: str = ""  # of audit.Kind
    action: str = ""
    by: str = ""  # a user's number, or what it was that was no user
    since: date | None = None
    until: date | None = None  # that day included
    text: str = ""


@dataclass(frozen=True, order=True)
class Position:
    """Where in the list a row stands: nothing of an earlier page comes again, whatever was added meanwhile."""

    at: datetime
    rank: int  # of several at one moment entries stand before changes
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.pk}"

    @classmethod
    def read(cls, text: str) -> "Position | None":
        """From an address; None for nonsense."""
        try:
            at, rank, pk = text.split("~")
            position = cls(datetime.fromisoformat(at), int(rank), int(pk))
        except ValueError:
            return None
        is_sensible = timezone.is_aware(position.at) and 1970 <= position.at.year <= 9000 and 0 <= position.pk < 2**63
        return position if is_sensible else None


@dataclass(frozen=True)
class Page:
    """Rows, and where the older ones begin."""

    rows: list[AuditEntry | FieldChange]
    older: Position | None


def page(reader: User, wanted: Wanted, *, before: Position | None = None, size: int = ROWS) -> Page:
    """The next rows after a position."""
    found: list[tuple[Position, AuditEntry | FieldChange]] = []
    for rank, rows in enumerate(_sources(reader, wanted)):
        found += [(Position(row.at, rank, row.pk), row) for row in _after(rows, rank, before)[: size + 1]]
    found.sort(key=lambda pair: pair[0], reverse=True)
    older = found[size - 1][0] if len(found) > size else None
    return Page([row for _position, row in found[:size]], older)


def everything(reader: User, wanted: Wanted) -> Iterator[AuditEntry | FieldChange]:
    """All rows, for an export: never more than a thousand in memory."""
    before: Position | None = None
    while True:
        part = page(reader, wanted, before=before, size=AT_ONCE)
        yield from part.rows
        if part.older is None:
            return
        before = part.older


def _after(rows: Any, rank: int, before: Position | None) -> Any:
    if before is None:
        return rows.order_by("-at", "-pk")
    older = rows.filter(at__lte=before.at)  # by the index; what shares the moment is sifted beside it
    if rank == before.rank:
        older = older.exclude(at=before.at, pk__gte=before.pk)
    elif rank > before.rank:
        older = older.exclude(at=before.at)
    return older.order_by("-at", "-pk")


def _sources(reader: User, wanted: Wanted) -> tuple[Any, Any]:
    """Changes and entries, in the order of their ranks."""
    return _changes(reader, wanted), _entries(reader, wanted)


def _entries(reader: User, wanted: Wanted) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.filter(_in_period(wanted))
    if not reader.may(Permission.SEE_EVERYTHING):
        held_back = [action for kind in HELD_BACK for action in audit.actions_of(kind)]
        rows = rows.filter(Q(actor=reader) | ~Q(action__in=held_back))
    if wanted.kind:
        rows = rows.filter(action__in=audit.actions_of(audit.Kind(wanted.kind)))
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    if wanted.by:
        rows = rows.filter(actor=int(wanted.by)) if wanted.by.isdecimal() else rows.filter(actor=None, actor_name=wanted.by)
    return rows.filter(Q(about__icontains=wanted.text) | Q(actor_name__icontains=wanted.text)) if wanted.text else rows


def _changes(reader: User, wanted: Wanted) -> Any:
    if wanted.action or wanted.kind not in ("", audit.Kind.RECORDS):
        return FieldChange.objects.none()
    rows = FieldChange.objects.all() if reader.may(Permission.SEE_EVERYTHING) else FieldChange.objects.filter(on_no_hidden(reader))
    rows = rows.filter(_in_period(wanted)).select_related(*RECORDS)
    if wanted.by:
        rows = rows.filter(actor=int(wanted.by)) if wanted.by.isdecimal() else rows.none()
    return rows.filter(_says(wanted.text)) if wanted.text else rows


def _says(text: str) -> Q:
    """The change, whoever made it or the record's name holds the words."""
    said = Q(before__icontains=text) | Q(after__icontains=text) | Q(actor_name__icontains=text)
    for name, model in RECORDS.items():
        title = "title" if hasattr(model, "title") else "name"
        said |= Q(**{f"{name}__in": model.objects.filter(**{f"{title}__icontains": text})})
    return said


def _in_period(wanted: Wanted) -> Q:
    period = Q()
    if wanted.since:
        period &= Q(at__gte=_midnight(wanted.since))
    if wanted.until:
        period &= Q(at__lt=_midnight(wanted.until + timedelta(days=1)))
    return period


def _midnight(day: date) -> datetime:
    """Where the reader is."""
    return timezone.make_aware(datetime.combine(day, time.min))
