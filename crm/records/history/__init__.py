"""Reading what belongs to a record: its notes, its activities, its timeline — only what the reader may see.

Apps above add their own lines: `history.SOURCES.append(history.Source("mails", read))` when they are ready.
"""

from datetime import datetime
from itertools import groupby

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.history.lines import PAGE, READ, Batch, Line, Page, Source
from crm.records.history.sources import OWN, about, activities_of, pinned_notes
from crm.records.models import Record

__all__ = [
    "ALL",
    "KINDS",
    "PAGE",
    "READ",
    "SOURCES",
    "Batch",
    "Line",
    "Page",
    "Source",
    "about",
    "activities_of",
    "pinned_notes",
    "timeline_of",
]

ALL = "all"
KINDS: dict[str, Promise] = {  # by which a timeline can be filtered, in this order
    ALL: _("All"),
    "mails": _("Mails"),
    "notes": _("Notes"),
    "files": _("Files"),
    "activities": _("Activities"),
    "changes": _("Changes"),
    "tracking": _("Tracking"),
}
SOURCES: list[Source] = [*OWN]


def timeline_of(record: Record, user: User, *, before: datetime | None = None, kind: str = ALL) -> Page:
    """Lines of the record, newest first, of all kinds or of one; `before` pages on."""
    batches = [source.read(record, user, before) for source in SOURCES if kind in (ALL, source.kind)]
    floors = [batch.floor for batch in batches if batch.floor is not None]
    floor = max(floors, default=None)  # below it a source holds more than was read
    lines = [line for batch in batches for line in batch.lines if floor is None or line.at >= floor]
    lines.sort(key=lambda line: (line.at, line.pk), reverse=True)
    shown = lines[:PAGE]
    while len(shown) < len(lines) and lines[len(shown)].at == shown[-1].at:  # a page never ends within one moment
        shown.append(lines[len(shown)])
    older = shown[-1].at.isoformat() if shown and (floor is not None or len(lines) > len(shown)) else ""
    return Page([(day, list(group)) for day, group in groupby(shown, lambda line: timezone.localdate(line.at))], older)
