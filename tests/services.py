"""Which real services a test needs: absent ones skip it by name, and fail it where everything ought to be installed."""

import os
import shutil
from pathlib import Path

import pytest

PLACES = {
    "postfix": ("/usr/lib/postfix/sbin/master", "/usr/sbin/postfix"),
    "dovecot": ("/usr/sbin/dovecot", "/usr/lib/dovecot/lmtp"),
    "chromium": ("/usr/bin/chromium",),
}
ROOT_ONLY = {"postfix", "dovecot"}  # they start as root and give it up by themselves


def require(*names: str) -> None:
    """Skip the test unless these services are there; with CI set, fail it instead."""
    missing = [why for name in names if (why := _why_missing(name))]
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI is set and {'; '.join(missing)}")
    if missing:
        pytest.skip("; ".join(missing))


def _why_missing(name: str) -> str:
    absent = [place for place in PLACES.get(name, (name,)) if not (Path(place).exists() or shutil.which(place))]
    if absent:
        return f"{name} is not installed"
    return f"{name} needs root to start" if name in ROOT_ONLY and os.geteuid() != 0 else ""
