"""The worker's sign of life, a file under DATA_DIR that web and worker of one host share."""

import time
from pathlib import Path

from django.conf import settings

SILENCE = 90  # seconds without a beat (one every 15 s) before the worker counts as down


def beat() -> None:
    """Leave a sign of life."""
    _file().touch()


def age() -> float | None:
    """Seconds since the last sign of life, None when there never was one."""
    try:
        return time.time() - _file().stat().st_mtime
    except OSError:
        return None


def is_alive() -> bool:
    """Whether the worker was heard of lately."""
    seconds = age()
    return seconds is not None and seconds < SILENCE


def _file() -> Path:
    return Path(settings.DATA_DIR, "worker-heartbeat")
