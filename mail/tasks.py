"""Celery tasks of mail."""

import logging
import threading
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from mail import bounces, changing, leaving, linking, sending, suggesting
from mail.alarm import Alarm
from mail.sync import pace, running, watching

logger = logging.getLogger(__name__)
UNDONE_FOR = timedelta(days=2)  # for so long what was done can be taken back
WAKE_LIFE = 60  # seconds; an older wake-up says nothing that the periodic one does not
SYNC_LIFE = 15  # seconds; by then it has been woken anew
SYNCS = threading.BoundedSemaphore(2)  # of one worker process: sending and recording have threads left, however many mailboxes are synced


@shared_task
def send_due() -> None:
    """Send what waits in the outbox and is due; also the periodic look after what was left behind."""
    sending.send_due()
    wait = sending.until_next(now=timezone.now())
    if wait is not None:
        ALARM.set(seconds=wait)


@shared_task
def look_for_bounces() -> None:
    """Look for mail that came back, where some may have."""
    bounces.look(now=timezone.now())


@shared_task
def sync_due() -> None:
    """Have the mailboxes synced that are due."""
    for account_pk in pace.due(timezone.now()):
        wake_sync(account_pk)


@shared_task
def sync_account(account_pk: int) -> None:
    """Sync a mailbox, unless this process is busy with others: then it stays due."""
    if SYNCS.acquire(blocking=False):
        try:
            running.run(account_pk)
        finally:
            SYNCS.release()


def wake_sync(account_pk: int) -> None:
    """Have a mailbox synced that is due; never raises: with the broker down it waits for the next look."""
    try:
        sync_account.apply_async((account_pk,), expires=SYNC_LIFE, retry=False)
    except Exception as error:  # kombu, redis and the file system each raise their own
        logger.warning("The worker could not be woken (%s); a mailbox waits for its next look.", type(error).__name__)


def news_of(account_pk: int) -> None:
    """Something happened in a mailbox: it is synced now."""
    watching.wake(account_pk)
    wake_sync(account_pk)


@shared_task
def suggest_steps() -> None:
    """Suggest next steps for mails that wait for their answer, and put away those without a point."""
    suggesting.suggest(now=timezone.now())


@shared_task
def remove_leaving() -> None:
    """Remove the mail of accounts that were disconnected together with it."""
    leaving.go_on()


def wake_leaving() -> None:
    """Have that begun now; never raises: with the broker down the periodic look begins it."""
    try:
        remove_leaving.apply_async(expires=WAKE_LIFE, retry=False)
    except Exception as error:  # as below
        logger.warning("The worker could not be woken (%s); what leaves waits for its next look.", type(error).__name__)


@shared_task
def empty_trash() -> None:
    """Delete for good what has been in the trash for long, and forget what was done too long ago to be taken back."""
    now = timezone.now()
    if settings.TRASH_DAYS:
        changing.empty_trash(now=now, before=now - timedelta(days=settings.TRASH_DAYS))
    changing.forget_old(before=now - UNDONE_FOR)


@shared_task
def link_contacts() -> None:
    """Link mail to the people who were created, or whose address was changed, within the last hour."""
    linking.attach_changed(since=timezone.now() - timedelta(hours=1))


def wake() -> None:
    """Have the outbox looked at now; never raises: with the broker down the mail waits for the next look."""
    try:
        send_due.apply_async(expires=WAKE_LIFE, retry=False)
    except Exception as error:  # kombu, redis and the file system each raise their own
        logger.warning("The worker could not be woken (%s); the outbox waits for its next look.", type(error).__name__)


ALARM = Alarm(wake)
