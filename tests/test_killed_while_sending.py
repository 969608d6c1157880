"""Processes that send are killed at every step, and race each other: no mail is lost, none is sent twice."""

import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mail.tests.fake_smtp import FakeServer
from tests.installation import Installation

pytestmark = pytest.mark.slow
BEFORE = ["banner", "ehlo", "auth", "mail", "rcpt"]  # killed here, the mail goes out later
AFTER = ["data", "body", "dot"]  # killed here, nobody can know: it is never sent again by itself
SEND = "from mail.sending import send_due; send_due()"
SEND_LATER = """
from datetime import timedelta
from django.utils import timezone
from mail.models import Delivery
from mail.sending import send_due
for hours in (0.05, 0.1, 3, 30):
    send_due(clock=lambda: timezone.now() + timedelta(hours=hours))
print(json.dumps({one.message.account.email: [one.status, one.message.folder] for one in Delivery.objects.all()}))
"""
QUEUE = """
from django.utils import timezone
from crm.accounts.models import User
from mail import drafts, outbox
from mail.models import Account
alice = User.objects.create_user("alice@acme.test", "pw", name="Alice")
for name, port in json.loads(os.environ["SERVERS"]).items():
    account = Account.objects.create(
        owner=alice, email=f"{name}@acme.test", smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", smtp_username="a"
    )
    for number in range(int(os.environ["MAILS"])):
        message = drafts.save(
            owner=alice, message=None, account=account, to="boris@client.test", cc="", bcc="", subject="Offer", body_html="<p>Hello</p>"
        )
        outbox.queue(message=message, track_opens=False, track_links=False, now=timezone.now())
"""


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path) as running:
        yield running


def ports_of(servers: dict[str, FakeServer]) -> str:
    return "{" + ", ".join(f'"{name}": {server.port}' for name, server in servers.items()) + "}"


def test_a_sender_killed_at_any_step_loses_nothing_and_sends_nothing_twice(installation: Installation) -> None:
    with ExitStack() as stack:
        servers = {step: stack.enter_context(FakeServer()) for step in BEFORE + AFTER}
        installation.run(QUEUE, SERVERS=ports_of(servers), MAILS="1")
        for step, server in servers.items():  # each worker finds the earlier accounts held and takes the next one
            server.pause_at(step)
        workers = []
        for step, server in servers.items():
            workers.append(installation.start(SEND))
            assert server.reached[step].wait(30), step
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
            worker.communicate()
        for step, server in servers.items():
            server.paused.clear()
            server.released[step].set()
        outcome = installation.run(SEND_LATER)
    assert {step: len(server.taken) for step, server in servers.items()} == {**dict.fromkeys(BEFORE, 1), "data": 0, "body": 0, "dot": 1} | {
        "body": len(servers["body"].taken)  # the kernel may have had the rest of a small mail when the process died
    }
    assert len(servers["body"].taken) <= 1
    assert outcome == {
        **{f"{step}@acme.test": ["sent", "sent"] for step in BEFORE},
        **{f"{step}@acme.test": ["uncertain", "outbox"] for step in AFTER},
    }


def test_workers_that_race_send_each_mail_once(installation: Installation) -> None:
    with ExitStack() as stack:
        servers = {name: stack.enter_context(FakeServer()) for name in ("one", "two", "three")}
        installation.run(QUEUE, SERVERS=ports_of(servers), MAILS="12")
        workers = [installation.start(SEND) for _number in range(4)]
        for worker in workers:
            _output, errors = worker.communicate(timeout=120)
            assert worker.returncode == 0, errors.decode()
        installation.run(SEND)
    sent = Counter(re.findall(rb"Message-ID: (.*)", taken.data)[0] for server in servers.values() for taken in server.taken)
    assert len(sent) == 36
    assert set(sent.values()) == {1}
