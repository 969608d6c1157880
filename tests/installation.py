"""A Candor of its own for tests that start and kill processes: own data, own database of the kind under test."""

import json
import os
import subprocess
import sys
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.shared import own_database, put_migrated_database

ROOT = Path(__file__).resolve().parent.parent
PRELUDE = "import django, json, os, sys; django.setup()\n"


class Installation:
    """Use as a context manager: migrated and empty, gone afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ends = ExitStack()
        self.environment = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "crm.settings",
            "PYTHONPATH": str(ROOT),
            "LOG_LEVEL": "ERROR",
            "UNDO_SECONDS": "0",
            "ALLOW_PRIVATE_MAIL_HOSTS": "127.0.0.0/8",
        }

    def __enter__(self) -> "Installation":
        if server := os.environ.get("DATABASE_URL"):
            name = f"candor_test_{uuid.uuid4().hex[:12]}"
            self.environment["DATABASE_URL"] = self._ends.enter_context(own_database(server, name))
        else:
            put_migrated_database(self.folder)
        return self

    def __exit__(self, *details: object) -> None:
        self._ends.close()

    def run(self, code: str, **environment: str) -> Any:
        """Run Python in a process of its own; answers what it prints, read as JSON, or None."""
        process = self.start(code, **environment)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
        return json.loads(output) if output.strip() else None

    def start(self, code: str, **environment: str) -> subprocess.Popen[bytes]:
        """Begin to run Python in a process of its own."""
        command = [sys.executable, "-W", "ignore", "-c", PRELUDE + code]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
