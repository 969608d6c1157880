"""One poller per process reads new live events and hands them to the streams of the users who are connected."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone

from notifications.cursor import PATIENCE, Cursor, current
from notifications.models import LiveEvent
from notifications.wake import Waiter

POLL: Final = 0.25  # seconds
BATCH: Final = 500  # events read at once
STREAMS_PER_USER: Final = 20  # one a browser; more are tabs that left without a word
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """One live event, and the cursor of a tab that has read it and all before it."""

    pk: int
    name: str
    payload: dict[str, Any]
    cursor: Cursor


class End:
    """Tells a stream to stop: for the server's own sake, or because newer streams took its place."""

    def __init__(self, *, is_surplus: bool = False) -> None:
        self.is_surplus = is_surplus


Item = Event | End
SHUTDOWN: Final = End()
SURPLUS: Final = End(is_surplus=True)


@dataclass(eq=False)
class Subscription:
    """A stream's place in the hub; `deliver` is called from the poller's thread and must not block."""

    user_id: int
    deliver: Callable[[Item], None]
    has_left: bool = False


@dataclass
class Hub:
    """Who is connected in this process. The poller runs only while somebody is."""

    position: Cursor = field(default_factory=lambda: Cursor(0))
    is_closing: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _by_user: dict[int, list[Subscription]] = field(default_factory=dict)
    _poller: threading.Thread | None = None
    _noticed: dict[int, float] = field(default_factory=dict)  # absent id → when its absence was noticed

    def join(self, subscription: Subscription) -> None:
        """Hand over every event that commits from now on; too many streams of a user push out the oldest."""
        with self._lock:
            if subscription.has_left:
                return
            if self._poller is None:
                self._start()
            streams = self._by_user.setdefault(subscription.user_id, [])
            streams.append(subscription)
            surplus, streams[:] = streams[:-STREAMS_PER_USER], streams[-STREAMS_PER_USER:]
        for oldest in surplus:
            oldest.deliver(SURPLUS)

    def leave(self, subscription: Subscription) -> None:
        """Forget a stream; harmless when it is forgotten already."""
        with self._lock:
            subscription.has_left = True
            streams = self._by_user.get(subscription.user_id, [])
            if subscription in streams:
                streams.remove(subscription)
            if not streams:
                self._by_user.pop(subscription.user_id, None)

    def close(self) -> None:
        """End every stream soon; safe in a signal handler."""
        self.is_closing = True

    def count(self, user_id: int) -> int:
        """Streams of one user in this process."""
        return len(self._by_user.get(user_id, []))

    def _start(self) -> None:
        self.position = current(timezone.now())
        self._poller = threading.Thread(target=self._run, name="live events", daemon=True)
        self._poller.start()

    def _run(self) -> None:
        waiter = Waiter()
        try:
            while self._is_needed():
                self._turn(waiter)
        finally:
            connection.close()

    def _is_needed(self) -> bool:
        with self._lock:
            if self._by_user and not self.is_closing:
                return True
            self._poller = None
            streams = [subscription for streams in self._by_user.values() for subscription in streams]
        for subscription in streams:
            subscription.deliver(SHUTDOWN)
        return False

    def _turn(self, waiter: Waiter) -> None:
        try:
            self._hand_out(self._read())
            waiter.wait(POLL)
        except DatabaseError as error:
            logger.warning("Live events cannot be read: %s", error)
            connection.close()
            time.sleep(1)

    def _read(self) -> list[tuple[int, int, str, dict[str, Any]]]:
        unread = Q(pk__gt=self.position.last) | Q(pk__in=self.position.missing)
        return list(LiveEvent.objects.filter(unread).order_by("pk").values_list("pk", "user_id", "name", "payload")[:BATCH])

    def _hand_out(self, rows: list[tuple[int, int, str, dict[str, Any]]]) -> None:
        for pk, user_id, name, payload in rows:
            self.position = self.position.after(pk)
            with self._lock:
                streams = list(self._by_user.get(user_id, []))
            for subscription in streams:
                subscription.deliver(Event(pk, name, payload, self.position))
        self._give_up_on_old_gaps()

    def _give_up_on_old_gaps(self) -> None:
        now = time.monotonic()
        self._noticed = {pk: self._noticed.get(pk, now) for pk in self.position.missing}
        expired = {pk for pk, since in self._noticed.items() if now - since > PATIENCE.total_seconds()}
        self.position = self.position.without(expired)


HUB = Hub()
