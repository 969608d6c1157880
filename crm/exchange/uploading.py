"""How a file becomes a job."""

from django.core.files.base import ContentFile
from django.db import transaction

from crm.accounts.models import User
from crm.exchange import guessing, reading, running, targets
from crm.exchange.models import ImportJob
from crm.exchange.reading import Format

REMEMBERED = ("mapping", "mode", "key", "fills_only", "leaves_bad")


@transaction.atomic
def begin(*, owner: User, name: str, content: bytes, kind: str = "") -> ImportJob:
    """Keep a file with all that can be guessed of it, or remembered of another one with the same headings. Raises Unreadable."""
    found = reading.recognise(content, name)
    sheet = reading.read(content, found)
    job = ImportJob(owner=owner, name=name[:200])
    _describe(job, found, sheet, kind)
    job.file.save("table", ContentFile(content), save=False)
    job.save()
    return job


@transaction.atomic
def read_again(*, job: ImportJob, given: Format, kind: str) -> None:
    """Read the file in another way, or as something else; the mapping is guessed anew. Raises Unreadable. Does nothing to one that runs."""
    if not running.is_open(job):
        return
    with job.file.open("rb") as file:
        sheet = reading.read(file.read(), given)
    _describe(job, given, sheet, kind)
    job.status = ImportJob.Status.MAPPING
    job.save()


def _describe(job: ImportJob, given: Format, sheet: reading.Sheet, kind: str) -> None:
    guess = guessing.guess(sheet, kind=kind)
    job.encoding, job.delimiter, job.has_head, job.is_cards = given.encoding, given.delimiter, given.has_head, given.is_cards
    job.headings, job.signature, job.row_count = list(sheet.head), guessing.signature(sheet.head), len(sheet.rows)
    job.kind, job.mapping = guess.kind, guess.mapping
    job.day_first, job.decimal_comma = guess.day_first, guess.decimal_comma
    _remember(job, kind)
    keys = [key for key, _label in targets.keys(job.kind, job.mapping)]
    job.key = job.key if job.key in keys else keys[0] if keys else ""


def _remember(job: ImportJob, kind: str) -> None:
    """How the last file with these headings was mapped."""
    last = ImportJob.objects.visible_to(job.owner).filter(signature=job.signature, status=ImportJob.Status.DONE)
    before = (last.filter(kind=kind) if kind else last).first()
    if before is None:
        return
    job.kind = before.kind
    for name in REMEMBERED:
        setattr(job, name, getattr(before, name))
    known = targets.known(job.kind)
    job.mapping = [target if target in known else "" for target in job.mapping]
