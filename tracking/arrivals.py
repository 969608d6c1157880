"""A hit on its way into the database."""

from datetime import UTC, datetime
from typing import NamedTuple

from tracking.hits import CLICK, Hit

COUNTED = "counted"


class Arrival(NamedTuple):
    """A hit whose copy is known, and why it counts or not."""

    hit: Hit
    copy_id: int
    mail_id: int
    link_id: int | None
    reason: str

    @property
    def is_click(self) -> bool:
        return self.hit.kind == CLICK

    @property
    def counts(self) -> bool:
        return self.reason == COUNTED

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.hit.at, UTC)
