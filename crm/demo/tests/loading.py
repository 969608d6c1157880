"""The demo's data in the test database."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.db import transaction
from django.test import override_settings

from crm.demo.data import everything

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # a Monday


@contextlib.contextmanager
def loaded_at(now: datetime, folder: Path) -> Iterator[Path]:
    """The demo's data as loaded at that moment; taken back afterwards."""
    ours = {
        "DATA_DIR": folder,
        "MEDIA_ROOT": folder / "files",
        "SITE_URL": "http://localhost:8000",
        "TRACKING_URL": "http://127.0.0.1:8000",
        "PORT": 8000,
        "DEMO_SMTP_PORT": 8025,
        "DEMO_IMAP_PORT": 8043,
    }
    with override_settings(**ours), transaction.atomic():
        everything.load(now=now)
        yield folder / "demo-mail"
        transaction.set_rollback(True)
