"""Trying and importing, a few rows at a time. The job's row says how far it has come, in the same transaction as the rows themselves.

Killed in the middle nothing is lost and nothing comes twice. A worker holds a job by its claim, which it renews with
every step; a claim that was not renewed for a while is anybody's.
"""

import logging
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts import audit
from crm.exchange import reading
from crm.exchange.directory import Directory
from crm.exchange.drafting import Drafter
from crm.exchange.keeping import Keeper
from crm.exchange.models import ImportedRow, ImportJob
from crm.exchange.planning import Plan, Planner
from crm.exchange.reading import Row
from notifications import feed

logger = logging.getLogger(__name__)
AT_ONCE: Final = 200  # rows of a transaction
STALE: Final = timedelta(minutes=2)  # a step takes a second
FAULTS: Final = 50  # that the try tells one by one
HINTS: Final = 40  # different ones
COUNTS: Final = ("created", "updated", "merged", "skipped", "faulty")
WORKING: Final = (ImportJob.Status.TRYING, ImportJob.Status.RUNNING)
OPEN: Final = (ImportJob.Status.MAPPING, ImportJob.Status.TRIED)
EMPTY: Final[dict[str, Any]] = {
    **{f"{name}_count": 0 for name in (*COUNTS, "organisation", "person", "consent")},
    "offset": 0,
    "hints": {},
    "claim": "",
    "claimed_at": None,
}


class Lost(Exception):
    """The job was cancelled, or another worker has it."""


def is_open(job: ImportJob) -> bool:
    """Whether the job is still to be set up; it is the caller's until their transaction ends."""
    return ImportJob.objects.select_for_update().filter(pk=job.pk, status__in=OPEN).first() is not None


def begin(*, job: ImportJob, status: ImportJob.Status, now: datetime) -> bool:
    """Have a job tried or run; answers whether it was in a state for that."""
    fields = {**EMPTY, "status": status, "began_at": now, "finished_at": None}
    return bool(ImportJob.objects.filter(pk=job.pk, status__in=OPEN).update(**fields))


def cancel(*, job: ImportJob, now: datetime) -> bool:
    """Stop after the rows that are done; a try goes back to the mapping."""
    mine = ImportJob.objects.filter(pk=job.pk)
    if mine.filter(status=ImportJob.Status.TRYING).update(status=ImportJob.Status.MAPPING, claim="", claimed_at=None):
        return True
    return bool(mine.filter(status=ImportJob.Status.RUNNING).update(status=ImportJob.Status.CANCELLED, claim="", finished_at=now))


def waiting(*, now: datetime) -> list[int]:
    """Jobs that wait for a worker, or whose worker is gone."""
    return list(_free(now).order_by("began_at", "pk").values_list("pk", flat=True))


def _free(now: datetime) -> Any:
    return ImportJob.objects.filter(status__in=WORKING).filter(Q(claim="") | Q(claimed_at=None) | Q(claimed_at__lt=now - STALE))


def run(job_pk: int) -> bool:
    """Take a job in hand and bring it to its end; answers whether it was free. May run twice, or in two workers, without harm."""
    claim, now = secrets.token_hex(16), timezone.now()
    if not _free(now).filter(pk=job_pk).update(claim=claim, claimed_at=now):
        return False
    job = ImportJob.objects.select_related("owner").get(pk=job_pk)
    with _as_owner(job):
        try:
            _try(job, claim) if job.status == ImportJob.Status.TRYING else _import(job, claim)
        except Lost:
            pass
        except (reading.Unreadable, OSError) as refusal:
            _stop(job_pk, claim, getattr(refusal, "sentence", _("The file is not there any more.")))
        except Exception:
            ImportJob.objects.filter(pk=job_pk, claim=claim).update(claimed_at=timezone.now())  # not again at once
            raise
    return True


def _stop(job_pk: int, claim: str, sentence: str) -> None:
    fields = {"status": ImportJob.Status.CANCELLED, "claim": "", "hints": {sentence: 1}, "finished_at": timezone.now()}
    ImportJob.objects.filter(pk=job_pk, claim=claim).update(**fields)


@contextmanager
def _as_owner(job: ImportJob) -> Iterator[None]:
    with translation.override(job.owner.language), timezone.override(job.owner.zone):
        yield


def sheet_of(job: ImportJob) -> reading.Sheet:
    """The rows of a job's file. Raises Unreadable."""
    with job.file.open("rb") as file:
        return reading.read(file.read(), reading.Format(job.encoding, job.delimiter, job.has_head, job.is_cards))


def _renew(job: ImportJob, claim: str, **changes: Any) -> None:
    """Say how far it has come. Raises Lost."""
    held = ImportJob.objects.filter(pk=job.pk, claim=claim, status=job.status)
    if not held.update(claimed_at=timezone.now(), **changes):
        raise Lost


def _planner(job: ImportJob, now: datetime) -> Planner:
    directory = Directory(job.owner)
    return Planner(job, directory=directory, drafter=Drafter(job, directory, now=now))


