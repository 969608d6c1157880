"""Where the lines of records themselves come from: the log, notes, files, done activities, changes of fields."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.records import kinds, sentences
from crm.records.fields import book
from crm.records.history.lines import Batch, Line, Source, read
from crm.records.models import (
    Activity,
    ActivityQuerySet,
    Deal,
    FieldChange,
    Lead,
    Note,
    Person,
    Record,
    StoredFile,
    TimelineEntry,
)
from crm.records.removal import link_of

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
MAILS = ("mail_failed",)
SHOWN_AS_MAILS = ("mail_sent", "mail_received")  # the mails themselves are lines of the timeline
TRACKING = ("opened", "clicked", "replied")
NAMED = ("person", "organisation", "deal", "lead")


def about(record: Record, user: User) -> Q:
    """What belongs to the record: directly, by its deals and leads, or (an organisation) by its people."""
    if isinstance(record, Deal):
        return Q(deal=record)
    if isinstance(record, Lead):
        return Q(lead=record)
    people = Person.objects.visible_to(user)
    deals, leads = Deal.objects.visible_to(user), Lead.objects.visible_to(user)
    visible_sale = (Q(deal=None) | Q(deal__in=deals)) & (Q(lead=None) | Q(lead__in=leads))
    if isinstance(record, Person):
        mine = Q(person=record) | Q(deal__in=deals.filter(person=record)) | Q(lead__in=leads.filter(person=record))
        return mine & visible_sale
    mine = Q(organisation=record) | Q(person__in=people.filter(organisation=record))
    mine |= Q(deal__in=deals.filter(organisation=record)) | Q(lead__in=leads.filter(organisation=record))
    return mine & (Q(person=None) | Q(person__in=people)) & visible_sale


def activities_of(record: Record, user: User) -> ActivityQuerySet:
    """The record's activities that the user may see, with what a row shows."""
    return (
        Activity.objects.visible_to(user)
        .filter(about(record, user))
        .select_related("owner", "person", "deal", "organisation", "lead", "custom_kind")
    )


def pinned_notes(record: Record, user: User) -> list[Line]:
    """Notes that stand above everything else, the latest pinned first."""
    rows = Note.objects.filter(about(record, user)).exclude(pinned_at=None).select_related("author", *NAMED)
    return [_note_line(row, record) for row in rows.order_by("-pinned_at", "-pk")]


def _logged(which: Q) -> Callable[[Record, User, datetime | None], Batch]:
    """Lines of the log of some kinds."""

    def lines(record: Record, user: User, before: datetime | None) -> Batch:
        rows = TimelineEntry.objects.visible_to(user).filter(about(record, user)).filter(which).select_related("actor", *NAMED)
        batch = read(rows, "at", lambda row: _logged_line(row, record), before)
        # one happening is logged for each person and deal that it concerns; where they meet, one line is enough
        once = {(line.kind, line.text, line.url, line.at): line for line in reversed(batch.lines)}
        return Batch(list(once.values()), batch.floor)

    return lines


def _logged_line(row: TimelineEntry, record: Record) -> Line:
    return Line(
        at=row.at,
        icon=ICONS.get(row.kind, "dot"),
        kind=row.kind,
        text=sentences.words(row.said, row.text),
        pk=row.pk,
        url=row.url,
        who=row.actor,
        is_private=row.only_for_id is not None,
        record=_other(row, record),
    )


def _notes(record: Record, user: User, before: datetime | None) -> Batch:
    rows = Note.objects.filter(about(record, user), pinned_at=None).select_related("author", *NAMED)
    return read(rows, "created_at", lambda row: _note_line(row, record), before)


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


def _files(record: Record, user: User, before: datetime | None) -> Batch:
    rows = StoredFile.objects.filter(about(record, user)).select_related("uploaded_by", *NAMED)
    return read(rows, "created_at", lambda row: _file_line(row, record), before)


