"""Wakes the worker after hits, from a thread of its own: a hit neither waits for the broker nor fails with it."""

import logging
import os
import threading
import time
from collections import deque

from celery import current_app

from crm.lib import heartbeat
from tracking import hits

logger = logging.getLogger(__name__)
TASK = "tracking.tasks.record_hits"  # by name: the edge is imported before Django's models are
INTERVAL = 0.2  # seconds between two wake-ups
SETTLED = 10.2  # seconds after a click at which the worker is woken once more: it is settled then
SLOW_INTERVAL = 5.0  # while no worker lives: its queue should not fill up
IDLE = 60.0  # seconds after which an idle process looks whether its spool file is due
COMPLAINT_SECONDS = 60


class _Process:
    """The thread of this process and what it waits for."""

    wanted = threading.Event()
    later: deque[float] = deque()  # when to wake the worker again, by the monotonic clock, soonest first
    thread: threading.Thread | None = None
    complained_at = -float(COMPLAINT_SECONDS)


def wake(*, and_later: bool = False) -> None:
    """Have the worker woken soon, and once more when a click of now is settled; returns at once and never raises."""
    if and_later:
        again = time.monotonic() + SETTLED
        if not _Process.later or _Process.later[-1] < again - INTERVAL / 2:
            _Process.later.append(again)
    if _Process.wanted.is_set():
        return
    _Process.wanted.set()
    if _Process.thread is None:
        try:
            _Process.thread = threading.Thread(target=_work, name="waker", daemon=True)
            _Process.thread.start()
        except RuntimeError:  # no more threads: the sweep finds the hits
            _Process.thread = None


def _work() -> None:
    while True:
        is_wanted = _Process.wanted.wait(_patience())
        _Process.wanted.clear()  # before sending: a hit that comes now is sent for next time
        is_wanted |= _is_later_due()
        try:
            hits.tidy()
            if is_wanted:
                current_app.send_task(TASK, expires=30)
        except Exception as error:  # the sweep finds the hits
            _complain(error)
        if is_wanted:
            time.sleep(INTERVAL if heartbeat.age() is None or heartbeat.is_alive() else SLOW_INTERVAL)


def _patience() -> float:
    """How long there is nothing to do, in seconds."""
    return min(max(_Process.later[0] - time.monotonic(), 0.0), IDLE) if _Process.later else IDLE


def _is_later_due() -> bool:
    """Whether a click should be settled by now; its wake-up is used up then."""
    is_due = False
    while _Process.later and _Process.later[0] <= time.monotonic():
        _Process.later.popleft()
        is_due = True
    return is_due


def _forget_after_fork() -> None:
    _Process.wanted = threading.Event()
    _Process.later = deque()
    _Process.thread = None


os.register_at_fork(after_in_child=_forget_after_fork)


def _complain(error: Exception) -> None:
    """One log line a minute."""
    if time.monotonic() - _Process.complained_at >= COMPLAINT_SECONDS:
        _Process.complained_at = time.monotonic()
        logger.warning("The worker could not be woken (%s); hits are recorded a little later.", type(error).__name__)
