"""Mails in files: .eml, mbox, and folders of both, one mail at a time however large the file is."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from mail import parsing
from mail.parsing import Letter, Unreadable

BUFFER = 64 * 1024  # bytes of a line that are read at once
FROM_LINE = re.compile(rb"From \S.*\d\d:\d\d")  # of an mbox (RFC 4155): sender and time
ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """A mail in a file, or why there is none: either `raw` or `reason` is empty."""

    place: str  # the file's name, and the mail's number in an mbox
    raw: bytes = field(default=b"", repr=False)
    reason: str = ""


def mails_in(path: Path) -> Iterator[Found]:
    """All mails of a file or a folder, hidden files left out; links to folders are not followed."""
    for file in _files_in(path):
        try:
            with file.open("rb") as opened:
                yield from _mails_of(opened, str(file))
        except OSError as error:
            yield Found(str(file), reason=error.strerror or type(error).__name__)


def read(found: Found) -> Letter:
    """The mail, if it is one. Raises Unreadable."""
    if found.reason:
        raise Unreadable(found.reason)
    letter = parsing.read(found.raw)
    if not parsing.has_headers(found.raw):
        raise Unreadable(_("It has no headers of a mail."))
    return letter


def _files_in(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith(".") and Path(folder, name).is_file())


def _mails_of(opened: BinaryIO, name: str) -> Iterator[Found]:
    if opened.peek(5).startswith(b"From ") if hasattr(opened, "peek") else False:
        yield from _mbox(opened, name)
    else:
        yield _checked(name, opened.read(settings.MAX_RECEIVED_BYTES + 1))


def _mbox(opened: BinaryIO, name: str) -> Iterator[Found]:
    """Its mails, of which only one is in memory; of one that is too large only as much as shows that it is."""
    lines: list[bytes] = []
    number, size, is_after_blank, is_line_start = 1, 0, False, True
    while line := opened.readline(BUFFER):
        if is_line_start and is_after_blank and FROM_LINE.match(line):
            yield _checked(f"{name} ({number})", ESCAPED.sub(rb"\1", b"".join(lines)))
            lines, number, size = [], number + 1, 0
        is_after_blank = is_line_start and not line.strip()
        is_line_start = line.endswith(b"\n")
        if size <= settings.MAX_RECEIVED_BYTES:
            lines.append(line)
            size += len(line)
    yield _checked(f"{name} ({number})", ESCAPED.sub(rb"\1", b"".join(lines)))


def _checked(place: str, raw: bytes) -> Found:
    if len(raw) > settings.MAX_RECEIVED_BYTES:
        limit = settings.MAX_RECEIVED_BYTES // (1024 * 1024)
        return Found(place, reason=_("It is larger than %(limit)d MB.") % {"limit": limit})
    return Found(place, raw)
