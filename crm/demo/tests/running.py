"""A demo as a newcomer starts it, in a process of its own."""

import contextlib
import os
import queue
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from crm.records.index import folding
from scripts.demo_process import free_port as free_port
from tests import shared

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PATIENCE = 90.0  # seconds, for a machine that does much else
OURS = ("PORT", "DATA_DIR", "SITE_URL", "TRACKING_URL", "CANDOR_DEMO", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "TRACKING_KEYS")


class Demo:
    """`manage.py demo`, with what it prints."""

    def __init__(self, data: Path, port: int, *options: str, **environment: str) -> None:
        self.data, self.port = data, port
        clean = {name: value for name, value in os.environ.items() if name not in (*OURS, "CREDENTIAL_KEYS", "DJANGO_SETTINGS_MODULE")}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *options],
            cwd=ROOT,
            env={**clean, "PORT": str(port), "DATA_DIR": str(data), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def output(self) -> str:
        """All that it has printed so far."""
        while not self._queue.empty():
            self.lines.append(self._queue.get())
        return "".join(self.lines)

    def wait_for(self, words: str) -> None:
        """Until it prints these words."""
        eventually(lambda: words in self.output or self.process.poll() is not None)
        assert words in self.output, self.output

    def children(self) -> dict[str, int]:
        """The processes by what they do."""
        found = {}
        for path in Path("/proc").iterdir():
            if path.name.isdigit() and _parent(path) == self.process.pid:
                name = next((word for word in _command(path) if word.startswith("crm.demo.")), "")
                found[name.rpartition(".")[2]] = int(path.name)
        return found

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it; answers its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            for line in output:
                self._queue.put(line)


@contextlib.contextmanager
def running(data: Path, *options: str, **environment: str) -> Iterator[Demo]:
    """A demo that has said that it is ready, and is stopped afterwards."""
    demo = Demo(data, free_port(), *options, **environment)
    try:
        demo.wait_for("Candor is ready")
        demo.wait_for("Stop:")
        yield demo
    finally:
        demo.end(signal.SIGTERM)


def started_before(folder: Path) -> Path:
    """Fill the folder with the data of a demo that ran once."""
    shutil.copytree(shared.made_once("demo", _start_once), folder, dirs_exist_ok=True)
    return folder


def _start_once(folder: Path) -> None:
    shared.put_migrated_database(folder)  # `test_restart` begins with nothing
    with running(folder):
        pass


@contextlib.contextmanager
def database_of(data: Path) -> Iterator[sqlite3.Connection]:
    """The database of a demo that does not run; what was changed is kept."""
    with contextlib.closing(sqlite3.connect(data / "candor.sqlite3")) as database, database:
        folding.register(database)  # the triggers of the search index ask for them
        yield database


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it holds. Raises AssertionError after `PATIENCE`."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.1)


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _parent(path: Path) -> int:
    try:
        return int(path.joinpath("stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(path: Path) -> list[str]:
    try:
        return path.joinpath("cmdline").read_text().split("\0")
    except OSError:
        return []
