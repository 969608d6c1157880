"""What the user chooses to let in, and what is told of the sync."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from mail import leaving
from mail.models import Account, KeptMail, Message, RemoteFolder, SyncState
from mail.sync import running
from mail.tests.syncing import folder_of, subjects, sync, synced_account
from mail.tests.unruly_imap import UnrulyImap


@pytest.fixture
def server() -> Iterator[UnrulyImap]:
    with UnrulyImap() as running:
        yield running


@pytest.fixture
def account(alice: User, server: UnrulyImap) -> Account:
    account = synced_account(alice, server)
    SyncState.objects.all().delete()
    return account


def page_of(client: Client, account: Account, part: str = "") -> str:
    return client.get(f"/settings/email-sync/accounts/{account.pk}/sync/{part}").content.decode()


def choose(client: Client, account: Account, **fields: object) -> int:
    values = {"days": "", "folders": [folder.pk for folder in account.remote_folders.filter(is_chosen=True)], "blocked": "", **fields}
    return client.post(f"/settings/email-sync/accounts/{account.pk}/sync/", values).status_code


def test_nothing_is_synced_before_the_user_says_so(alice_client, server, account):
    server.letter(1)
    running.run(account.pk)
    assert not Message.objects.exists()
    assert "Set up the sync" in alice_client.get("/settings/email-sync/").content.decode()


def test_the_folders_come_from_the_server_and_only_the_chosen_ones_enter(alice_client, server, account):
    server.folders |= {"Drafts": r"\Drafts", "Projects": "", "Spam": r"\Junk"}
    server.letter(1), server.letter(2, folder="Projects"), server.letter(3, folder="Spam")
    page = page_of(alice_client, account, "folders/")
    assert "Projects" in page
    assert "Spam" not in page
    assert "Drafts" not in page
    assert choose(alice_client, account, folders=[folder_of(account, "Projects").pk]) == 302
    sync(account)
    assert [message.subject for message in Message.objects.all()] == ["Letter 2"]


def test_a_server_that_does_not_answer_is_told_and_its_usual_folders_wait(alice_client, server, account):
    server.will(login=["NO [UNAVAILABLE] later"])
    page = page_of(alice_client, account, "folders/")
    assert "The usual folders are synced as soon as it answers." in page
    assert choose(alice_client, account) == 302
    server.letter(1)
    sync(account)
    assert subjects(account) == ["Letter 1"]


def test_what_is_no_address_in_the_block_list_is_named_and_nothing_typed_is_lost(alice_client, account):
    response = alice_client.post(
        f"/settings/email-sync/accounts/{account.pk}/sync/", {"days": "30", "blocked": "spam@bad.example\nnot an address\nshop.test"}
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "“an” is neither an address nor a domain." in page or "“not” is neither an address nor a domain." in page
    assert "spam@bad.example\nnot an address\nshop.test" in page.replace("\r", "")
    assert not SyncState.objects.get().is_on


def test_who_is_blocked_stays_out_and_comes_in_when_the_rule_goes(alice_client, server, account):
    server.letter(1, sender="x@news.shop.test")
    page_of(alice_client, account, "folders/")
    choose(alice_client, account, blocked="@Shop.test")
    sync(account)
    assert subjects(account) == []
    choose(alice_client, account)
    sync(account)
    assert subjects(account) == ["Letter 1"]


def test_a_wider_range_brings_the_older_mail_and_fetches_nothing_twice(alice_client, server, account):
    server.letter(1).at = "01-Jan-2020 10:00:00 +0000"
    server.letter(2).at = timezone.now().strftime("%d-%b-%Y %H:%M:%S +0000")
    page_of(alice_client, account, "folders/")
    choose(alice_client, account, days="30")
    sync(account)
    assert subjects(account) == ["Letter 2"]
    choose(alice_client, account, days="")
    sync(account)
    assert subjects(account) == ["Letter 2", "Letter 1"]
    assert server.fetched == [2, 1]


def test_the_card_tells_failures_trouble_and_what_could_not_be_read(alice_client, server, account):
    page_of(alice_client, account, "folders/")
    choose(alice_client, account)
    server.will(list=["NO no such luck"])
    sync(account)
    folder = folder_of(account)
    RemoteFolder.objects.filter(pk=folder.pk).update(error="locked")
    kept = KeptMail.objects.create(folder=folder, validity=7, uid=1, reason="The mail is broken.")
    kept.file.save("mail.eml", ContentFile(b"broken bytes"))
    page = page_of(alice_client, account, "card/")
    for words in (
        "The sync fails, first",
        "Next try at",
        "The folder “INBOX” cannot be read",
        "1 mail could not be read",
        "The mail is broken.",
    ):
        assert words in page
    download = alice_client.get(f"/mail/sync/kept/{kept.pk}/")
    assert b"".join(download.streaming_content) == b"broken bytes"
    assert "attachment" in download["Content-Disposition"]
    assert "Sync fails" in alice_client.get("/mail/inbox/").content.decode()


def test_the_mail_tab_says_when_it_was_synced_and_asks_anew_on_a_click(alice_client, server, account):
    page_of(alice_client, account, "folders/")
    choose(alice_client, account)
    sync(account)
    assert "Synced now" in alice_client.get("/mail/sync/").content.decode()
    SyncState.objects.update(due_at=timezone.now() + timedelta(hours=1))
    alice_client.post("/mail/sync/now/")
    due_at = SyncState.objects.get().due_at
    assert due_at
    assert due_at <= timezone.now()


def test_turned_off_it_is_left_alone_and_the_mail_stays(alice_client, server, account):
    server.letter(1)
    page_of(alice_client, account, "folders/")
    choose(alice_client, account)
    sync(account)
    alice_client.post(f"/settings/email-sync/accounts/{account.pk}/sync/off/")
    server.letter(2)
    sync(account)
    assert subjects(account) == ["Letter 1"]


def test_a_paused_account_is_not_synced(alice_client, server, account):
    page_of(alice_client, account, "folders/")
    choose(alice_client, account)
    Account.objects.update(is_paused=True)
    server.letter(1)
    sync(account)
    assert not Message.objects.exists()


def test_a_strangers_account_is_not_found(charlie: User, client: Client, account: Account):
    client.force_login(charlie)
    assert client.get(f"/settings/email-sync/accounts/{account.pk}/sync/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_an_account_that_goes_takes_the_mail_that_could_not_be_read_from_the_disk(account):
    folder = RemoteFolder.objects.create(account=account, name="INBOX")
    kept = KeptMail.objects.create(folder=folder, validity=7, uid=1, reason="The mail is broken.")
    kept.file.save("mail.eml", ContentFile(b"broken bytes"))
    assert default_storage.exists(str(kept.file))
    leaving.keep_mail(account=account)
    assert not KeptMail.objects.exists()
    assert not default_storage.exists(str(kept.file))
