"""What a timeline consists of: lines, the batches in which they are read, and pages of days."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.accounts.models import User
from crm.records.models import Note, Record, StoredFile

PAGE = 40
READ = 2 * PAGE


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
    file: StoredFile | None = None
    record: Record | None = None
    template: str = ""  # of a line that another app draws, with `line.drawn`
    drawn: Any = None


@dataclass(frozen=True)
class Page:
    """Lines grouped by day, newest first, and where the older ones begin."""

    days: list[tuple[Any, list[Line]]]
    older: str = ""


@dataclass(frozen=True)
class Batch:
    """The newest lines of one source, and the time of the last one read where there are more."""

    lines: list[Line]
    floor: datetime | None


@dataclass(frozen=True)
class Source:
    """Where lines of one kind come from; `read` answers those before a time that concern the record and that the user may see."""

    kind: str  # a key of `history.KINDS`
    read: Callable[[Record, User, datetime | None], Batch]


def read(rows: Any, field: str, line: Callable[[Any], Line], before: datetime | None) -> Batch:
    """The newest rows by the time in `field`, at most so many as one page could need."""
    newest = rows.order_by(f"-{field}", "-pk").filter(**({f"{field}__lt": before} if before else {}))
    found = list(newest[:READ])
    return Batch([line(row) for row in found], getattr(found[-1], field) if len(found) == READ else None)
