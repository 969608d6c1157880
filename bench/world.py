"""A throw-away installation to measure: its own data folder and database, a user, tracked mails."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = int(os.environ.get("BENCH_PORT", "8110"))


class World:
    """A fresh installation under a folder; `database` is a postgres:// address, or empty for SQLite."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.env = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "TRUSTED_PROXIES", "DEBUG")} | {
            "DATA_DIR": str(folder),
            "DATABASE_URL": database,
            "PORT": str(PORT),
            "SITE_URL": f"http://localhost:{PORT}",
            "TRACKING_URL": f"http://127.0.0.1:{PORT}",
            "DJANGO_SETTINGS_MODULE": "crm.settings",
            "TRACKING_KEYS": secrets.token_urlsafe(32),
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT),
        }
        self.run([sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"])

    def run(self, command: list[str]) -> str:
        """Run a command in this installation; returns what it printed. Raises CalledProcessError."""
        return subprocess.run(command, cwd=ROOT, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout

    def ask(self, task: str, **given: object) -> dict[str, object]:
        """Run a function of `bench.inside` in this installation and return its answer."""
        answer: dict[str, object] = json.loads(self.run([sys.executable, "-m", "bench.inside", task, json.dumps(given)]).splitlines()[-1])
        return answer


def new_folder(base: Path, name: str) -> Path:
    """A path that does not exist yet."""
    return base / f"{name}-{secrets.token_hex(4)}"
