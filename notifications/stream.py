"""The live stream (Server-Sent Events, WHATWG HTML §9.2) of the signed-in user, over ASGI and over WSGI.

Each message's id is the reader's cursor, so that a browser which reconnects gets what it missed and nothing twice.
"""

import asyncio
import json
import logging
import queue
import random
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string

from notifications.cursor import Cursor, current, parse
from notifications.hub import HUB, Event, Item, Subscription
from notifications.models import LiveEvent

HEARTBEAT: Final = 15.0  # seconds; shorter than the idle limit of every proxy in use
SESSION_CHECK: Final = 60.0  # seconds
SURPLUS_RETRY: Final = 60_000  # milliseconds
BACKLOG: Final = 200  # events; whoever missed more is told to refresh instead
BEAT: Final = b": alive\n\n"
logger = logging.getLogger(__name__)


def respond(request: HttpRequest, user_id: int) -> StreamingHttpResponse:
    """The answer that stays open; `?from=` or Last-Event-ID name the cursor to go on from."""
    wanted = request.headers.get("Last-Event-ID") or request.GET.get("from", "")
    open_tab = partial(Tab, user_id, request.session.session_key or "", parse(wanted))
    content = _async_lines(open_tab) if isinstance(request, ASGIRequest) else _lines(open_tab)
    response = StreamingHttpResponse(content, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store, no-transform"
    response["X-Accel-Buffering"] = "no"  # nginx would hold the messages back
    return response


class Tab:
    """One open stream: what it has read, and whether its person is still signed in."""

    def __init__(self, user_id: int, session_key: str, wanted: Cursor | None, deliver: Callable[[Item], None]) -> None:
        self.session_key = session_key
        self.wanted = wanted
        self.subscription = Subscription(user_id, deliver)
        self.read = Cursor(0)
        self.checked_at = time.monotonic()

    def opening(self) -> list[bytes]:
        """Join the hub, then read what was missed; what arrives in between is skipped later, by its id."""
        HUB.join(self.subscription)
        self.read = current(timezone.now())
        missed, is_stale = self._missed(self.wanted, until=self.read)
        release_connection()
        lines = [f"retry: {random.randint(1000, 3000)}\n\n".encode()]  # noqa: S311 - spreads reconnections, no secret
        lines += [message(event) for event in missed]
        name = "refresh" if is_stale else "ready"
        return [*lines, message(Event(0, name, {}, self.read))]

    def _missed(self, wanted: Cursor | None, until: Cursor) -> tuple[list[Event], bool]:
        if wanted is None:
            return [], False
        if wanted.last > until.last:  # of a database that was reset, or the events are gone by age
            return [], True
        unread = Q(pk__gt=wanted.last, pk__lte=until.last) | Q(pk__in=wanted.missing)
        own = LiveEvent.objects.filter(unread, user_id=self.subscription.user_id)
        rows = list(own.order_by("pk").values_list("pk", "name", "payload")[: BACKLOG + 1])
        if len(rows) > BACKLOG:
            return [], True
        waiting = [pk for pk, _, _ in rows]
        events = []
        for index, (pk, name, payload) in enumerate(rows):
            last = max(wanted.last, pk)
            missing = {gap for gap in (*until.missing, *waiting[index + 1 :]) if gap < last}
            events.append(Event(pk, name, payload, Cursor(last, frozenset(missing))))
        return events, False

    def line(self, item: Event) -> bytes:
        """The message of an event, or nothing for one that was read while opening."""
        return b"" if self.read.covers(item.pk) else message(item)

    def is_check_due(self) -> bool:
        return time.monotonic() - self.checked_at >= SESSION_CHECK

    def is_signed_in(self) -> bool:
        """Whether the session still stands; signing out, deactivation and a new password end it."""
        self.checked_at = time.monotonic()
        request = HttpRequest()
        request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(self.session_key)
        is_same = get_user(request).pk == self.subscription.user_id
        release_connection()
        return is_same


def message(event: Event) -> bytes:
    """One event in the stream's format; `id` inside of the data lets tabs recognise repeats."""
    data: dict[str, Any] = {"id": event.pk, "name": event.name, "payload": event.payload}
    return f"id: {event.cursor}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def release_connection() -> None:
    """A stream lasts for hours and must not hold a database connection meanwhile."""
    if not connection.in_atomic_block:
        connection.close()


async def _async_lines(open_tab: Callable[..., Tab]) -> AsyncIterator[bytes]:
    inbox: asyncio.Queue[Item] = asyncio.Queue()
    tab = open_tab(partial(_put, asyncio.get_running_loop(), inbox))
    end_with_process()
    try:
        for line in await sync_to_async(tab.opening)():
            yield line
        while True:
            item = await _next(inbox)
            if tab.is_check_due() and not await sync_to_async(tab.is_signed_in)():
                return
            if item is not None and not isinstance(item, Event):
                yield farewell(is_surplus=item.is_surplus)
                return
            yield BEAT if item is None else tab.line(item)
    finally:
        HUB.leave(tab.subscription)


async def _next(inbox: "asyncio.Queue[Item]") -> Item | None:
    try:
        async with asyncio.timeout(HEARTBEAT):
            return await inbox.get()
    except TimeoutError:
        return None


def _put(loop: asyncio.AbstractEventLoop, inbox: "asyncio.Queue[Item]", item: Item) -> None:
    try:
        loop.call_soon_threadsafe(inbox.put_nowait, item)
    except RuntimeError:  # the server's loop is closed: nobody listens any more
        logger.debug("A live event came after the server's end.")


def _lines(open_tab: Callable[..., Tab]) -> Iterator[bytes]:
    inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
    tab = open_tab(inbox.put)
    try:
        yield from tab.opening()
        while True:
            try:
                item: Item | None = inbox.get(timeout=HEARTBEAT)
            except queue.Empty:
                item = None
            if tab.is_check_due() and not tab.is_signed_in():
                return
            if item is not None and not isinstance(item, Event):
                yield farewell(is_surplus=item.is_surplus)
                return
            yield BEAT if item is None else tab.line(item)
    finally:
        HUB.leave(tab.subscription)


def farewell(*, is_surplus: bool) -> bytes:
    """The last line of a stream; one that was pushed out comes back late."""
    return f"retry: {SURPLUS_RETRY}\n\n".encode() if is_surplus else b": bye\n\n"


_watched: set[int] = set()


def end_with_process() -> None:
    """End the streams on SIGTERM and SIGINT: an ASGI server waits for open answers before it stops."""
    if _watched or threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        _watched.add(number)
        signal.signal(number, partial(_close_then, signal.getsignal(number)))


def _close_then(previous: Any, number: int, frame: FrameType | None) -> None:
    HUB.close()
    if callable(previous):
        previous(number, frame)
    elif previous == signal.SIG_DFL:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
