"""Starts the demo's processes and keeps them alive: web, worker with its schedule, mail server.

Run as `python -m crm.demo.supervisor`, by `manage.py demo`, which prepares the database first. It imports neither
Django nor Celery and so costs little memory. honcho does not fit: it ends everything as soon as one process ends.
"""

import argparse
import http.client
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from crm.demo.announcement import announcement
from crm.demo.child import Child

ROOT = Path(__file__).resolve().parent.parent.parent
GRACE = 8.0  # seconds that a process has to end by itself
PATIENCE = 60.0  # seconds for the first answer
TICK = 0.2  # seconds
LOOK_AT_LOGS = 60.0  # seconds
NEVER_STARTED = 3  # deaths before the first answer that end the start


class Supervisor:
    """Keeps the children of one demo alive until it is told to stop."""

    def __init__(self, children: list[Child], port: int) -> None:
        self.children = children
        self.port = port
        self.stops = 0  # how often we were told to stop; the second time is not patient
        self.deaths = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def start(self) -> bool:
        """Start everything; True once the web process answers, False when it could not or was told to stop."""
        for child in self.children:
            child.start()
        until = time.monotonic() + PATIENCE
        while not self.stops and time.monotonic() < until and self.deaths < NEVER_STARTED:
            if _answers(self.port):
                return True
            self._revive()
            time.sleep(TICK / 2)
        return False

    def watch(self) -> None:
        """Restart what dies, until told to stop."""
        next_look = time.monotonic() + LOOK_AT_LOGS
        while not self.stops:
            self._revive()
            if time.monotonic() > next_look:
                next_look += LOOK_AT_LOGS
                for child in self.children:
                    child.rotate_log()
            time.sleep(TICK)

    def stop(self) -> None:
        """End every child: kindly, and after the grace (or a second Ctrl-C) for good."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        until = time.monotonic() + GRACE
        while any(child.process and child.exit_code() is None for child in self.children):
            if time.monotonic() > until or self.stops > 1:
                break
            time.sleep(0.05)
        for child in self.children:
            child.signal(signal.SIGKILL)
            if child.process:
                child.process.wait()

    def _revive(self) -> None:
        for child in self.children:
            code = child.exit_code()
            if code is not None:
                self.deaths += 1
                child.clear_away()
                say(f"The {child.name} process ended ({_how(code)}); it starts again. Its log: {child.log}")
            if child.process is None and time.monotonic() >= child.due_at:
                child.start()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stops += 1


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(text, flush=True)


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def children(options: argparse.Namespace) -> list[Child]:
    """The three processes of the demo, told apart by name."""
    logs = options.data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore", "MALLOC_ARENA_MAX": "2"}
    mail = ["--root", str(options.data / "demo-mail"), "--smtp-port", str(options.smtp_port), "--imap-port", str(options.imap_port)]
    commands = {"mail": mail, "web": ["--port", str(options.port)], "worker": []}
    modules = {"mail": "mailserver", "web": "web", "worker": "worker"}
    return [
        Child(name, ["-m", f"crm.demo.{modules[name]}", *arguments], environment, ROOT, logs / f"{name}.log")
        for name, arguments in commands.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("port", "smtp-port", "imap-port"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    supervisor = Supervisor(children(options), options.port)
    has_started = supervisor.start()
    if has_started:
        say(announcement(port=options.port, data=options.data))
        supervisor.watch()
    elif not supervisor.stops:
        say("Candor did not start. The last lines of its logs:")
        for child in supervisor.children:
            say(f"[{child.name}] {child.last_words()}")
    say("\nStopping…")
    supervisor.stop()
    say("Stopped. The data is kept." if has_started else "Stopped.")
    sys.exit(0 if has_started or supervisor.stops else 1)


if __name__ == "__main__":
    main()
