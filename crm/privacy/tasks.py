"""Celery tasks of recipients' rights."""

from celery import shared_task
from django.utils import timezone

from crm.privacy import asking, retention


@shared_task
def send_due() -> None:
    """Send the mails that recipients wait for."""
    asking.send_due(clock=timezone.now)


@shared_task
def purge() -> None:
    """Once a day."""
    retention.purge(now=timezone.now())
