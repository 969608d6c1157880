"""A real server process, a writer process beside it, and a small client of the stream, for tests of the live feed."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.shared import own_database, put_migrated_database

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {
    "uvicorn": [sys.executable, "-m", "uvicorn", "crm.asgi:application", "--port", "{port}", "--lifespan", "off", "--no-access-log"],
    "granian": [sys.executable, "-m", "granian", "--interface", "asgi", "--port", "{port}", "--no-ws", "crm.asgi:application"],
    "embedded": [sys.executable, "-m", "crm.demo.web", "--port", "{port}"],
    "runserver": [sys.executable, "manage.py", "runserver", "--noreload", "{port}"],
}


@dataclass
class Site:
    """Where the server answers, its process and the writer's."""

    port: int
    server: subprocess.Popen[bytes]
    writer: subprocess.Popen[str]

    def tell(self, command: str) -> str:
        """Have the writer do something, and return its answer."""
        assert self.writer.stdin
        assert self.writer.stdout
        self.writer.stdin.write(command + "\n")
        self.writer.stdin.flush()
        return self.writer.stdout.readline().strip()

    def open(self, session: str = "", cursor: str = "", last_id: str = "", timeout: float = 5) -> "Reader":
        """Open the stream as a browser with this session would."""
        return Reader(self.port, session, cursor, last_id, timeout)


class Reader:
    """Reads messages of one stream; `cursor` is the id of the last one."""

    def __init__(self, port: int, session: str, cursor: str, last_id: str, timeout: float) -> None:
        self.cursor = ""
        self.connection = http.client.HTTPConnection("localhost", port, timeout=timeout)
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}", "Accept-Encoding": "gzip, br"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        self.connection.request("GET", "/live/" + (f"?from={cursor}" if cursor else ""), headers=headers)
        self.answer = self.connection.getresponse()

    def next(self) -> dict[str, Any]:
        """The next message; raises TimeoutError when none comes."""
        while True:
            line = self.answer.readline().decode()
            if line.startswith("id: "):
                self.cursor = line[4:].strip()
            if line.startswith("data: "):
                data: dict[str, Any] = json.loads(line[6:])
                return data
            if not line:
                raise EOFError

    def text(self) -> str:
        return str(self.next()["payload"]["text"])

    def started(self) -> "Reader":
        """Read up to the message that says that the stream runs."""
        while self.next()["name"] != "ready":
            pass
        return self

    def close(self) -> None:
        if self.connection.sock:
            self.connection.sock.close()
        self.answer.close()
        self.connection.close()


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Site]:
    """Start a writer and a server of this kind on a fresh database."""
    port = free_port()
    if not os.environ.get("DATABASE_URL"):
        put_migrated_database(folder)
    with fresh_database(port) as database_url:
        environment = {
            **{name: value for name, value in os.environ.items() if name not in {"SITE_URL", "TRACKING_URL", "REDIS_URL"}},
            "DATA_DIR": str(folder),
            "SITE_URL": f"http://localhost:{port}",
            "TRACKING_URL": f"http://localhost:{port}",
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "crm.settings",
        }
        writer = subprocess.Popen(
            [sys.executable, "-m", "notifications.tests.live_writer"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
        with (folder / "server.log").open("wb") as log:
            command = [part.format(port=port) for part in COMMANDS[kind]]
            server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            wait_for_port(port)
            yield Site(port, server, writer)
        finally:
            for process in (server, writer):
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if writer.stdin:
                writer.stdin.close()
            writer.stdout.close()


@contextmanager
def fresh_database(port: int) -> Iterator[str]:
    """On PostgreSQL a database of one's own; SQLite's lies in DATA_DIR."""
    server = os.environ.get("DATABASE_URL", "")
    with own_database(server, f"candor_live_{port}") if server else nullcontext("") as address:
        yield address


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("localhost", port), 0.5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(port)
