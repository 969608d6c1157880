"""Celery tasks of notifications."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from notifications.models import LiveEvent

KEPT = timedelta(minutes=30)


@shared_task
def drop_old_events() -> None:
    """Forget live events that no open tab can still be waiting for."""
    LiveEvent.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
