"""Whether the parts of Candor are alive: database, worker, spool."""

from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection

from crm.lib import heartbeat, proxies
from mail.reach import trouble
from tracking import hits


@dataclass(frozen=True)
class Health:
    """A snapshot; `worker_age` is in seconds, None when no worker ever ran."""

    database: bool
    worker: bool
    worker_age: float | None
    spool_bytes: int
    lost_hits: int
    tracking_url: str
    tracking_trouble: str  # a sentence, empty when recipients can reach the address
    undeclared_proxy: str  # the address of one that requests seem to come through, else empty

    @property
    def worker_seconds(self) -> int:
        """The worker's age in whole seconds, for a sentence."""
        return round(self.worker_age or 0)


def look() -> Health:
    """Take the snapshot; never raises."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        database = True
    except DatabaseError:
        database = False
    return Health(
        database,
        heartbeat.is_alive(),
        heartbeat.age(),
        hits.waiting_bytes(),
        hits.lost_count(),
        settings.TRACKING_URL,
        trouble(),
        proxies.undeclared(),
    )
