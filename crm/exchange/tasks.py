"""Celery tasks of imports and exports: they only wake; what is to be done stands in the jobs."""

import logging

from celery import shared_task
from django.utils import timezone

from crm.exchange import exporting, purging, running

logger = logging.getLogger(__name__)
WAKE_LIFE = 60  # seconds; an older wake-up says nothing that the periodic one does not


@shared_task
def run_import(job_pk: int) -> None:
    """Try or run an import, if no other worker has it."""
    running.run(job_pk)


@shared_task
def make_export(job_pk: int) -> None:
    """Make an export, if no other worker has it."""
    exporting.run(job_pk)


@shared_task
def go_on() -> None:
    """Take up what waits, and what a worker left behind."""
    now = timezone.now()
    for job_pk in running.waiting(now=now):
        wake_import(job_pk)
    for job_pk in exporting.waiting(now=now):
        wake_export(job_pk)


@shared_task
def purge() -> None:
    """Drop files that were kept long enough."""
    purging.purge(now=timezone.now())


def wake_import(job_pk: int) -> None:
    """Have a job looked at; never raises: with the broker down it waits for the next look."""
    _wake(run_import, job_pk)


def wake_export(job_pk: int) -> None:
    """The same for an export."""
    _wake(make_export, job_pk)


def _wake(task: "object", job_pk: int) -> None:
    try:
        task.apply_async((job_pk,), expires=WAKE_LIFE, retry=False)  # type: ignore[attr-defined]
    except Exception as error:  # kombu, redis and the file system each raise their own
        logger.warning("The worker could not be woken (%s); a job waits for its next look.", type(error).__name__)
