"""A hit on its way into the database."""

from datetime import UTC, datetime
from typing import NamedTuple

from tracking.hits import CLICK, Hit
from tracking.verdicts import Verdict


class Arrival(NamedTuple):
    """A hit whose copy is known, and what is made of it."""

    hit: Hit
    copy_id: int
    mail_id: int
    link_id: int | None
    is_own_network: bool
    verdict: Verdict
    reasons: tuple[str, ...]
    counts: bool
    is_settled: bool = True
    look_again_at: float | None = None  # seconds since 1970
    address_due_at: float | None = None  # likewise

    @property
    def is_click(self) -> bool:
        return self.hit.kind == CLICK

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.hit.at, UTC)