def _try(job: ImportJob, claim: str) -> None:
    """Decide about every row and write nothing."""
    planner, rows = _planner(job, timezone.now()), sheet_of(job).rows
    counts: Counter[str] = Counter()
    hints: Counter[str] = Counter()
    faults: list[dict[str, Any]] = []
    for start in range(0, len(rows), AT_ONCE):
        plan = planner.plan(rows[start : start + AT_ONCE])
        counts.update(_counted(plan))
        hints.update(plan.hints)
        faults += [_fault(step.draft.number, step.draft.cells, step.problem) for step in plan.steps if step.outcome == "faulty"]
        for step in plan.steps:
            if step.entry:
                step.entry.draft = None  # as if it were saved
        _renew(job, claim, offset=min(start + AT_ONCE, len(rows)))
    names = planner.directory
    report = {
        "faults": faults[:FAULTS],
        "tags": sorted(names.new_tags.values()),
        "choices": sorted(f"{field.label}: {name}" for field, name in names.new_choices.values()),
    }
    done = {"status": ImportJob.Status.TRIED, "report": report, "hints": dict(hints.most_common(HINTS)), "claim": "", "claimed_at": None}
    ImportJob.objects.filter(pk=job.pk, claim=claim, status=job.status).update(**counts, **done)


def _fault(number: int, cells: Sequence[str], problem: str) -> dict[str, Any]:
    return {"number": number, "cells": [cell[:80] for cell in cells[:4]], "problem": problem}


def _counted(plan: Plan) -> Counter[str]:
    counts = Counter({f"{name}_count": plan.count(name) for name in COUNTS})
    counts["organisation_count"], counts["person_count"] = len(plan.organisations), len(plan.people)
    return counts


def _import(job: ImportJob, claim: str) -> None:
    rows = sheet_of(job).rows
    planner = _planner(job, timezone.now())
    while job.offset < len(rows):
        chunk = rows[job.offset : job.offset + AT_ONCE]
        try:
            _keep(job, claim, planner, chunk)
        except Lost:
            raise
        except Exception as error:
            logger.warning("Rows of an import could not be kept together (%s): they are kept one by one.", type(error).__name__)
            planner = _one_by_one(job, claim, chunk)
    _finish(job, claim)


def _keep(job: ImportJob, claim: str, planner: Planner, rows: Sequence[Row]) -> None:
    """Write the next rows, and that they are written."""
    plan = planner.plan(rows)  # before the transaction: others can write meanwhile
    with transaction.atomic():
        said = Keeper(job, planner.directory, planner.known, now=timezone.now()).keep(plan)
        hints = Counter(job.hints)
        hints.update({hint: count for hint, count in plan.hints.items() if hint in hints or len(hints) < HINTS})
        counts = _counted(plan) + Counter(consent_count=said)
        added = {name: F(name) + count for name, count in counts.items()}
        _renew(job, claim, offset=job.offset + len(rows), hints=dict(hints), **added)
    job.offset, job.hints = job.offset + len(rows), dict(hints)


def _one_by_one(job: ImportJob, claim: str, rows: Sequence[Row]) -> Planner:
    """What the database refuses of some rows spoils no others; answers with what is known afterwards."""
    planner = _planner(job, timezone.now())
    for row in rows:
        try:
            _keep(job, claim, planner, [row])
        except Lost:
            raise
        except Exception as error:
            logger.warning("A row of an import could not be kept (%s).", type(error).__name__)
            _give_up(job, claim, row)
            planner = _planner(job, timezone.now())  # what was taken for saved is not
    return planner


@transaction.atomic
def _give_up(job: ImportJob, claim: str, row: Row) -> None:
    sentence = _("This row could not be kept. Shorten its values, and import it again.")
    ImportedRow.objects.create(job=job, number=row.number, outcome=ImportedRow.Outcome.FAULTY, problem=sentence)
    _renew(job, claim, offset=job.offset + 1, faulty_count=F("faulty_count") + 1)
    job.offset += 1


@transaction.atomic
def _finish(job: ImportJob, claim: str) -> None:
    now = timezone.now()
    _renew(job, claim, status=ImportJob.Status.DONE, finished_at=now)
    job.refresh_from_db()
    ImportJob.objects.filter(pk=job.pk).update(claim="", claimed_at=None)
    tell(job, now=now)


def tell(job: ImportJob, *, now: datetime) -> None:
    """Let the owner know how it went, and the audit log that it was done."""
    counts = {name: getattr(job, f"{name}_count") for name in COUNTS}
    audit.note("records_imported", actor=job.owner, about=job.name, **counts)
    done = ngettext("%(count)d row of “%(name)s” is imported", "%(count)d rows of “%(name)s” are imported", job.row_count)
    details = [_("created: %(count)d") % {"count": job.created_count}, _("updated: %(count)d") % {"count": job.updated_count}]
    details += [_("not imported: %(count)d") % {"count": job.faulty_count}] if job.faulty_count else []
    feed.notify(
        user=job.owner,
        kind="import",
        title=done % {"count": job.row_count, "name": job.name},
        detail=" · ".join(details),
        group_key=f"import:{job.pk}",
        url=f"/import/{job.pk}/",
        now=now,
    )
