"""Keeping what somebody chose for an import."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Lower

from crm.exchange import running, targets
from crm.exchange.models import ImportJob
from crm.records.models import CustomField

WAYS: Final = ("fills_only", "leaves_bad", "day_first", "decimal_comma")
CHOSEN: Final = ("mode", "key", *WAYS)
NEW: Final = "new:"


@transaction.atomic
def choose(*, job: ImportJob, mapping: Sequence[str], chosen: Mapping[str, Any], now: datetime) -> bool:
    """Keep the mapping and have it tried; answers whether the job was still to be set up."""
    if not running.is_open(job):
        return False
    job.mapping = [
        _as_field(job, job.headings[place], target.removeprefix(NEW)) if target.startswith(NEW) else target
        for place, target in enumerate(mapping)
    ]
    for name in CHOSEN:
        setattr(job, name, bool(chosen[name]) if name in WAYS else chosen[name])
    if job.mode == ImportJob.Mode.CREATE:
        job.key = ""
    job.save(update_fields=["mapping", *CHOSEN])
    return running.begin(job=job, status=ImportJob.Status.TRYING, now=now)


def _as_field(job: ImportJob, heading: str, kind: str) -> str:
    """A field of the company's own by the column's name; one that is there already is taken."""
    name = " ".join(heading.rpartition(" - ")[2].split())[:60] or heading[:60]
    there = CustomField.objects.annotate(low=Lower("name")).filter(of=job.kind)
    found = next((field for field in there if field.name.casefold() == name.casefold() and field.archived_at is None), None)
    free = name if not there.filter(low=name.lower()).exists() else f"{name[:56]} ({kind[:1]})"
    field = found or CustomField.objects.create(of=job.kind, name=free, kind=kind, position=1000)
    return f"custom-{field.pk}" if f"custom-{field.pk}" in targets.fields(job.kind) else ""
