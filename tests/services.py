"""Which real services a test needs: absent ones skip it by name, and fail it where everything ought to be installed."""

import os
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scripts import chromium

PLACES = {
    "postfix": ("/usr/lib/postfix/sbin/master", "/usr/sbin/postfix"),
    "dovecot": ("/usr/sbin/dovecot", "/usr/lib/dovecot/lmtp"),
    "chromium": (chromium.PATH,),
    "spamassassin": ("/usr/bin/spamassassin",),
    "rspamd": ("/usr/bin/rspamd",),
}
REDIS = "redis://127.0.0.1:6379/6"
ROOT_ONLY = {"postfix", "dovecot"}  # they start as root and give it up by themselves


def require(*names: str) -> None:
    """Skip the test unless these services are there; with CI set, fail it instead."""
    missing = [why for name in names if (why := _why_missing(name))]
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI is set and {'; '.join(missing)}")
    if missing:
        pytest.skip("; ".join(missing))


def _why_missing(name: str) -> str:
    if name == "playwright":
        return "" if find_spec("playwright") else "playwright is not installed (requirements-dev.txt)"
    if name == "redis":
        return "" if _answers(os.environ.get("TEST_REDIS_URL", REDIS)) else "no redis answers (set TEST_REDIS_URL)"
    absent = [place for place in PLACES.get(name, (name,)) if not (Path(place).exists() or shutil.which(place))]
    if absent:
        return f"{name} is not installed"
    return f"{name} needs root to start" if name in ROOT_ONLY and os.geteuid() != 0 else ""


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=1).close()
    except OSError:
        return False
    return True
