"""What tests of the Sent folder do and ask: let the worker look, and see what lies there."""

import email
from datetime import timedelta
from email.policy import default

from django.conf import settings
from django.utils import timezone

from mail import sending
from mail.models import Account, Message
from mail.tests.fake_imap import FakeImap

OTHER = b"Message-ID: <other@acme.test>\r\nSubject: Another\r\n\r\nHello\r\n"


def use(mailbox: FakeImap, *, kept_by: str) -> None:
    """Make this the mailbox of the account; `kept_by` as in its settings."""
    login = {"imap_host": "127.0.0.1", "imap_port": mailbox.port, "imap_security": "none", "imap_username": "a", "imap_password": "b"}
    Account.objects.update(sent_kept_by=kept_by, **login)


def work(after: timedelta = timedelta(0)) -> None:
    """Let the worker look, some time from now."""
    sending.send_due(clock=lambda: timezone.now() + after)


def work_through(*minutes: float) -> None:
    """Let it look at each of these minutes from now."""
    for one in minutes:
        work(after=timedelta(minutes=one))


def filing(message: Message) -> str:
    message.refresh_from_db()
    return str(message.filing)


def is_tracked(raw: bytes) -> bool:
    body = email.message_from_bytes(raw, policy=default).get_body(("html",))
    assert body
    return f"{settings.TRACKING_URL}/" in str(body.get_content())


def kept(mailbox: FakeImap, folder: str = "Sent") -> list[str]:
    """What lies in a folder, in a word each."""
    return ["other" if mail.raw == OTHER else "tracked" if is_tracked(mail.raw) else "clean" for mail in mailbox.in_folder(folder)]


def names(mailbox: FakeImap) -> list[str]:
    """The commands that came, without their arguments."""
    return [command.split(" ")[0] for command in mailbox.commands]