def _file_line(row: StoredFile, record: Record) -> Line:
    return Line(
        at=row.created_at,
        icon="paperclip",
        kind="file",
        text=row.name,
        pk=row.pk,
        url=reverse("records:file_download", args=[row.pk]),
        who=row.uploaded_by,
        file=row,
        record=_other(row, record),
    )


def _done(record: Record, user: User, before: datetime | None) -> Batch:
    rows = activities_of(record, user).exclude(done_at=None)
    return read(rows, "done_at", lambda row: _activity_line(row, record), before)


def _activity_line(row: Activity, record: Record) -> Line:
    return Line(
        at=row.done_at or row.due_at,
        icon=kinds.icon_of(row),
        kind="activity",
        text=row.subject,
        pk=row.pk,
        url=reverse("records:activity_detail", args=[row.pk]),
        who=row.owner,
        record=_other(row, record),
    )


TOLD_OTHERWISE = ("stage", "status")  # the timeline has sentences of their own for these


def _changes(record: Record, user: User, before: datetime | None) -> Batch:
    """Fields that were changed at once make one line."""
    rows = FieldChange.objects.filter(about(record, user)).exclude(field__in=TOLD_OTHERWISE).select_related("actor", *NAMED)
    labels = {kind: {field.key: str(field.label) for field in book.of(kind, archived=True)} for kind in book.SHIPPED}
    batch = read(rows, "at", lambda row: _changed_line(_as_seen(row, user), record, labels), before)
    together: dict[tuple[Any, ...], Line] = {}
    for line in (line for line in batch.lines if line.text):
        key = (line.at, line.who, line.record)
        former = together.get(key)
        together[key] = replace(former, text=f"{line.text} · {former.text}") if former else line
    return Batch(list(together.values()), batch.floor)


def _changed_line(row: FieldChange, record: Record, labels: dict[str, dict[str, str]]) -> Line:
    of = "lead" if row.lead_id else link_of(row.record) if row.record else ""  # a deal shows what its lead went through
    label = next((found[row.field] for found in (labels.get(of, {}), *labels.values()) if row.field in found), _("Deleted field"))
    return Line(at=row.at, icon="pencil", kind="changed", text=_sentence(label, row), pk=row.pk, who=row.actor, record=_other(row, record))


def _as_seen(row: FieldChange, user: User) -> FieldChange:
    """Without the names of those who take part in the deal and whom the reader may not see, as on the deal's page."""
    if row.field == "participants" and not user.may(Permission.SEE_EVERYTHING):
        row.before, row.after = _seen_names(row.before, user), _seen_names(row.after, user)
    return row


def _seen_names(words: str, user: User) -> str:
    names = words.split(", ")
    named = Person.objects.filter(name__in=names)
    hidden = set(named.values_list("name", flat=True)) - set(named.visible_to(user).values_list("name", flat=True))
    return ", ".join(name for name in names if name not in hidden)


def _sentence(label: str, row: FieldChange) -> str:
    """Nothing of a change that does not concern the reader."""
    if row.before == row.after:
        return ""
    if not row.before:
        return _("{field}: {after}").format(field=label, after=row.after)
    if not row.after:
        return _("{field}: “{before}” removed").format(field=label, before=row.before)
    return _("{field}: {before} → {after}").format(field=label, before=row.before, after=row.after)


def _other(row: Any, record: Record) -> Record | None:
    """The record to name beside a line, where it is another than the page's own."""
    named: Record | None = row.record
    return named if record not in (named, row.lead) else None


OWN = (
    Source("mails", _logged(Q(kind__in=MAILS))),
    Source("tracking", _logged(Q(kind__in=TRACKING))),
    Source("changes", _logged(~Q(kind__in=(*MAILS, *TRACKING, *SHOWN_AS_MAILS)))),
    Source("notes", _notes),
    Source("files", _files),
    Source("activities", _done),
    Source("changes", _changes),
)
