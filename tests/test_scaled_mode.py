"""The processes of compose.yaml, started by hand against real services: pages and hits, live stream, worker, schedule.

The database is the suite's own (PostgreSQL where DATABASE_URL says so), the broker a real Redis.
"""

import http.client
import json
import os
import queue
import re
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from crm.demo.ports import is_free
from tests import services
from tests.installation import ROOT, Installation
from tests.services import require

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.xdist_group("scaled mode")]
BIN = Path(sys.executable).parent
PATIENCE = 60.0  # seconds
COMPOSE = (ROOT / "compose.yaml").read_text()
REDIS = os.environ.get("TEST_REDIS_URL", services.REDIS)
COMMANDS = {
    "web": "granian --interface wsgi --host 0.0.0.0 --port 8000 --workers 2 --blocking-threads 8 --no-ws crm.wsgi:application",
    "live": "granian --interface asgi --host 0.0.0.0 --port 8001 --workers 1 --no-ws crm.asgi:application",
    "worker": "celery -A crm worker --without-mingle --without-gossip",
    "beat": "celery -A crm beat",
}
PREPARE = """
from crm.accounts.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from mail.models import Account
from tracking import preferences
user = User.objects.create_user("anna@acme.test", "anna-pw", name="Anna")
Account.objects.create(owner=user, email=user.email, smtp_host="127.0.0.1", smtp_port=int(os.environ["SMTP"]), smtp_security="none")
preferences.update(user=user, open_tracking=True, link_tracking=True, notify_activity=True)
session = SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
session.save()
print(json.dumps(session.session_key))
"""
SEND = """
from django.utils import timezone
from crm.accounts.models import User
from mail import drafts, outbox, tasks
user = User.objects.get()
body = '<p>Hello <a href="https://example.com/offer?a=1&amp;b=%20">offer</a></p>'
message = drafts.save(
    owner=user, message=None, account=user.mail_accounts.get(), to="boris@example.test", cc="", bcc="", subject="Scaled", body_html=body
)
outbox.queue(message=message, track_opens=True, track_links=True, now=timezone.now())
tasks.wake()
"""
LONG_AGO = """
from datetime import timedelta
from django.utils import timezone
from tracking.models import Copy
print(Copy.objects.filter(dispatched_at__isnull=False).update(dispatched_at=timezone.now() - timedelta(hours=1)))
"""
COUNT = """
from tracking.models import TrackedMail
print(json.dumps(list(TrackedMail.objects.values_list("open_count", "click_count"))[0]))
"""


