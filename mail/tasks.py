"""Celery tasks of mail."""

import logging

from celery import shared_task
from django.utils import timezone

from mail import bounces, sending

logger = logging.getLogger(__name__)
WAKE_LIFE = 60  # seconds; an older wake-up says nothing that the periodic one does not


@shared_task
def send_due() -> None:
    """Send what waits in the outbox and is due; also the periodic look after what was left behind."""
    sending.send_due()


@shared_task
def look_for_bounces() -> None:
    """Look for mail that came back, where some may have."""
    bounces.look(now=timezone.now())


def wake() -> None:
    """Have the outbox looked at now; never raises: with the broker down the mail waits for the next look."""
    try:
        send_due.apply_async(expires=WAKE_LIFE, retry=False)
    except Exception as error:  # kombu, redis and the file system each raise their own
        logger.warning("The worker could not be woken (%s); the outbox waits for its next look.", type(error).__name__)
