"""A hit on its way into the database."""

from dataclasses import dataclass
from datetime import datetime

from tracking.hits import CLICK, Hit


@dataclass(slots=True)
class Arrival:
    """A hit whose copy is known, and whether it counts."""

    hit: Hit
    at: datetime
    copy_id: int
    mail_id: int
    link_id: int | None
    counts: bool
    reason: str

    @property
    def is_click(self) -> bool:
        return self.hit.kind == CLICK