class Postbox:
    """Keeps what arrives over SMTP."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[EmailMessage] = queue.Queue()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.arrived.put(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 Kept"


class Scaled:
    """The four processes of one installation."""

    def __init__(self, installation: Installation, ports: tuple[int, int]) -> None:
        self.installation = installation
        self.web_port, self.live_port = ports
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.session = ""  # of Anna's browser

    def start(self) -> None:
        places = {"0.0.0.0": "127.0.0.1", "8000": str(self.web_port), "8001": str(self.live_port)}
        for name, command in COMMANDS.items():
            program, *arguments = (places.get(word, word) for word in command.split())
            log = (self.installation.folder / f"{name}.log").open("wb")
            with log:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-W", "ignore", str(BIN / program), *arguments],
                    cwd=ROOT,
                    env=self.installation.environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        eventually(lambda: self.get(self.web_port, "/healthz")[0] == self.get(self.live_port, "/healthz")[0] == 200)

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(timeout=PATIENCE)

    def get(self, port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One request under the site's own name, as the proxy hands it on."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": "localhost", **headers})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        except OSError:
            return 0, {}, b""
        finally:
            connection.close()


@contextmanager
def listening(scaled: Scaled, session: str) -> Iterator[queue.Queue[str]]:
    """The lines of the live stream, as a signed-in browser reads them."""
    lines: queue.Queue[str] = queue.Queue()
    connection = http.client.HTTPConnection("127.0.0.1", scaled.live_port, timeout=PATIENCE)
    connection.request("GET", "/live/", headers={"Host": "localhost", "Cookie": f"candor_session={session}"})
    response = connection.getresponse()
    assert response.status == 200
    assert response.readline()  # the stream has begun

    def read() -> None:
        try:
            for line in response:
                lines.put(line.decode().strip())
        except (OSError, ValueError, AttributeError):  # closed by the test's end
            pass

    threading.Thread(target=read, daemon=True).start()
    try:
        yield lines
    finally:
        if connection.sock:
            connection.sock.shutdown(2)
        connection.close()


@pytest.fixture(scope="module")
def postbox() -> Iterator[tuple[Postbox, int]]:
    box, port = Postbox(), free_ports(1)[0]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture(scope="module")
def scaled(tmp_path_factory: pytest.TempPathFactory, postbox: tuple[Postbox, int]) -> Iterator[Scaled]:
    require("redis")
    web_port, live_port = free_ports(2)
    installation = Installation(tmp_path_factory.mktemp("scaled"))
    site = {"SITE_URL": "http://localhost", "TRACKING_URL": "http://localhost", "REDIS_URL": REDIS, "SMTP": str(postbox[1])}
    installation.environment |= {**site, "LOG_LEVEL": "INFO"}
    with ExitStack() as stack:
        stack.enter_context(installation)
        started = Scaled(installation, (web_port, live_port))
        stack.callback(started.stop)
        started.start()
        started.session = installation.run(PREPARE)
        yield started


def free_ports(count: int) -> list[int]:
    return [port for port in range(31_000 + os.getpid() % 1000 * 4, 40_000) if is_free(port)][:count]


def eventually(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.2)


def next_event(lines: queue.Queue[str], name: str) -> None:
    """Read on until an event of that name comes."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        line = lines.get(timeout=PATIENCE)
        if line.startswith("data: ") and json.loads(line[6:])["name"] == name:
            return
    raise AssertionError(f"no {name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_commands_are_those_of_the_compose_file(name):
    assert f"command: {COMMANDS[name]}\n" in COMPOSE


def test_a_mail_goes_out_and_its_opening_and_click_come_back_live(scaled, postbox):
    with listening(scaled, scaled.session) as lines:
        scaled.installation.run(SEND)
        mail = postbox[0].arrived.get(timeout=PATIENCE)
        assert mail["Subject"] == "Scaled"
        html = mail.get_body(("html",)).get_content()
        [pixel], [link] = re.findall(r'http://localhost(/i/[^"]+)', html), re.findall(r'http://localhost(/l/[^"]+)', html)
        eventually(lambda: scaled.installation.run(LONG_AGO) == 1)  # within seconds of sending nobody reads

        status, headers, content = scaled.get(scaled.web_port, pixel, **{"User-Agent": "Thunderbird"})
        assert (status, headers["content-type"], content[:6]) == (200, "image/gif", b"GIF89a")
        next_event(lines, "tracking")
        status, headers, _content = scaled.get(scaled.web_port, link.replace("&amp;", "&"), **{"User-Agent": "Thunderbird"})
        assert (status, headers["location"]) == (302, "https://example.com/offer?a=1&b=%20")
        next_event(lines, "card")
        eventually(lambda: scaled.installation.run(COUNT) == [1, 1])


def test_the_schedule_sends_what_nobody_woke_the_worker_for(scaled, postbox):
    scaled.installation.run(SEND.replace("tasks.wake()", ""))
    assert postbox[0].arrived.get(timeout=PATIENCE)["Subject"] == "Scaled"


def test_the_health_checks_of_the_image_tell_alive_from_dead(scaled):
    def answers(asked: object) -> int:
        command = [sys.executable, "scripts/answers.py", str(asked)]
        return subprocess.run(command, cwd=ROOT, env=scaled.installation.environment, check=False).returncode

    assert answers(scaled.web_port) == answers(scaled.live_port) == 0
    eventually(lambda: answers("worker") == 0)
    scaled.stop()
    assert answers(scaled.web_port) == 1


def test_smtp_of_the_test_is_real(postbox):
    """Guards the tests above: what they read has gone over the wire."""
    with smtplib.SMTP("127.0.0.1", postbox[1]) as client:
        client.sendmail("a@x.test", ["b@x.test"], "Subject: hello\r\n\r\nbody")
    assert postbox[0].arrived.get(timeout=5)["Subject"] == "hello"
