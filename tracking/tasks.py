"""Celery tasks of tracking."""

import logging

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from tracking import draining, minimising, settling

logger = logging.getLogger(__name__)


@shared_task
def record_hits() -> None:
    """Record what waits in the spool, then settle what is due. Woken after hits, and every ten seconds whatever happens."""
    try:
        draining.drain(now=timezone.now())
        settling.settle(now=timezone.now())
    except (DatabaseError, OSError) as error:  # the hits wait; the next sweep tries again
        logger.error("Hits could not be recorded and wait: %s", error)


@shared_task
def minimise_addresses() -> None:
    """Cut and drop the addresses that are due; hits that wait for another look get it before."""
    settling.settle(now=timezone.now())
    minimising.minimise(now=timezone.now())
