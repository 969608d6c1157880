"""Celery tasks of records."""

import logging

from celery import shared_task
from django.utils import timezone

from crm.records import reminding
from crm.records.lists import bulk

logger = logging.getLogger(__name__)
WAKE_LIFE = 60  # seconds; an older wake-up says nothing that the periodic one does not


@shared_task
def remind() -> None:
    """Tell the owners of activities that are due."""
    reminding.remind(now=timezone.now())


@shared_task
def go_on_with_bulk_changes() -> None:
    """Go on with changes of many records; also the periodic look after what a killed worker left behind."""
    bulk.go_on_with_all(clock=timezone.now)


def wake_bulk_changes() -> None:
    """Have them begun now; never raises: with the broker down they wait for the next look."""
    try:
        go_on_with_bulk_changes.apply_async(expires=WAKE_LIFE, retry=False)
    except Exception as error:  # kombu, redis and the file system each raise their own
        logger.warning("The worker could not be woken (%s); a bulk change waits for its next look.", type(error).__name__)
