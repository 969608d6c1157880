"""Files of imports and exports do not stay for ever."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from crm.exchange.models import ExportJob, ImportJob

IMPORTS_KEPT: Final = timedelta(days=30)
EXPORTS_KEPT: Final = timedelta(hours=24)


def purge(*, now: datetime) -> None:
    """Drop what was imported a month ago, with its rows, and what was exported a day ago."""
    old = ImportJob.objects.filter(created_at__lt=now - IMPORTS_KEPT).exclude(
        status__in=(ImportJob.Status.TRYING, ImportJob.Status.RUNNING)
    )
    _drop_files(old)
    for job in old:
        job.rows.all().delete()
    old.exclude(status=ImportJob.Status.DONE).delete()  # of what was imported stays how its columns were mapped
    gone = ExportJob.objects.filter(created_at__lt=now - EXPORTS_KEPT)
    _drop_files(gone)
    gone.delete()


@transaction.atomic
def forget(*, job: ImportJob) -> None:
    """Drop one import's file and rows, now."""
    _drop_files(ImportJob.objects.filter(pk=job.pk))
    job.rows.all().delete()
    if job.status == ImportJob.Status.DONE:
        return  # how its columns were mapped is remembered
    ImportJob.objects.filter(pk=job.pk).delete()


def _drop_files(jobs: QuerySet[Any]) -> None:
    for job in jobs.exclude(file=""):
        job.file.delete(save=False)
        type(job).objects.filter(pk=job.pk).update(file="")
