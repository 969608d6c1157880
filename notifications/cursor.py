"""How far a tab has read the live events: the highest id, and the ids below it that nobody has seen yet.

Ids are given out before their transaction commits, so a lower one may appear after a higher one. A cursor
names those gaps; whoever resumes from it gets each event once, and none is passed over.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from notifications.models import LiveEvent

PATIENCE = timedelta(seconds=60)  # how long an absent id may still belong to an open transaction
MAX_MISSING = 60  # the newest absent ids that are kept in mind
RECENT = 200  # rows looked at to find them
FORMAT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18}){0,200}", re.ASCII)


@dataclass(frozen=True)
class Cursor:
    """`last` is the highest id read; `missing` holds lower ids that were not there yet."""

    last: int
    missing: frozenset[int] = frozenset()

    def __str__(self) -> str:
        return ".".join(str(pk) for pk in (self.last, *sorted(self.missing)))

    def covers(self, pk: int) -> bool:
        """Whether the event has been read already."""
        return pk <= self.last and pk not in self.missing

    def after(self, pk: int) -> "Cursor":
        """The cursor once this event has been read too."""
        if pk <= self.last:
            return Cursor(self.last, self.missing - {pk})
        return Cursor(pk, _newest(self.missing.union(_between(self.last, pk))))

    def without(self, expired: set[int]) -> "Cursor":
        """The cursor that no longer waits for some ids."""
        return Cursor(self.last, self.missing - expired)


def parse(text: str) -> Cursor | None:
    """Read what `str(cursor)` wrote; None when it is something else."""
    if not FORMAT.fullmatch(text):
        return None
    last, *missing = (int(part) for part in text.split("."))
    return Cursor(last, frozenset(missing))


def current(now: datetime) -> Cursor:
    """Everything that is committed by now counts as read."""
    rows = list(LiveEvent.objects.order_by("-pk").values_list("pk", "created_at")[:RECENT])
    if not rows:
        return Cursor(0)
    fresh = now - PATIENCE
    missing = {pk for newer, older in pairwise(rows) if newer[1] > fresh for pk in _between(older[0], newer[0])}
    return Cursor(rows[0][0], _newest(frozenset(missing)))


def _between(low: int, high: int) -> range:
    return range(max(low + 1, high - MAX_MISSING), high)


def _newest(missing: frozenset[int]) -> frozenset[int]:
    return frozenset(sorted(missing)[-MAX_MISSING:])
