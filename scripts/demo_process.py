"""Starts the demo as a person would, in a process of its own and a folder that is thrown away."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crm.demo.ports import is_free
from crm.environment import KNOWN

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90  # seconds until every part has to answer


@dataclass(frozen=True)
class Demo:
    """A running demo: `site` is the CRM's address, `tracking` that of pixels, links and demo inboxes."""

    port: int
    data_dir: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def site(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def tracking(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class DidNotStart(Exception):
    """The demo ended, or was not ready in time; holds what it printed."""


@contextmanager
def running_demo(prepare: Callable[[Path], object] | None = None, **extra: str) -> Iterator[Demo]:
    """A demo on a free port, ready to use, in a folder that `prepare` may fill; stopped as Ctrl-C would. Raises DidNotStart."""
    with tempfile.TemporaryDirectory(prefix="candor-demo-", ignore_cleanup_errors=True) as folder:
        if prepare:
            prepare(Path(folder))
        port = free_port()
        env = {name: value for name, value in os.environ.items() if name not in KNOWN and name != "DJANGO_SETTINGS_MODULE"}
        env |= {"PORT": str(port), "DATA_DIR": folder, "PYTHONUNBUFFERED": "1", **extra}
        log = Path(folder, "demo.log")
        with log.open("wb") as output:
            process = subprocess.Popen([sys.executable, "manage.py", "demo"], cwd=ROOT, env=env, stdout=output, stderr=output)
        demo = Demo(port, Path(folder), process, log)
        try:
            wait_until_ready(demo)
            yield demo
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_ready(demo: Demo) -> None:
    """Return once web and worker answer."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if demo.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{demo.site}/readyz", timeout=5) as answer:
                if b'"worker": true' in answer.read():
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.2)
    raise DidNotStart(demo.log.read_text(errors="replace"))


def free_port() -> int:
    """A port that nothing listens on, nor on the mail servers' ports above it; below those that a system gives to whoever connects."""
    while True:
        port = random.randrange(20_000, 30_000)
        if all(is_free(port + offset) for offset in (0, 25, 43)):
            return port
