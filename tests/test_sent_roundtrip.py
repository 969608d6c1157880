"""A provider that files by itself what it sends: Postfix puts each copy into Sent as it went out, and we put the clean one in its place."""

import email
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from crm.accounts.models import User
from mail import drafts, outbox, sending
from mail.models import Account, Message
from tests.mailstack.stack import FILED, PASSWORDS, MailStack
from tests.services import require
from tracking import preferences

pytestmark = [pytest.mark.mailstack, pytest.mark.xdist_group("mailstack")]
ALICE, DORA = "alice@candor.test", "dora@candor.test"  # the server files for Alice; for Dora the tests do it, when they like
BODY = '<p>Dear all,</p><p>our <a href="https://acme.test/offer?a=1&amp;b=2#top">offer</a>.</p>'
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def stack() -> Iterator[MailStack]:
    require("postfix", "dovecot")
    with MailStack(filed_for=[ALICE]) as running:
        yield running


@pytest.fixture
def queued(stack: MailStack, alice: User, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Message]:
    """Puts a tracked mail into the outbox, from an account whose provider is known to file."""
    monkeypatch.setenv("SSL_CERT_FILE", str(stack.authority.certificate))
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)

    def queue(*, sender: str = ALICE, **fields: Any) -> Message:
        account = Account.objects.filter(email=sender).first() or _account(stack, alice, sender)
        typed: dict[str, Any] = {"to": "boris@candor.test", "cc": "", "bcc": "", "body_html": BODY}
        message = drafts.save(**{"owner": alice, "account": account, "message": None, **typed, **fields})
        outbox.queue(message=message, track_opens=True, track_links=True, tell_apart=True, now=timezone.now())
        return message

    return queue


def _account(stack: MailStack, owner: User, user: str) -> Account:
    return Account.objects.create(
        owner=owner,
        email=user,
        smtp_host="localhost",
        smtp_port=stack.smtp_port,
        smtp_security="starttls",
        smtp_username=user,
        smtp_password=PASSWORDS[user],
        imap_host="localhost",
        imap_port=stack.imaps_port,
        imap_security="tls",
        imap_username=user,
        imap_password=PASSWORDS[user],
        sent_kept_by="provider",
    )


def work(after: timedelta = timedelta(0)) -> None:
    sending.send_due(clock=lambda: timezone.now() + after)


def wait_until_filed(stack: MailStack, message: Message, *, copies: int) -> None:
    """Until the server has put so many copies of a mail into Sent, whether or not we have seen them there."""
    deadline = time.monotonic() + 15
    while filings(stack, message) < copies:
        assert time.monotonic() < deadline, stack.log()
        time.sleep(0.05)


def filings(stack: MailStack, message: Message) -> int:
    lines = stack.log(lines=99999).splitlines()
    numbers = {line.split("]: ")[1].split(":")[0] for line in lines if f"message-id={message.message_id}" in line}
    return sum(f"+{FILED}@" in line and "status=sent" in line and line.split("]: ")[1].split(":")[0] in numbers for line in lines)


def in_sent(stack: MailStack, user: str, subject: str) -> dict[int, tuple[EmailMessage, Any]]:
    """By UID: each mail of that subject in Sent, and its flags and date."""
    with stack.mailbox(user) as client:
        client.select_folder(FILED, readonly=True)
        found = client.fetch(client.search(["SUBJECT", subject]), ["BODY.PEEK[]", "FLAGS", "INTERNALDATE"])
    return {uid: (email.message_from_bytes(one[b"BODY[]"], policy=default), one) for uid, one in found.items()}


def put(stack: MailStack, user: str, mail: bytes, *flags: str) -> None:
    with stack.mailbox(user) as client:
        client.append(FILED, mail, flags=flags)


def is_tracked(mail: EmailMessage) -> bool:
    body = mail.get_body(("html",))
    assert body is not None
    return f"{settings.TRACKING_URL}/" in str(body.get_content())


def test_what_the_server_filed_gives_way_to_one_clean_copy(stack, queued):
    message = queued(cc="carla@candor.test", bcc=DORA, subject="Filed by itself 1")
    work()
    wait_until_filed(stack, message, copies=3)
    work(after=MINUTE)
    ((uid, (mail, facts)),) = in_sent(stack, ALICE, "Filed by itself 1").items()
    assert not is_tracked(mail)
    message.refresh_from_db()
    assert (mail["Message-ID"], str(mail["Bcc"])) == (message.message_id, DORA)
    assert b"\\Seen" in facts[b"FLAGS"]
    assert abs(facts[b"INTERNALDATE"].astimezone() - message.dated_at) < timedelta(seconds=1)
    work(after=5 * MINUTE)
    work(after=30 * MINUTE)
    work(after=60 * MINUTE)
    message.refresh_from_db()
    assert (message.filing, list(in_sent(stack, ALICE, "Filed by itself 1"))) == ("filed", [uid])
    for name in ("boris", "carla", "dora"):
        with stack.mailbox(f"{name}@candor.test") as client:
            client.select_folder("INBOX")
            assert len(client.search(["SUBJECT", "Filed by itself 1"])) == 1, "nobody got it twice"


def test_a_copy_filed_late_is_found_and_what_the_person_marked_as_deleted_stays(stack, queued):
    message = queued(sender=DORA, cc="carla@candor.test", subject="Late 2")
    put(stack, DORA, b"Message-ID: <mine@acme.test>\r\nSubject: Bystander of Late 2\r\n\r\nHello\r\n", "\\Deleted")
    work()
    wire = [stack.wait_for_mail(f"{name}@candor.test", subject="Late 2") for name in ("boris", "carla")]
    assert is_tracked(email.message_from_bytes(wire[0], policy=default))
    put(stack, DORA, wire[0])
    work(after=MINUTE)
    put(stack, DORA, wire[1])
    assert len(in_sent(stack, DORA, "Late 2")) == 3
    work(after=5 * MINUTE)
    subjects = {mail["Subject"]: mail for mail, _facts in in_sent(stack, DORA, "Late 2").values()}
    assert set(subjects) == {"Bystander of Late 2", "Late 2"}
    assert (is_tracked(subjects["Late 2"]), subjects["Late 2"]["Message-ID"]) == (False, message.message_id)


def test_a_clean_copy_that_the_server_cannot_take_is_put_there_later(stack, queued):
    message = queued(sender=DORA, subject="Refused 3")
    work()
    put(stack, DORA, stack.wait_for_mail("boris@candor.test", subject="Refused 3"))
    unwritable = Path(stack.folder, "mail", DORA, f".{FILED}", "tmp")
    unwritable.chmod(0o500)
    work(after=MINUTE)
    unwritable.chmod(0o700)
    message.refresh_from_db()
    assert (message.filing, in_sent(stack, DORA, "Refused 3")) == ("pending", {})
    work(after=7 * MINUTE)
    ((mail, _facts),) = in_sent(stack, DORA, "Refused 3").values()
    message.refresh_from_db()
    assert (is_tracked(mail), message.filing, message.deliveries.get().attempts) == (False, "watched", 1)
