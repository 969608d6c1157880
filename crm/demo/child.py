"""One process under the supervisor: started in a group of its own, restarted when it dies, ended with all it started."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)
SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 30.0  # seconds before a restart, doubled while it goes on dying
STEADY = 60  # seconds of life after which a child counts as sound again
LARGEST_LOG = 5 * 1024 * 1024  # bytes, then it becomes the one former log that is kept


@dataclass
class Child:
    """A process to keep alive; `arguments` go to this Python, its output to `log`."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    folder: Path
    log: Path
    pause: float = SHORTEST_PAUSE
    due_at: float = 0.0
    started_at: float = 0.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; it dies with this process on Linux, however this process ends."""
        self.rotate_log()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then ends all in order
                preexec_fn=_die_with_parent,
            )
        self.started_at = time.monotonic()

    def exit_code(self) -> int | None:
        """How it ended (negative: by which signal), None while it runs or before it was started."""
        return self.process.poll() if self.process else None

    def clear_away(self) -> None:
        """After its end: end what it may have left behind, and plan the next start."""
        self.signal(signal.SIGKILL)
        now = time.monotonic()
        if now - self.started_at > STEADY:
            self.pause = SHORTEST_PAUSE
        self.due_at = now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self.process = None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and all that it started."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def rotate_log(self) -> None:
        """Keep the log small while nobody but appending processes has it open."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > LARGEST_LOG:
                self.log.with_suffix(".log.1").write_bytes(self.log.read_bytes())
                os.truncate(self.log, 0)

    def last_words(self, lines: int = 8) -> str:
        """The end of its log, for the person who wonders why it ended."""
        with contextlib.suppress(OSError), self.log.open("rb") as source:
            source.seek(max(0, self.log.stat().st_size - 4000))
            return "\n".join(source.read().decode(errors="replace").splitlines()[-lines:])
        return ""


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
