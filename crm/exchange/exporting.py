"""Everything that a user may see as one ZIP, made in the background, for that user alone and for a day."""

import io
import logging
import secrets
import tempfile
import zipfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.accounts import audit
from crm.accounts.models import User
from crm.exchange import sheets
from crm.exchange.models import ExportJob
from crm.lib import tables
from notifications import feed

logger = logging.getLogger(__name__)
STALE: Final = timedelta(minutes=30)
MAX_FILES: Final = 500 * 1024 * 1024  # bytes of files in one archive; what is beyond is named and left out
LIFE: Final = timedelta(hours=24)


@transaction.atomic
def begin(*, owner: User, now: datetime) -> ExportJob:
    """Have an archive made; one that is being made already is taken."""
    waiting_one: ExportJob | None = ExportJob.objects.visible_to(owner).filter(status=ExportJob.Status.WAITING).first()
    return waiting_one or ExportJob.objects.create(owner=owner, created_at=now)


def waiting(*, now: datetime) -> list[int]:
    """Jobs that wait for a worker, or whose worker is gone."""
    return list(_free(now).values_list("pk", flat=True))


def _free(now: datetime) -> Any:
    return ExportJob.objects.filter(status=ExportJob.Status.WAITING).filter(Q(claim="") | Q(claimed_at__lt=now - STALE))


def run(job_pk: int) -> bool:
    """Make an archive, if no other worker does; answers whether it was free."""
    claim, now = secrets.token_hex(16), timezone.now()
    if not _free(now).filter(pk=job_pk).update(claim=claim, claimed_at=now):
        return False
    job = ExportJob.objects.select_related("owner").get(pk=job_pk)
    with translation.override(job.owner.language), timezone.override(job.owner.zone):
        try:
            _make(job)
        except Exception:
            ExportJob.objects.filter(pk=job_pk, claim=claim).update(status=ExportJob.Status.FAILED, finished_at=timezone.now())
            raise
    return True


def _make(job: ExportJob) -> None:
    with tempfile.TemporaryFile() as file:
        write(file, job.owner)
        size = file.tell()
        file.seek(0)
        job.file.save("archive", File(file), save=False)
    now = timezone.now()
    with transaction.atomic():
        done = {"status": ExportJob.Status.DONE, "file": job.file.name, "size": size, "finished_at": now}
        ExportJob.objects.filter(pk=job.pk).update(**done)
        audit.note("records_exported", actor=job.owner, size=size)
        feed.notify(
            user=job.owner,
            kind="import",
            title=_("Your export is ready"),
            detail=_("It can be downloaded for 24 hours."),
            group_key=f"export:{job.pk}",
            url="/settings/export/",
            now=now,
        )


def write(file: IO[bytes], user: User) -> None:
    """Write the archive."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind, name in sheets.names().items():
            _add(archive, name, sheets.records(kind, user))
        _add(archive, "activities.csv", sheets.activities(user))
        _add(archive, "notes.csv", sheets.notes(user))
        _add(archive, "mails.csv", sheets.mails(user))
        _add_files(archive, user)


def _add(archive: zipfile.ZipFile, name: str, rows: Iterable[list[str]]) -> None:
    with archive.open(name, "w", force_zip64=True) as part, io.TextIOWrapper(part, encoding="utf-8", newline="") as text:
        text.write(tables.MARK)
        text.writelines(tables.line(row) for row in rows)


def _add_files(archive: zipfile.ZipFile, user: User) -> None:
    """The files themselves as long as there is room, and a list of all of them."""
    rows, room = [sheets.file_headings()], MAX_FILES
    for one in sheets.files(user):
        place = _add_file(archive, one) if one.size <= room else ""
        room -= one.size if place else 0
        rows.append(sheets.file_row(one, user, place or _("left out: there is no room for it, or it is not there any more")))
    _add(archive, "files.csv", rows)


def _add_file(archive: zipfile.ZipFile, one: Any) -> str:
    """Where in the archive it is; nothing where it is not there any more."""
    name = "".join(character for character in Path(one.name).name if character.isprintable() and character not in '\\/:*?"<>|')
    place = f"files/{one.pk}-{name[-120:] or 'file'}"
    try:
        with one.file.open("rb") as source, archive.open(place, "w", force_zip64=True) as part:
            while piece := source.read(1 << 20):
                part.write(piece)
    except OSError:
        return ""
    return place
