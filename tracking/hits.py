"""Hits, and where they wait until they are recorded."""

import json
import logging
import os
import re
import time
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError

from tracking.spool import Spool, files, lost_on_disk

logger = logging.getLogger(__name__)
VERSION = 1
OPEN, CLICK = "open", "click"
KINDS = frozenset({OPEN, CLICK})
MAX_METHOD, MAX_USER_AGENT, MAX_HEADER = 10, 500, 100  # characters
ENDS = {3: 2**63, 4: 2**15, 5: 2.0**33}  # of a record's public id, link number and time (a clock beyond is broken)
HEX = re.compile(r"[0-9a-f]*")
TYPES: list[set[type]] = [{int}, {str}, {str}, {int}, {int}, {float}, {str}, {str}, {str}, {dict}, {int, type(None)}]  # of a record
COMPLAINT_SECONDS = 60
parse = json.JSONDecoder(parse_constant=int).decode  # int("NaN") is refused: such a value is nothing that we wrote
encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Hit(NamedTuple):
    """One request for a pixel or a link, with the facts that a verdict needs."""

    hit_id: str  # 32 hex digits
    kind: str
    public_id: int  # of the copy
    number: int  # of the link; 0 for an opening
    at: float  # seconds since 1970
    method: str
    user_agent: str
    address: str
    headers: dict[str, str]
    viewer_id: int | None


class _Process:
    """This process's spool, and when it last complained."""

    spool: Spool | None = None
    complained_at = -float(COMPLAINT_SECONDS)


def keep(hit: Hit) -> None:
    """Put a hit on disk; never raises. What the disk refuses is counted as lost."""
    spool = _spool()
    try:
        spool.append(encode((VERSION, *hit)).encode())
    except Exception as error:
        spool.count_lost()
        _complain(error)


def tidy() -> None:
    """Close this process's file if it is due; never raises."""
    spool = _Process.spool
    if spool:
        spool.rotate_if_due()
        if spool.lost_in_memory:
            spool.count_lost(0)


def new_id() -> str:
    """A fresh hit id."""
    return os.urandom(16).hex()


def decode(chunk: bytes) -> tuple[list[Hit], int]:
    """The hits in some lines of the spool, safe to store on any database, and how many lines were none."""
    chunk = chunk.strip(b"\n")
    count = chunk.count(b"\n\n") + 1  # what an undisturbed spool looks like
    hits = _decoded_at_once(chunk.replace(b"\n\n", b","), count)
    if hits is None:  # a torn or foreign line is among them
        lines = [line for line in chunk.split(b"\n") if line]
        hits, count = [hit for line in lines for hit in _decoded_at_once(line, 1) or ()], len(lines)
    return hits, count - len(hits)


def waiting_bytes() -> int:
    """How much of the spool is not recorded yet; all of it while the database cannot be asked."""
    try:
        # looked up late: the edge is imported before Django's models are
        offsets = dict(apps.get_model("tracking", "SpoolFile").objects.values_list("name", "offset"))
    except DatabaseError:
        offsets = {}
    return sum(max(_size(path) - offsets.get(path.name, 0), 0) for path in files(settings.SPOOL_DIR))


def lost_count() -> int:
    """Hits that were answered and could not be recorded, ever, on this host."""
    return lost_on_disk(settings.SPOOL_DIR) + (_Process.spool.lost_in_memory if _Process.spool else 0)


def release() -> None:
    """Close this process's file, so that it can be drained whole and deleted; the next hit opens another."""
    if _Process.spool:
        _Process.spool.close()


def _spool() -> Spool:
    if _Process.spool is None or _Process.spool.folder is not settings.SPOOL_DIR:
        release()
        _Process.spool = Spool(settings.SPOOL_DIR)
    return _Process.spool


def _forget_after_fork() -> None:
    if _Process.spool:
        _Process.spool.forget()


os.register_at_fork(after_in_child=_forget_after_fork)


def _complain(error: Exception) -> None:
    """One log line a minute."""
    if time.monotonic() - _Process.complained_at >= COMPLAINT_SECONDS:
        _Process.complained_at = time.monotonic()
        logger.error("Hits are answered but cannot be recorded: %s", error)


def _decoded_at_once(text: bytes, count: int) -> list[Hit] | None:
    """So many records, parted by commas: one call of the parser is several times quicker. None unless each of them is a hit."""
    try:
        columns = list(zip(*parse(f"[{text.decode('ascii')}]"), strict=True))
        if not _are_records(columns, count):
            return None
        hits = list(map(Hit._make, zip(*columns[1:], strict=True)))
        return list(map(_cleaned, hits)) if b"\\u0000" in text or b"\\ud" in text else hits
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _are_records(columns: list[tuple[Any, ...]], count: int) -> bool:
    """Whether the values have the types and lie in the ranges that a hit's have, column by column."""
    if len(columns) != len(TYPES) or not all(set(map(type, column)) <= types for column, types in zip(columns, TYPES, strict=True)):
        return False
    versions, hit_ids, kinds = columns[:3]
    return (
        len(versions) == count
        and set(versions) == {VERSION}
        and set(kinds) <= KINDS
        and set(map(len, hit_ids)) == {32}
        and HEX.fullmatch("".join(hit_ids)) is not None
        and all(min(columns[index]) >= 0 and max(columns[index]) < end for index, end in ENDS.items())
        and all(type(value) is str for headers in columns[9] if headers for value in headers.values())
        and all(0 <= viewer < 2**63 for viewer in columns[10] if viewer is not None)
    )


def _cleaned(hit: Hit) -> Hit:
    """Without NUL and halves of characters, which databases refuse."""
    headers = {_text(name): _text(value) for name, value in hit.headers.items()}
    return hit._replace(method=_text(hit.method), user_agent=_text(hit.user_agent), address=_text(hit.address), headers=headers)


def _text(value: str) -> str:
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # deleted meanwhile
        return 0
