"""Celery tasks of records."""

from celery import shared_task
from django.utils import timezone

from crm.records import reminding


@shared_task
def remind() -> None:
    """Tell the owners of activities that are due."""
    reminding.remind(now=timezone.now())
