"""The sync against Dovecot, which counts changes and tells what vanished; the user's other mail program is a second connection."""

import queue
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from imapclient import IMAPClient

from crm.accounts.models import User
from mail.models import Account, Message, RemoteCopy, SyncState
from mail.sync import changes, running, watching
from mail.tests.syncing import folder_of, subjects, sync
from tests.mailstack.stack import PASSWORDS, SENT, MailStack
from tests.services import require

pytestmark = [pytest.mark.mailstack, pytest.mark.xdist_group("mailstack")]
ALICE = "alice@candor.test"


@pytest.fixture(scope="module")
def stack() -> Iterator[MailStack]:
    require("postfix", "dovecot")
    with MailStack() as running_:
        yield running_


@pytest.fixture
def other(stack: MailStack) -> Iterator[IMAPClient]:
    """Another mail program of Alice's, on an empty mailbox."""
    with stack.mailbox(ALICE) as client:
        for _flags, _separator, name in client.list_folders():
            client.select_folder(name)
            client.delete_messages(client.search())
            client.expunge()
            client.select_folder("INBOX")
            if name not in ("INBOX", SENT):
                client.delete_folder(name)
        yield client


@pytest.fixture
def account(stack: MailStack, alice: User, other: IMAPClient) -> Account:
    account = Account.objects.create(
        owner=alice,
        email=ALICE,
        smtp_host="localhost",
        smtp_port=stack.smtp_port,
        imap_host="127.0.0.1",
        imap_port=stack.imap_port,
        imap_security="none",
        imap_username=ALICE,
        imap_password=PASSWORDS[ALICE],
        is_demo=True,
    )
    SyncState.objects.create(account=account, is_on=True, due_at=timezone.now(), started_at=timezone.now())
    return account


def put(client: IMAPClient, number: int, *, folder: str = "INBOX", flags: tuple[bytes, ...] = ()) -> None:
    lines = [f"Message-ID: <{number}@client.test>", "From: Anna <anna@client.test>", f"To: {ALICE}", f"Subject: Letter {number}"]
    client.append(folder, "\r\n".join([*lines, "", f"Body {number}", ""]).encode(), flags)


@pytest.mark.django_db
def test_a_mailbox_comes_in_and_both_sides_stay_the_same(other, account):
    for number in range(1, 6):
        put(other, number)
    put(other, 9, folder=SENT, flags=(rb"\Seen",))
    sync(account)
    assert sorted(subjects(account)) == [f"Letter {number}" for number in range(1, 6)]
    assert subjects(account, "sent") == ["Letter 9"]
    assert other.search("UNSEEN") == [1, 2, 3, 4, 5] or len(other.search("UNSEEN")) == 5
    assert folder_of(account).modseq > 0

    uids = other.search()
    other.add_flags(uids[:1], [rb"\Seen"])
    other.add_flags(uids[1:2], [rb"\Flagged"])
    other.create_folder("Archive")
    other.move(uids[2:3], "Archive")
    other.delete_messages(uids[3:4])
    other.expunge()
    sync(account)
    assert Message.objects.get(subject="Letter 1").is_read
    assert Message.objects.get(subject="Letter 2").thread.is_starred
    assert (subjects(account, "archive"), subjects(account, "trash")) == (["Letter 3"], ["Letter 4"])

    message = Message.objects.get(subject="Letter 5")
    Message.objects.filter(pk=message.pk).update(folder="archive", is_read=True)
    changes.note([message.pk], "read", now=timezone.now())
    changes.note([message.pk], "archive", now=timezone.now())
    sync(account)
    other.select_folder("Archive")
    flags = {data[b"FLAGS"] for data in other.fetch(other.search(["SUBJECT", "Letter 5"]), ["FLAGS"]).values()}
    assert any(rb"\Seen" in one for one in flags)
    sync(account)
    assert (Message.objects.count(), RemoteCopy.objects.filter(gone_at=None).count()) == (6, 5)


@pytest.mark.django_db
def test_a_folder_that_was_made_anew_is_matched_by_its_content(other, account):
    other.create_folder("Projects")
    for number in (1, 2):
        put(other, number, folder="Projects")
    sync(account)
    account.remote_folders.filter(name="Projects").update(is_chosen=True)
    sync(account)
    assert sorted(subjects(account, "archive")) == ["Letter 1", "Letter 2"]
    other.delete_folder("Projects")
    other.create_folder("Projects")
    for number in (2, 3):
        put(other, number, folder="Projects")
    sync(account)
    assert sorted(subjects(account, "archive")) == ["Letter 2", "Letter 3"]
    assert subjects(account, "trash") == ["Letter 1"]
    assert Message.objects.count() == 3


@pytest.mark.django_db
def test_a_renamed_folder_takes_its_mail_along(other, account):
    other.create_folder("Projects")
    put(other, 1, folder="Projects")
    sync(account)
    account.remote_folders.filter(name="Projects").update(is_chosen=True)
    sync(account)
    other.rename_folder("Projects", "Deals")
    sync(account)
    assert subjects(account, "archive") == ["Letter 1"]
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_idle_tells_of_new_mail_at_once(stack, account, other):
    woken: queue.Queue[int] = queue.Queue()
    watch = watching.Watch(account.pk, woken.put)
    watch.start()
    try:
        while True:  # until the watch is at the inbox, nobody is told
            put(other, 1)
            try:
                assert woken.get(timeout=1) == account.pk
                break
            except queue.Empty:
                assert watch.is_alive()
    finally:
        watch.stopping.set()
        watch.join(30)
    running.run(account.pk)
    assert "Letter 1" in subjects(account)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_take_each_mail_in_once(other, account):
    for number in range(1, 30):
        put(other, number)

    def work() -> None:
        try:
            running.run(account.pk)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert Message.objects.count() == 29
    state = sync(account, after=timedelta(minutes=10))
    assert (Message.objects.count(), state.error) == (29, "")
