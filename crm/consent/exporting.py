"""The ledger as a table for spreadsheets."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from django.http import StreamingHttpResponse

from crm.consent.models import Consent
from crm.lib.tables import MARK, line

HEAD: Final = ("email", "state", "date", "note", "source", "entered", "by", "wording", "wording version", "evidence")


def as_download(entries: Iterable[Consent], name: str) -> StreamingHttpResponse:
    """A CSV file of these entries, written as it is read."""
    response = StreamingHttpResponse(lines(entries), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def lines(entries: Iterable[Consent]) -> Iterator[str]:
    """Head and entries, a line each; the mark in front tells spreadsheets that it is UTF-8."""
    yield MARK + line(HEAD)
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
