"""Reading what belongs to a record: its notes, its activities, its timeline — only what the reader may see."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Activity, ActivityQuerySet, Deal, Note, Organisation, Person, TimelineEntry

PAGE = 40

# kind of a line → its icon; whoever logs a new kind adds it here, else it gets a dot
ICONS = {
    "created": "plus",
    "changed": "pencil",
    "stage": "arrow-right",
    "won": "trophy",
    "lost": "circle-x",
    "reopened": "rotate-ccw",
    "mail": "mail",
    "sent": "send",
    "opened": "eye",
    "open": "eye",
    "clicked": "link",
    "click": "link",
    "replied": "reply",
}
ACTIVITY_ICONS = {"call": "phone", "meeting": "users", "task": "check", "deadline": "flag"}


@dataclass(frozen=True)
class Line:
    """One entry of a timeline, whatever it came from."""

    at: datetime
    icon: str
    kind: str
    text: str
    pk: int
    url: str = ""
    who: User | None = None
    is_private: bool = False  # shown to its reader alone
    note: Note | None = None
    record: Deal | Person | Organisation | None = None


@dataclass(frozen=True)
class Page:
    """Lines grouped by day, newest first, and where the older ones begin."""

    days: list[tuple[Any, list[Line]]]
    older: str = ""


def about(record: Person | Organisation | Deal, user: User) -> Q:
    """What belongs to the record: directly, by its deals, or (an organisation) by its people."""
    deals, people = Deal.objects.visible_to(user), Person.objects.visible_to(user)
    if isinstance(record, Deal):
        return Q(deal=record)
    if isinstance(record, Person):
        return Q(person=record) | Q(deal__in=deals.filter(person=record))
    mine = Q(organisation=record) | Q(person__in=people.filter(organisation=record)) | Q(deal__in=deals.filter(organisation=record))
    return mine & (Q(person=None) | Q(person__in=people)) & (Q(deal=None) | Q(deal__in=deals))


def activities_of(record: Person | Organisation | Deal, user: User) -> ActivityQuerySet:
    """The record's activities that the user may see, with what a row shows."""
    return Activity.objects.visible_to(user).filter(about(record, user)).select_related("owner", "person", "deal", "organisation")


def timeline_of(record: Person | Organisation | Deal, user: User, *, before: datetime | None = None) -> Page:
    """Notes, done activities and lines of the record, newest first; `before` pages on."""
    lines = [*_logged(record, user, before), *_notes(record, user, before), *_done(record, user, before)]
    lines.sort(key=lambda line: (line.at, line.pk), reverse=True)
    shown = lines[:PAGE]
    while len(shown) < len(lines) and lines[len(shown)].at == shown[-1].at:  # a page never ends within one moment
        shown.append(lines[len(shown)])
    older = shown[-1].at.isoformat() if len(lines) > len(shown) else ""
    return Page([(day, list(group)) for day, group in groupby(shown, lambda line: timezone.localdate(line.at))], older)


def _logged(record: Person | Organisation | Deal, user: User, before: datetime | None) -> list[Line]:
    rows = TimelineEntry.objects.visible_to(user).filter(about(record, user)).select_related("actor", "person", "organisation", "deal")
    rows = rows.filter(at__lt=before) if before else rows
    return [
        Line(
            at=row.at,
            icon=ICONS.get(row.kind, "dot"),
            kind=row.kind,
            text=row.text,
            pk=row.pk,
            url=row.url,
            who=row.actor,
            is_private=row.only_for_id is not None,
            record=_other(row, record),
        )
        for row in rows[: PAGE + 1]
    ]


def _notes(record: Person | Organisation | Deal, user: User, before: datetime | None) -> list[Line]:
    rows = (
        Note.objects.filter(about(record, user)).select_related("author", "person", "organisation", "deal").order_by("-created_at", "-pk")
    )
    rows = rows.filter(created_at__lt=before) if before else rows
    return [
        Line(
            at=row.created_at,
            icon="sticky-note",
            kind="note",
            text=row.text,
            pk=row.pk,
            who=row.author,
            note=row,
            record=_other(row, record),
        )
        for row in rows[: PAGE + 1]
    ]


def _done(record: Person | Organisation | Deal, user: User, before: datetime | None) -> list[Line]:
    rows = activities_of(record, user).exclude(done_at=None).order_by("-done_at", "-pk")
    rows = rows.filter(done_at__lt=before) if before else rows
    return [
        Line(
            at=row.done_at,
            icon=ACTIVITY_ICONS[row.kind],
            kind="activity",
            text=row.subject,
            pk=row.pk,
            who=row.owner,
            record=_other(row, record),
        )
        for row in rows[: PAGE + 1]
    ]


def _other(row: Any, record: Person | Organisation | Deal) -> Deal | Person | Organisation | None:
    """The record to name beside a line, where it is another than the page's own."""
    return row.record if row.record != record else None
