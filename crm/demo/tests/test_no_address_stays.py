"""A day of hits on a running demo whose policy keeps nothing of addresses: afterwards none stands in database, files and logs."""

import http.client
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from crm.demo import maildir, reading
from crm.demo.tests.running import ROOT, Demo, eventually, running, started_before

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="the demo's processes are told apart by /proc")]
VISITORS = [
    *(f"198.51.{net}.{host}" for net in range(1, 9) for host in (17, 203)),
    *(f"2001:db8:{net:x}:1::{net:x}7" for net in range(1, 5)),
]
CLIENTS = ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0", "GoogleImageProxy", ""]
READERS = ("boris.petrov@northgate.test", "ines.albrecht@heliodairy.test")
STRICT = """
from crm.consent.models import Rule
Rule.objects.create(scope="company", tracks_unknown=True, kept=Rule.Kept.NETWORK)
Rule.objects.create(scope="domain", value="northgate.test", kept=Rule.Kept.NOTHING)
"""
SEND = """
from datetime import timedelta
from django.utils import timezone
from crm.accounts.models import User
from mail import drafts, outbox, tasks
from mail.models import Account
anna = User.objects.get(email="anna@brightwater.test")
for number in range(2):
    html = f'<p>See <a href="https://example.test/{number}">this</a></p>'
    draft = drafts.save(owner=anna, message=None, account=Account.objects.get(owner=anna), to="boris.petrov@northgate.test",
        cc="ines.albrecht@heliodairy.test", bcc="", subject=f"Of the day {number}", body_html=html)
    outbox.queue(message=draft, track_opens=True, track_links=True, now=timezone.now())
tasks.wake()
"""
A_DAY_LATER = """
from datetime import timedelta
from django.utils import timezone
from tracking import minimising, settling
later = timezone.now() + timedelta(days=1)
settling.settle(now=later)
minimising.minimise(now=later)
"""


def test_no_full_address_is_left(tmp_path: Path):
    with running(started_before(tmp_path), TRUSTED_PROXIES="127.0.0.1", UNDO_SECONDS="0") as demo:
        shell(demo, STRICT + SEND)
        eventually(lambda: len(tracked(demo)) == 4)
        paths = tracked(demo)
        for number, visitor in enumerate(VISITORS):
            for path in paths[number % 4]:
                assert ask(demo, path, visitor, CLIENTS[number % len(CLIENTS)]) in (200, 302)
        eventually(lambda: len(addresses(demo)) == 2 * len(VISITORS))
        assert "198.51.1.17" in dump(demo), "without addresses there was nothing to tell people from machines by"
        shell(demo, A_DAY_LATER)
    with running(tmp_path, TRUSTED_PROXIES="127.0.0.1"):  # what a stopped server had in hand is recorded and thrown away by the next
        eventually(lambda: not any(path.stat().st_size for path in (tmp_path / "spool").glob("*.hits")))
    said = dump(demo) + "".join(path.read_text(errors="replace") for path in (tmp_path / "logs").iterdir())
    said += "".join(path.read_text(errors="replace") for path in (tmp_path / "spool").rglob("*") if path.is_file())
    assert [visitor for visitor in VISITORS if re.search(rf"(?<![\w.:]){re.escape(visitor)}(?![\w.:])", said)] == []
    assert {address for email, address in addresses(demo) if email == READERS[0]} == {None}
    assert {address for email, address in addresses(demo) if email == READERS[1]} >= {"198.51.2.0", "2001:db8:2::"}


def shell(demo: Demo, code: str) -> None:
    """Run Python as the demo does."""
    environment = {**os.environ, "DATA_DIR": str(demo.data), "PORT": str(demo.port), "CANDOR_DEMO": "1"}
    environment = {
        name: value for name, value in environment.items() if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "REDIS_URL")
    }
    urls = {"SITE_URL": f"http://localhost:{demo.port}", "TRACKING_URL": f"http://127.0.0.1:{demo.port}"}
    subprocess.run([sys.executable, "manage.py", "shell", "--no-imports", "-c", code], cwd=ROOT, env=environment | urls, check=True)


def tracked(demo: Demo) -> list[tuple[str, str]]:
    """Pixel and link of each mail of the day, as paths, one reader's after the other's in turn."""
    base, found = f"http://127.0.0.1:{demo.port}", []
    for reader in READERS:
        mails = maildir.mails(maildir.mailbox(demo.data / "demo-mail", reader))
        opened = [one for mail in mails if "Of the day" in (one := reading.open_mail(mail)).subject]
        found.append([(path(one.html, f'src="{base}(/i/[^"]+)"'), path(one.html, f'href="{base}(/l/[^"]+)"')) for one in opened])
    return [one for pair in zip(*found, strict=False) for one in pair]


def path(html: str, pattern: str) -> str:
    match = re.search(pattern, html)
    assert match
    return match[1]


def ask(demo: Demo, path: str, visitor: str, client: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", demo.port, timeout=10)) as connection:
        connection.request("GET", path.replace("&amp;", "&"), headers={"X-Forwarded-For": visitor, "User-Agent": client})
        return connection.getresponse().status


def addresses(demo: Demo) -> list[tuple[str, str | None]]:
    """Of each hit of the day, whose copy it was of and the address that is kept."""
    statement = """SELECT copy.email, event.address FROM tracking_event event JOIN tracking_copy copy ON copy.id = event.copy_id
        JOIN tracking_trackedmail mail ON mail.id = event.mail_id WHERE mail.subject LIKE 'Of the day%'"""
    with closing(sqlite3.connect(demo.data / "candor.sqlite3")) as database:
        return database.execute(statement).fetchall()


def dump(demo: Demo) -> str:
    """The whole database as text."""
    with closing(sqlite3.connect(demo.data / "candor.sqlite3")) as database:
        return "\n".join(database.iterdump())
