"""Celery tasks of mail."""

from celery import shared_task


@shared_task
def send_due() -> None:
    """Send what waits in the outbox and is due."""
