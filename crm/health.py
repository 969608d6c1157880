"""Whether the parts of Candor are alive: database, worker, spool."""

from dataclasses import dataclass

from django.db import DatabaseError, connection

from crm.lib import heartbeat
from tracking import hits


@dataclass(frozen=True)
class Health:
    """A snapshot; `worker_age` is in seconds, None when no worker ever ran."""

    database: bool
    worker: bool
    worker_age: float | None
    spool_bytes: int
    lost_hits: int


def look() -> Health:
    """Take the snapshot; never raises."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        database = True
    except DatabaseError:
        database = False
    return Health(database, heartbeat.is_alive(), heartbeat.age(), hits.waiting_bytes(), hits.lost_count())
