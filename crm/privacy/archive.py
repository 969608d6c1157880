"""The ZIP that a person gets: data.json for programs, data.html for readers. Row by row, however much there is."""

import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.privacy import exporting

IN_MEMORY = 2 * 1024 * 1024  # bytes; more goes to a file that vanishes when it is closed
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "dl{border-top:1px solid;padding-top:.5rem}dt{font-weight:600}dd{margin:0 0 .5rem;white-space:pre-wrap;overflow-wrap:anywhere}"
)


def make(email: str, *, now: datetime) -> IO[bytes]:
    """The archive, from its beginning; whoever asked closes it."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - handed on
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in (("data.json", _json(email, now)), ("data.html", _html(email, now))):
            with archive.open(name, "w", force_zip64=True) as part, io.TextIOWrapper(part, encoding="utf-8", newline="\n") as text:
                text.writelines(pieces)
    file.seek(0)
    return file


def _json(email: str, now: datetime) -> Iterator[str]:
    before = "{\n"
    for key, _heading, rows in exporting.sections(email, now=now):
        yield f"{before}{json.dumps(key)}: ["
        before = ",\n"
        yield from _rows(rows)
        yield "]"
    yield "\n}\n"


def _rows(rows: Iterable[exporting.Row]) -> Iterator[str]:
    before = "\n"
    for row in rows:
        yield before + json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
        before = ",\n"


def _html(email: str, now: datetime) -> Iterator[str]:
    title = escape(_("What is stored about %(email)s") % {"email": email})
    yield f'<!doctype html>\n<html lang="{escape(get_language() or "en")}">\n<head><meta charset="utf-8"><title>{title}</title>'
    yield f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n'
    for _key, heading, rows in exporting.sections(email, now=now):
        yield f"<h2>{escape(heading)}</h2>\n"
        is_empty = True
        for row in rows:
            is_empty = False
            yield _value(row) + "\n"
        if is_empty:
            nothing = escape(_("Nothing."))
            yield f"<p>{nothing}</p>\n"
    yield "</body></html>\n"


def _value(value: Any) -> str:
    """A value as HTML: a list of terms, a list, or words."""
    if isinstance(value, dict):
        return (
            "<dl>"
            + "".join(f"<dt>{escape(_label(name))}</dt><dd>{_value(one)}</dd>" for name, one in value.items() if one not in ("", None, []))
            + "</dl>"
        )
    if isinstance(value, list):
        return "<ul>" + "".join(f"<li>{_value(one)}</li>" for one in value) + "</ul>"
    return escape(f"{date_format(value.astimezone(UTC), 'j E Y, H:i')} UTC" if isinstance(value, datetime) else str(value))


def _label(name: str) -> str:
    """A field of data.json as words."""
    return name.replace("_", " ").capitalize()
