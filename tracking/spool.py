"""Where hits wait on disk: appended by any process without a lock between processes, read by the drainer.

Each process writes a file of its own, under a random name and mode 0600, and holds a lock on it. A record goes out
as one write, begins on a new line and ends with one, so that a torn record spoils nothing but itself.
"""

import contextlib
import fcntl
import os
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

ENDING = ".hits"
ROTATE_BYTES = 4 * 1024 * 1024
ROTATE_SECONDS = 300.0  # a file that was drained must be deletable within the hour
LOST = "lost"  # 8 bytes, allocated in time so that counting works on a full disk


class Spool:
    """The spool file of this process; safe in threads. Fork it away by `forget`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._file = -1
        self._size = 0
        self._opened_at = 0.0
        self._lost = 0

    def append(self, record: bytes) -> None:
        """Put one record (without line breaks) on disk. Raises OSError when that fails; call `count_lost` then."""
        line = b"\n" + record + b"\n"
        with self._lock:
            self._rotate_if_due()
            if self._file < 0:
                self._open()
            written = os.write(self._file, line)
            self._size += written
        if written < len(line):
            raise OSError("The disk took only a part of a record.")

    def rotate_if_due(self) -> None:
        """Close a file that is large or old: the drainer may then delete it."""
        with self._lock:
            self._rotate_if_due()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def count_lost(self, hits: int = 1) -> None:
        """Count what could not be recorded: on disk if possible, else in memory until it is."""
        with self._lock:
            self._lost += hits
            with contextlib.suppress(OSError):
                _add(self.folder / LOST, self._lost)
                self._lost = 0

    @property
    def lost_in_memory(self) -> int:
        """Lost hits of this process that the disk does not know of yet."""
        return self._lost

    def forget(self) -> None:
        """After a fork: drop the parent's file (its lock would otherwise outlive the parent) and start afresh."""
        self._lock = threading.Lock()
        self._lost = 0
        self._close()

    def _rotate_if_due(self) -> None:
        if self._file >= 0 and (self._size >= ROTATE_BYTES or time.monotonic() - self._opened_at >= ROTATE_SECONDS):
            self._close()

    def _open(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _allocate(self.folder / LOST)
        name = secrets.token_hex(16) + ENDING
        draft = self.folder / f".{name}"
        file = os.open(draft, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            draft.rename(self.folder / name)  # it appears locked: the drainer never meets a young file without its writer
        except OSError:
            os.close(file)
            raise
        self._file, self._size, self._opened_at = file, 0, time.monotonic()

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def lost_on_disk(folder: Path) -> int:
    """How many hits were ever lost on this host, as far as the disk could be told."""
    try:
        return int.from_bytes((folder / LOST).read_bytes()[:8])
    except OSError:
        return 0


def files(folder: Path) -> list[Path]:
    """The spool files, oldest first."""
    try:
        found = [entry for entry in os.scandir(folder) if entry.name.endswith(ENDING) and not entry.name.startswith(".")]
        return [Path(entry.path) for entry in sorted(found, key=lambda entry: entry.stat().st_ctime_ns)]
    except FileNotFoundError:
        return []


@contextlib.contextmanager
def turn(folder: Path) -> Iterator[bool]:
    """One drainer at a time on a host, and no wake-up lost: the second waits, a third may go since the second will see its hits."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".next").open("w") as waiting, (folder / ".turn").open("w") as working:
        try:
            fcntl.flock(waiting, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        fcntl.flock(working, fcntl.LOCK_EX)
        fcntl.flock(waiting, fcntl.LOCK_UN)
        yield True


def is_abandoned(file: int) -> bool:
    """Whether nobody writes to an open spool file any more; locks it if so."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _allocate(path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(file, bytes(8))
        finally:
            os.close(file)


def _add(path: Path, number: int) -> None:
    file = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.pwrite(file, (int.from_bytes(os.pread(file, 8, 0)) + number).to_bytes(8), 0)
    finally:
        os.close(file)
