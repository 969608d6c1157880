"""Who works on a delivery: claimed by conditional UPDATE, kept by renewals, taken back when they stop.

A claim is a random number in the row. Whoever lost it can change nothing any more, so a worker that was taken for dead
and wakes up again does no harm. A dead worker's row is noticed within `STALE`.
"""

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone

from mail.models import Delivery, Message

logger = logging.getLogger(__name__)
Status = Delivery.Status
HELD = (Status.SENDING, Status.TRANSMITTING)
RENEWAL = 20.0  # seconds between signs of life
STALE = timedelta(seconds=90)


def accounts_waiting(now: datetime) -> list[int | None]:
    """The accounts with due mail that nobody is sending for now: a server that hangs holds up its own account alone.

    None stands for mail whose account has been removed.
    """
    held = Delivery.objects.filter(status__in=HELD, claimed_at__gt=now - STALE)
    busy = set(held.values_list("message__account", flat=True))
    waiting = Delivery.objects.due(now).of_running_accounts().order_by("next_attempt_at", "pk").values_list("message__account", flat=True)
    return [account for account in dict.fromkeys(waiting) if account is None or account not in busy]


def claim_next(account: int | None, now: datetime) -> Delivery | None:
    """The account's longest due delivery, now ours; None when nothing is left."""
    due = Delivery.objects.due(now).of_running_accounts().filter(message__account=account).order_by("next_attempt_at", "pk")
    while (pk := due.values_list("pk", flat=True).first()) is not None:
        mine = uuid.uuid4()
        changes = {"status": Status.SENDING, "claim": mine, "claimed_at": now, "attempts": F("attempts") + 1}
        if Delivery.objects.due(now).filter(pk=pk).update(**changes):
            _date(pk, now)
            return _whole(pk)
    return None


def settle(delivery: Delivery, *expected: str, **changes: Any) -> bool:
    """Change a row that is still ours and in one of these states; False when the claim was lost."""
    held = Delivery.objects.filter(pk=delivery.pk, claim=delivery.claim, status__in=expected)
    if not held.update(**changes):
        logger.warning("Delivery %s was taken from this worker.", delivery.pk)
        return False
    for name, value in changes.items():
        setattr(delivery, name, value)
    return True


def stale(now: datetime) -> list[Delivery]:
    """Deliveries whose worker has stopped giving signs of life."""
    lost = Delivery.objects.filter(status__in=HELD, claimed_at__lte=now - STALE)
    return [_whole(pk) for pk in lost.values_list("pk", flat=True)]


@contextmanager
def kept(delivery: Delivery) -> Iterator[None]:
    """Renew the claim while the block runs, however long a server takes to answer."""
    done = threading.Event()
    thread = threading.Thread(target=_renew, args=(delivery.pk, delivery.claim, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()


def _renew(pk: int, claim: uuid.UUID, done: threading.Event) -> None:
    try:
        while not done.wait(RENEWAL):
            try:
                Delivery.objects.filter(pk=pk, claim=claim, status__in=HELD).update(claimed_at=timezone.now())
            except DatabaseError:
                logger.warning("The claim on delivery %s could not be renewed.", pk)
    finally:
        connection.close()


def _date(pk: int, now: datetime) -> None:
    """The Date of a mail is when the first of its envelopes is tried; every other one, and every other try, says the same."""
    Message.objects.filter(deliveries=pk, dated_at=None).update(dated_at=now)


def _whole(pk: int) -> Delivery:
    """The row with what sending needs, but for the account: its password may be unreadable, which must not stop the rest."""
    return Delivery.objects.select_related("message__owner", "message__thread", "copy__mail").get(pk=pk)
