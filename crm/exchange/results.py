"""What came out of an import: the records, and the rows to correct."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.exchange import running
from crm.exchange.models import ImportedRow, ImportJob
from crm.lib import tables
from crm.records.models import RECORDS

SHOWN = (ImportedRow.Outcome.CREATED, ImportedRow.Outcome.UPDATED, ImportedRow.Outcome.MERGED)


def records(job: ImportJob, user: User, outcome: str) -> QuerySet[Any]:
    """The records that rows of this outcome made or changed, as far as the user sees them."""
    pks = job.rows.filter(outcome=outcome).values("record_id")
    return RECORDS[job.kind].objects.visible_to(user).filter(pk__in=pks).order_by("pk")


def problems(job: ImportJob) -> Iterator[str]:
    """The rows that were not imported as lines of a file: the original columns and what is wrong. Nothing in it is a formula."""
    faults = dict(job.rows.filter(outcome=ImportedRow.Outcome.FAULTY).values_list("number", "problem"))
    yield tables.MARK + tables.line([*job.headings, _("problem")])
    for row in running.sheet_of(job).rows:
        if row.number in faults:
            yield tables.line([*row.cells, faults[row.number]])
