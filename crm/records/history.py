"""Reading what belongs to a record: its notes, its activities, its timeline — only what the reader may see."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records.fields import book
from crm.records.models import Activity, ActivityQuerySet, Deal, FieldChange, Lead, Note, Person, Record, TimelineEntry
from crm.records.removal import link_of

PAGE = 40
READ = 2 * PAGE

# kind of a line → its icon; whoever logs a new kind adds it here, else it gets a dot
ICONS = {
    "created": "plus",
    "changed": "pencil",
    "stage": "arrow-right",
    "converted": "sparkles",
    "archived": "archive",
    "restored": "archive-restore",
    "merged": "merge",
    "won": "trophy",
    "lost": "circle-x",
    "reopened": "rotate-ccw",
    "mail_sent": "send",
    "mail_received": "mail",
    "mail_failed": "triangle-alert",
    "opened": "eye",
    "clicked": "link",
    "replied": "reply",
}
ACTIVITY_ICONS = {"call": "phone", "meeting": "users", "task": "check", "deadline": "flag", "custom": "circle-check"}


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
    record: Record | None = None


@dataclass(frozen=True)
class Page:
    """Lines grouped by day, newest first, and where the older ones begin."""

    days: list[tuple[Any, list[Line]]]
    older: str = ""


def about(record: Record, user: User) -> Q:
    """What belongs to the record: directly, by its deals, or (an organisation) by its people."""
    deals, people = Deal.objects.visible_to(user), Person.objects.visible_to(user)
    if isinstance(record, Deal):
        return Q(deal=record)
    if isinstance(record, Lead):
        return Q(lead=record)
    visible_deal = Q(deal=None) | Q(deal__in=deals)
    if isinstance(record, Person):
        return (Q(person=record) | Q(deal__in=deals.filter(person=record))) & visible_deal
    mine = Q(organisation=record) | Q(person__in=people.filter(organisation=record)) | Q(deal__in=deals.filter(organisation=record))
    return mine & (Q(person=None) | Q(person__in=people)) & visible_deal


def activities_of(record: Record, user: User) -> ActivityQuerySet:
    """The record's activities that the user may see, with what a row shows."""
    return (
        Activity.objects.visible_to(user)
        .filter(about(record, user))
        .select_related("owner", "person", "deal", "organisation", "lead", "custom_kind")
    )


def timeline_of(record: Record, user: User, *, before: datetime | None = None) -> Page:
    """Notes, done activities and lines of the record, newest first; `before` pages on."""
    sources = [source(record, user, before) for source in (_logged, _notes, _done, _changes)]
    floors = [source.floor for source in sources if source.floor is not None]
    floor = max(floors, default=None)  # below it a source holds more than was read
    lines = [line for source in sources for line in source.lines if floor is None or line.at >= floor]
    lines.sort(key=lambda line: (line.at, line.pk), reverse=True)
    shown = lines[:PAGE]
    while len(shown) < len(lines) and lines[len(shown)].at == shown[-1].at:  # a page never ends within one moment
        shown.append(lines[len(shown)])
    older = shown[-1].at.isoformat() if floor is not None or len(lines) > len(shown) else ""
    return Page([(day, list(group)) for day, group in groupby(shown, lambda line: timezone.localdate(line.at))], older)


@dataclass(frozen=True)
class _Source:
    """Lines of one kind, and the time of the last one read where there are more."""

    lines: list[Line]
    floor: datetime | None


def _source(rows: Any, field: str, line: Callable[[Any], Line], before: datetime | None) -> _Source:
    """Read the newest rows by the time in `field`, at most so many as one page could need."""
    newest = rows.order_by(f"-{field}", "-pk").filter(**({f"{field}__lt": before} if before else {}))
    found = list(newest.select_related("person", "organisation", "deal", "lead")[:READ])
    return _Source([line(row) for row in found], getattr(found[-1], field) if len(found) == READ else None)


def _logged(record: Record, user: User, before: datetime | None) -> _Source:
    rows = TimelineEntry.objects.visible_to(user).filter(about(record, user)).select_related("actor")
    source = _source(rows, "at", lambda row: _logged_line(row, record), before)
    # one happening is logged for each person and deal that it concerns; where they meet, one line is enough
    once = {(line.kind, line.text, line.url, line.at): line for line in reversed(source.lines)}
    return _Source(list(once.values()), source.floor)


def _logged_line(row: TimelineEntry, record: Record) -> Line:
    return Line(
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


def _notes(record: Record, user: User, before: datetime | None) -> _Source:
    rows = Note.objects.filter(about(record, user)).select_related("author")
    return _source(rows, "created_at", lambda row: _note_line(row, record), before)


def _note_line(row: Note, record: Record) -> Line:
    return Line(
        at=row.created_at,
        icon="sticky-note",
        kind="note",
        text=row.text,
        pk=row.pk,
        who=row.author,
        note=row,
        record=_other(row, record),
    )


def _done(record: Record, user: User, before: datetime | None) -> _Source:
    rows = activities_of(record, user).exclude(done_at=None)
    return _source(rows, "done_at", lambda row: _activity_line(row, record), before)


def _activity_line(row: Activity, record: Record) -> Line:
    return Line(
        at=row.done_at or row.due_at,
        icon=ACTIVITY_ICONS[row.kind],
        kind="activity",
        text=row.subject,
        pk=row.pk,
        url=reverse("records:activity_detail", args=[row.pk]),
        who=row.owner,
        record=_other(row, record),
    )


TOLD_OTHERWISE = ("stage", "status")  # the timeline has sentences of their own for these


def _changes(record: Record, user: User, before: datetime | None) -> _Source:
    """Fields that were changed at once make one line."""
    rows = FieldChange.objects.filter(about(record, user)).exclude(field__in=TOLD_OTHERWISE).select_related("actor")
    labels = {kind: {field.key: str(field.label) for field in book.of(kind, archived=True)} for kind in book.SHIPPED}
    source = _source(rows, "at", lambda row: _changed_line(row, record, labels), before)
    together: dict[tuple[Any, ...], Line] = {}
    for line in source.lines:
        key = (line.at, line.who, line.record)
        former = together.get(key)
        together[key] = replace(former, text=f"{line.text} · {former.text}") if former else line
    return _Source(list(together.values()), source.floor)


def _changed_line(row: FieldChange, record: Record, labels: dict[str, dict[str, str]]) -> Line:
    of = "lead" if row.lead_id else link_of(row.record) if row.record else ""  # a deal shows what its lead went through
    label = next((found[row.field] for found in (labels.get(of, {}), *labels.values()) if row.field in found), _("Deleted field"))
    return Line(at=row.at, icon="pencil", kind="changed", text=_sentence(label, row), pk=row.pk, who=row.actor, record=_other(row, record))


def _sentence(label: str, row: FieldChange) -> str:
    if not row.before:
        return _("{field}: {after}").format(field=label, after=row.after)
    if not row.after:
        return _("{field}: “{before}” removed").format(field=label, before=row.before)
    return _("{field}: {before} → {after}").format(field=label, before=row.before, after=row.after)


def _other(row: Any, record: Record) -> Record | None:
    """The record to name beside a line, where it is another than the page's own."""
    named: Record | None = row.record
    return named if record not in (named, row.lead) else None
