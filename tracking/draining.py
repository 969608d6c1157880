"""Empties the spool: each batch of hits and the offset behind it are committed together, so each hit is recorded once."""

import contextlib
import gc
import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import DataError, transaction

from tracking import hits, recording, spool
from tracking.hits import Hit
from tracking.models import SpoolFile

logger = logging.getLogger(__name__)
BATCH_BYTES = 4 * 1024 * 1024  # some 18,000 hits: the fewer batches, the fewer rewritten cards; recorded within half a second
FORGOTTEN = timedelta(days=1)  # after which the offset of a file that is gone is dropped
DRAFT_SECONDS = 3600.0


class TakenElsewhere(Exception):
    """Another process has recorded this stretch of the file already."""


def drain(*, now: datetime) -> int:
    """Record all that waits in the spool; returns how many events that made. Runs once at a time on a host."""
    with spool.turn(settings.SPOOL_DIR) as is_ours:
        if not is_ours:
            return 0
        paths = spool.files(settings.SPOOL_DIR)
        recorded = sum(_drain_file(path, now) for path in paths)
        _forget_files({path.name for path in paths}, now)
    return recorded


def _drain_file(path: Path, now: datetime) -> int:
    try:
        with path.open("rb") as file:
            is_finished = spool.is_abandoned(file.fileno())  # asked before reading: nothing is written after our last look
            recorded = _drain_open(file, path.name, now, is_finished)
            if is_finished:
                path.unlink()
                SpoolFile.objects.filter(name=path.name).delete()
            return recorded
    except TakenElsewhere:
        logger.warning("A spool file is being recorded by another process as well; left to it.")
    except OSError as error:
        logger.error("A spool file cannot be read: %s", error)
    return 0


def _drain_open(file: BinaryIO, name: str, now: datetime, is_finished: bool) -> int:
    offset = SpoolFile.objects.filter(name=name).values_list("offset", flat=True).first() or 0
    recorded = 0
    while True:
        file.seek(offset)
        chunk = _whole_lines(file.read(BATCH_BYTES), is_finished)
        if not chunk:
            return recorded
        with _without_collecting():
            recorded += _record(_decoded(chunk), name, offset, offset + len(chunk), now)
        offset += len(chunk)


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """A batch makes many thousand small objects and no cycles: collecting meanwhile walks the whole program for nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _whole_lines(chunk: bytes, is_finished: bool) -> bytes:
    """The part of a chunk that can be taken: up to its last line break, or all when no more of it will come."""
    end = chunk.rfind(b"\n") + 1
    is_hopeless = len(chunk) == BATCH_BYTES or is_finished  # one endless line, or a torn last one
    return chunk[:end] if end or not is_hopeless else chunk


def _decoded(chunk: bytes) -> list[Hit]:
    """The hits of some lines, each once; torn and foreign lines are skipped."""
    found, skipped = hits.decode(chunk)
    if skipped:
        logger.warning("%d unreadable lines of the spool were skipped.", skipped)
    return list({hit.hit_id: hit for hit in found}.values())


def _record(batch: list[Hit], name: str, start: int, end: int, now: datetime) -> int:
    """Commit the hits and the offset together. A batch that the database refuses is tried hit by hit."""
    try:
        return _commit(batch, name, start, end, now)
    except recording.SomeAreKnown:
        return _commit(recording.without_known(batch), name, start, end, now)
    except DataError:
        with transaction.atomic():
            _claim(name, start, end, now)
            return sum(_record_alone(hit, now) for hit in recording.without_known(batch))


@transaction.atomic
def _commit(batch: list[Hit], name: str, start: int, end: int, now: datetime) -> int:
    _claim(name, start, end, now)
    return recording.record(batch, now=now)


def _record_alone(hit: Hit, now: datetime) -> int:
    try:
        with transaction.atomic():
            return recording.record([hit], now=now)
    except DataError as error:  # whose words would tell who opened what
        logger.error("A hit was dropped: the database does not take it (%s).", type(error.__cause__ or error).__name__)
        return 0


def _claim(name: str, start: int, end: int, now: datetime) -> None:
    SpoolFile.objects.get_or_create(name=name, defaults={"updated_at": now})
    if not SpoolFile.objects.filter(name=name, offset=start).update(offset=end, updated_at=now):
        raise TakenElsewhere


def _forget_files(present: set[str], now: datetime) -> None:
    """Drop offsets of files that are gone, and drafts that a killed process left."""
    SpoolFile.objects.filter(updated_at__lt=now - FORGOTTEN).exclude(name__in=present).delete()
    for draft in settings.SPOOL_DIR.glob(f".*{spool.ENDING}"):
        if time.time() - draft.stat().st_mtime > DRAFT_SECONDS:
            draft.unlink(missing_ok=True)
