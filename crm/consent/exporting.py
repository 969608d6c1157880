"""The ledger as a table for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from django.http import StreamingHttpResponse

from crm.consent.models import Consent

HEAD: Final = ("email", "state", "date", "note", "source", "entered", "by", "wording", "wording version", "evidence")
CALCULATES: Final = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet takes such a cell for a formula


def as_download(entries: Iterable[Consent], name: str) -> StreamingHttpResponse:
    """A CSV file of these entries, written as it is read."""
    response = StreamingHttpResponse(lines(entries), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def lines(entries: Iterable[Consent]) -> Iterator[str]:
    """Head and entries, a line each; the mark in front tells spreadsheets that it is UTF-8."""
    yield "\ufeff" + line(HEAD)
    for entry in entries:
        yield line(
            (
                entry.email,
                entry.state,
                entry.at.isoformat(),
                entry.note,
                entry.source,
                entry.recorded_at.isoformat(),
                entry.actor_name,
                entry.wording,
                entry.wording_version,
                Path(entry.evidence.name or "").name if entry.evidence else "",
            )
        )


def line(cells: Iterable[str]) -> str:
    """One line, in which nothing is a formula."""
    written = io.StringIO()
    csv.writer(written).writerow([safe(cell) for cell in cells])
    return written.getvalue()


def safe(cell: str) -> str:
    """The cell as words, whatever it begins with."""
    return f"'{cell}" if cell.startswith(CALCULATES) else cell
