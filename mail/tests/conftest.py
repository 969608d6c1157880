from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import User
from mail import drafts, outbox
from mail.models import Account, Message
from mail.tests.fake_smtp import FakeServer
from tracking import preferences


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.fixture
def account(alice: User, server: FakeServer) -> Account:
    return Account.objects.create(
        owner=alice,
        email="alice@acme.test",
        sender_name="Alice Ahrens",
        smtp_host="127.0.0.1",
        smtp_port=server.port,
        smtp_security="none",
        smtp_username="alice",
        smtp_password="secret",
    )


@pytest.fixture
def draft(alice: User, account: Account) -> Callable[..., Message]:
    """Saves a draft of Alice's; any field can be given."""

    def save(**fields: Any) -> Message:
        typed: dict[str, Any] = {"to": "Boris <boris@client.test>", "cc": "", "bcc": "", "subject": "Offer", "body_html": "<p>Hello</p>"}
        return drafts.save(**{"owner": alice, "account": account, "message": None, **typed, **fields})

    return save


@pytest.fixture
def queued(draft: Callable[..., Message]) -> Callable[..., Message]:
    """Puts a mail of Alice's into the outbox."""

    def queue(*, track: bool = False, tell_apart: bool = True, **fields: Any) -> Message:
        message = draft(**fields)
        if track:
            preferences.update(user=message.owner, open_tracking=True, link_tracking=True, notify_activity=True)
        outbox.queue(message=message, track_opens=track, track_links=track, tell_apart=tell_apart, now=timezone.now())
        return message

    return queue
