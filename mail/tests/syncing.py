"""What the tests of the sync say of an account."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import User
from mail.models import Account, Message, RemoteFolder, SyncState, Thread
from mail.sync import running
from mail.tests.unruly_imap import UnrulyImap


def synced_account(owner: User, server: UnrulyImap, **fields: object) -> Account:
    """An account of the owner's whose sync is on."""
    values = {"email": "alice@acme.test", "imap_host": "127.0.0.1", "imap_port": server.port, "imap_security": "none"}
    values |= {"smtp_host": "127.0.0.1", "imap_username": "alice", "imap_password": "secret", "is_demo": True}
    account = Account.objects.create(owner=owner, **{**values, **fields})
    SyncState.objects.create(account=account, is_on=True, due_at=timezone.now(), started_at=timezone.now())
    return account


def sync(account: Account, *, after: timedelta = timedelta(0), seconds: float = 30.0) -> SyncState:
    """Let a worker go through the account, as if so much time had passed; answers how its sync stands."""
    now = timezone.now() + after
    SyncState.objects.filter(pk=account.pk).update(due_at=now)
    running.run(account.pk, clock=lambda: now, seconds=seconds)
    return SyncState.objects.get(pk=account.pk)


def subjects(account: Account, folder: str = "inbox") -> list[str]:
    """Of what lies in a folder of Candor, oldest first."""
    return list(Message.objects.filter(account=account, folder=folder).order_by("pk").values_list("subject", flat=True))


def folder_of(account: Account, name: str = "INBOX") -> RemoteFolder:
    return account.remote_folders.get(name=name)


def sent_here(account: Account) -> Message:
    """A mail that Candor sent and filed, as the database has it."""
    thread = Thread.objects.create(owner=account.owner, subject="Own")
    common: dict[str, Any] = {"owner": account.owner, "account": account, "thread": thread, "sent_at": timezone.now()}
    return Message.objects.create(**common, folder="sent", subject="Own", message_id="<own@acme.test>", filing="filed")


def pause_of(state: SyncState) -> timedelta:
    assert state.due_at
    return state.due_at - timezone.now()


@pytest.fixture
def server() -> Iterator[UnrulyImap]:
    with UnrulyImap() as running_:
        yield running_


@pytest.fixture
def account(alice: User, server: UnrulyImap) -> Account:
    return synced_account(alice, server)
