from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from mail import drafts, outbox
from mail.models import Account, Message
from mail.tests.fake_imap import USUAL, FakeImap
from mail.tests.fake_smtp import FakeServer
from mail.tests.filing import use, work
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


def sign_in(tab: Any, user: User) -> None:
    client = Client()
    client.force_login(user)
    tab.context.add_cookies([{"name": "candor_session", "value": client.cookies["candor_session"].value, "url": tab.base_url}])


@pytest.fixture
def tab(chromium: Any, live_server: Any, no_stream: None, settings: Any, alice: User, account: Account) -> Iterator[Any]:
    """A tab in which Alice is signed in; fails where the page had an error or broke the content policy."""
    settings.SITE_HOST = live_server.url.partition("//")[2]
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    tab = context.new_page()
    tab.base_url, tab.problems = live_server.url, []
    tab.on("pageerror", lambda error: tab.problems.append(str(error)))
    tab.on("console", lambda line: tab.problems.append(line.text) if "Content Security Policy" in line.text else None)
    sign_in(tab, alice)
    yield tab
    assert tab.problems == []
    context.close()


@pytest.fixture
def capabilities(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Of the IMAP server; tests choose others by `parametrize(…, indirect=True)`."""
    chosen: tuple[str, ...] = getattr(request, "param", USUAL)
    return chosen


@pytest.fixture
def mailbox(account: Account, capabilities: tuple[str, ...]) -> Iterator[FakeImap]:
    """Alice's mailbox, at a provider that files by itself what it sends: here when the test says so."""
    with FakeImap(capabilities) as running:
        use(running, kept_by="provider")
        yield running


@pytest.fixture
def sent(server: FakeServer, mailbox: FakeImap, queued: Callable[..., Message]) -> Callable[..., Message]:
    """Sends a tracked mail of Alice's, which the provider files before we first look."""

    def send(**fields: Any) -> Message:
        message = queued(track=True, body_html='<p>See <a href="https://x.test/?a=1&amp;b=2">prices</a></p>', **fields)
        mailbox.before["login"] = lambda: [mailbox.file(one.data) for one in server.taken]
        work()
        return message

    return send
