"""Celery tasks of tracking."""

from celery import shared_task


@shared_task
def record_hits() -> None:
    """Record what waits in the spool."""
