"""Hits, and where they wait until they are recorded."""

import json
import logging
import os
import time
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError

from tracking.spool import Spool, files, lost_on_disk

logger = logging.getLogger(__name__)
VERSION = 1
OPEN, CLICK = "open", "click"
MAX_USER_AGENT, MAX_HEADER = 500, 100  # characters
COMPLAINT_SECONDS = 60
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


def decode(line: bytes) -> Hit:
    """A hit as it was spooled, safe to store on any database. Raises ValueError for anything else."""
    try:
        version, *values = json.loads(line)
        hit = Hit(*values)
        return _checked(hit) if version == VERSION else _refuse()
    except (TypeError, AttributeError, KeyError, OverflowError, RecursionError) as error:
        raise ValueError("This is no hit.") from error


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


def _checked(hit: Hit) -> Hit:
    if {type(hit.public_id), type(hit.number), type(hit.viewer_id or 0)} != {int}:
        _refuse()
    if int(hit.hit_id, 16) >> 128 or len(hit.hit_id) != 32 or hit.kind not in (OPEN, CLICK):
        _refuse()
    if not (0 <= hit.public_id < 2**63 and 0 <= hit.number < 2**15 and 0 <= hit.at < 2**33):
        _refuse()
    if hit.viewer_id is not None and not 0 <= hit.viewer_id < 2**63:
        _refuse()
    return hit._replace(
        method=_text(hit.method, 10),
        user_agent=_text(hit.user_agent, MAX_USER_AGENT),
        address=_address(hit.address),
        headers={_text(name, MAX_HEADER): _text(value, MAX_HEADER) for name, value in hit.headers.items()},
    )


def _refuse() -> Any:
    raise ValueError("This is no hit.")


def _text(value: str, length: int) -> str:
    """Text that any database takes: no NUL, no half of a character."""
    return value[:length].replace("\0", "").encode("utf-8", "replace").decode()


def _address(value: str) -> str:
    try:
        return str(ip_address(value.partition("%")[0]))
    except ValueError:
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # deleted meanwhile
        return 0
