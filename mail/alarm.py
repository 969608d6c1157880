"""Rings when the next mail comes due, since the schedule looks only every ten seconds.

The alarm lives in the worker's memory: one that is lost delays a mail until the next look, no longer.
"""

import threading
import time
from collections.abc import Callable


class Alarm:
    """One appointment at a time: the earliest of those that were asked for."""

    def __init__(self, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._at = 0.0  # on time.monotonic's clock

    def set(self, *, seconds: float) -> None:
        """Ring in so many seconds, unless it rings before anyway."""
        at = time.monotonic() + seconds
        with self._lock:
            if self._timer and self._at <= at:
                return
            if self._timer:
                self._timer.cancel()
            self._at, self._timer = at, threading.Timer(seconds, self._wake)
            self._timer.daemon = True
            self._timer.start()

    def _wake(self) -> None:
        with self._lock:
            self._timer = None
        self._ring()
