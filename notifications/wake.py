"""How the poller learns early that something was pushed: PostgreSQL's NOTIFY; elsewhere it only waits for its next turn.

The rows are the truth. A wake-up that is lost costs a quarter of a second.
"""

import time

from django.db import connection

CHANNEL = "candor_live"
CALM = 0.02  # seconds between two wake-ups of a burst


def ring() -> None:
    """Wake the pollers once the surrounding transaction commits."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")


class Waiter:
    """Waits on the database connection of its own thread."""

    def __init__(self) -> None:
        self._listening: object = None

    def wait(self, seconds: float) -> None:
        """Return when somebody rings, or when the time is over; raises DatabaseError when the connection is gone."""
        if connection.vendor != "postgresql":
            time.sleep(seconds)
            return
        connection.ensure_connection()
        raw = connection.connection
        if raw is not self._listening:  # a new connection listens to nothing yet
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening = raw
        with connection.wrap_database_errors:
            if any(True for _ in raw.notifies(timeout=seconds, stop_after=1)):
                time.sleep(CALM)
