"""Real server and worker processes, each in a group of its own, pinned to a core, measured and killed as a group."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from bench.world import ROOT

SERVER_CORE, LOAD_CORE = "0", "1"
TICK = os.sysconf("SC_CLK_TCK")
BIN = Path(sys.executable).parent
GRANIAN = [str(BIN / "granian"), "--host", "127.0.0.1", "--workers", "1", "--no-ws", "--log-level", "error"]
SERVERS = {
    "granian, WSGI": [*GRANIAN, "--interface", "wsgi", "--blocking-threads", "1", "--port"],
    "granian, ASGI": [*GRANIAN, "--interface", "asginl", "--port"],
    "uvicorn, ASGI": [str(BIN / "uvicorn"), "--lifespan", "off", "--log-level", "error", "--no-access-log", "--port"],
}
WORKER = [sys.executable, "-m", "celery", "-A", "crm", "worker", "-B", "--loglevel", "ERROR"]
WORKER += ["--without-mingle", "--without-gossip", "--without-heartbeat"]


class Process:
    """A command and all its children."""

    def __init__(self, command: list[str], env: dict[str, str], core: str | None = None) -> None:
        pinned = ["taskset", "-c", core, *command] if core and shutil.which("taskset") else command
        self.running = subprocess.Popen(
            pinned, cwd=ROOT, env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the whole group and wait for its end."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running.pid, number)
        try:
            self.running.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill(signal.SIGKILL)

    def stop(self) -> None:
        self.kill(signal.SIGTERM)

    def cpu(self) -> float:
        """Seconds of processor time that the group has used so far."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[2]) == self.running.pid:
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / TICK


def serve(name: str, application: str, port: int, env: dict[str, str]) -> Process:
    """Start a server on the server core; returns once it accepts connections."""
    process = Process([*SERVERS[name], str(port), application], env, SERVER_CORE)
    wait_for(port)
    return process


def wait_for(port: int, seconds: float = 30) -> None:
    """Wait until something listens on a port. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"Nothing listens on port {port}.")
