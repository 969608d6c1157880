"""Several accounts: their order, pausing and resuming, what is wrong with each in words, disconnecting with and without the mail."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Person, TimelineEntry
from mail import bounces, leaving, sent_copies, tasks, threading
from mail.models import Account, Attachment, Delivery, Message, Thread
from mail.tests.fake_imap import FakeImap
from mail.tests.fake_smtp import FakeServer
from mail.tests.filing import work
from notifications.models import Card
from tracking import instrument
from tracking.models import Copy, TrackedMail

pytestmark = pytest.mark.django_db
PAGE = "/settings/email-sync/"


@pytest.fixture
def second(alice: User, account: Account, server: FakeServer) -> Account:
    return Account.objects.create(
        owner=alice, email="sales@acme.test", smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none", position=1
    )


def press(client: Client, account: Account, verb: str, **fields: str) -> str:
    """A button of an account's card; answers the page that follows."""
    return client.post(f"{PAGE}accounts/{account.pk}/{verb}/", fields, follow=True).content.decode()


def emails() -> list[str]:
    return [one.email for one in Account.objects.all()]


def test_the_order_can_be_changed_and_new_mail_is_sent_from_the_first(alice_client: Client, alice: User, account: Account, second: Account):
    third = Account.objects.create(owner=alice, email="third@acme.test", position=2)
    assert re.search(rf'<option value="{account.pk}"[^>]* selected>', alice_client.get("/mail/compose/").content.decode())
    press(alice_client, third, "move", to="up")
    assert emails() == ["alice@acme.test", "third@acme.test", "sales@acme.test"]
    press(alice_client, account, "move", to="down")
    assert emails() == ["third@acme.test", "alice@acme.test", "sales@acme.test"]
    press(alice_client, second, "move", to="first")
    press(alice_client, second, "move", to="up")
    press(alice_client, account, "move", to="down")
    assert emails() == ["sales@acme.test", "third@acme.test", "alice@acme.test"]
    assert re.search(rf'<option value="{second.pk}"[^>]* selected>', alice_client.get("/mail/compose/").content.decode())


def test_a_new_account_goes_to_the_end(alice_client: Client, second: Account, server: FakeServer):
    typed = {"email": "new@acme.test", "smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none"}
    alice_client.post(f"{PAGE}accounts/", {**typed, "imap_port": 993, "imap_security": "tls"})
    assert emails()[-1] == "new@acme.test"


def test_a_paused_account_neither_sends_nor_looks_and_says_so(
    alice_client: Client, account: Account, server: FakeServer, mailbox: FakeImap, queued: Callable[..., Message]
):
    message = queued()
    assert "is paused. Its mail waits in the outbox." in press(alice_client, account, "pause")
    Account.objects.update(bounces_due_at=timezone.now())
    uncertain = queued(subject="Perhaps").deliveries.get()
    Delivery.objects.filter(pk=uncertain.pk).update(status="uncertain", next_attempt_at=timezone.now())
    Message.objects.filter(pk=queued(subject="Gone").pk).update(filing="pending", filing_due_at=timezone.now())
    work(after=timedelta(days=6))
    bounces.look(now=timezone.now())
    assert (server.connections, mailbox.connections) == (0, 0)
    assert sent_copies.claim_searches(now=timezone.now()) == []
    assert "Waits: account paused" in alice_client.get("/mail/outbox/").content.decode()
    thread = alice_client.get(f"/mail/threads/{message.thread_id}/").content.decode()
    assert "this account is paused" in thread
    assert f'href="{PAGE}"' in thread
    page = alice_client.get(PAGE).content.decode()
    assert "Paused" in page
    assert "3 mails wait in the outbox." in page
    Message.objects.exclude(pk=message.pk).delete()
    assert "goes on" in press(alice_client, account, "resume")
    work()
    assert len(server.taken) == 1


def test_the_days_until_giving_up_do_not_run_while_an_account_is_paused(
    alice_client: Client, account: Account, server: FakeServer, queued: Callable[..., Message]
):
    delivery = queued().deliveries.get()
    press(alice_client, account, "pause")
    Delivery.objects.update(queued_at=timezone.now() - timedelta(days=30))
    later = queued(subject="Later").deliveries.get()
    Delivery.objects.filter(pk=later.pk).update(next_attempt_at=timezone.now() + timedelta(days=3))
    press(alice_client, account, "resume")
    server.will(mail=["451 4.3.0 later"])
    work()
    delivery.refresh_from_db()
    assert delivery.status == "retry"
    later.refresh_from_db()
    assert later.next_attempt_at > timezone.now() + timedelta(days=2)


def test_one_account_that_stands_still_holds_up_no_other(second: Account, account: Account, server: FakeServer, queued):
    queued(account=account)
    queued(account=second)
    Account.objects.filter(pk=account.pk).update(needs_reconnecting=True)
    work()
    assert [one.sender for one in server.taken] == ["sales@acme.test"]


def test_what_is_wrong_is_said_since_when_and_forgotten_when_it_works(
    alice_client: Client, account: Account, server: FakeServer, queued: Callable[..., Message]
):
    queued()
    server.will(auth=["535 5.7.8 no", "535 5.7.8 no"])
    work()
    since = Account.objects.get().failing_since
    page = alice_client.get(PAGE).content.decode()
    assert "Does not work" in page
    assert "127.0.0.1 did not accept user name and password." in page
    assert "Since " in page
    press(alice_client, account, "test")
    assert Account.objects.get().failing_since == since
    page = press(alice_client, account, "test")
    assert "Signed in; mail can be sent." in page
    assert "Since " not in page
    assert (Account.objects.get().last_error, Account.objects.get().failing_since) == ("", None)


def test_a_test_of_the_card_answers_in_place(alice_client: Client, account: Account, server: FakeServer):
    answer = alice_client.post(f"{PAGE}accounts/{account.pk}/test/", headers={"Accept": "application/json"})
    assert "Signed in" in answer.content.decode()
    assert "<html" not in answer.content.decode()


@pytest.fixture
def sent_mail(sent: Callable[..., Message]) -> Message:
    """A tracked mail of Alice's, with a file."""
    message = sent()
    Attachment.objects.create(message=message, name="a.pdf", file=ContentFile(b"%PDF", "a"), size=4)
    return message


def test_disconnecting_asks_first_and_counts_what_goes(
    alice_client: Client, account: Account, sent_mail: Message, draft: Callable[..., Message], queued: Callable[..., Message]
):
    draft(subject="Half")
    queued(subject="Waits")
    page = alice_client.get(f"{PAGE}accounts/{account.pk}/disconnect/").content.decode()
    for words in (
        "1 mail in Candor",
        "1 of them tracked",
        "1 draft",
        "1 mail that has not been sent yet",
        "the links in mails that you have sent",
    ):
        assert words in page
    assert Account.objects.exists()


def test_disconnected_with_its_mail_kept_nothing_else_goes(alice_client: Client, account: Account, sent_mail: Message):
    assert "Its mails stay" in press(alice_client, account, "disconnect", mail="keep")
    assert not Account.objects.exists()
    assert Message.objects.get().tracked_mail == sent_mail.tracked_mail


def test_disconnected_with_its_mail_all_of_that_goes_and_nothing_else(
    alice_client: Client,
    alice: User,
    second: Account,
    account: Account,
    sent_mail: Message,
    queued: Callable[..., Message],
    mailbox: FakeImap,
    django_capture_on_commit_callbacks,
):
    person = Person.objects.create(owner=alice, name="Boris", email="boris@client.test")
    other = queued(account=second, subject="Of the other account")
    queued(track=True, subject="Still waits")
    TimelineEntry.objects.create(kind="mail_sent", text="Sent", url=sent_mail.tracked_mail.url, person=person, only_for=alice)  # type: ignore[union-attr]
    Card.objects.create(user=alice, kind="opened", title="Opened", group_key=f"tracking:{sent_mail.tracked_mail_id}")
    file = sent_mail.attachments.get().file.name or ""
    kept_at_provider = len(mailbox.mails)
    assert "Its mail is being removed from Candor." in press(alice_client, account, "disconnect", mail="remove")
    leaving_one = Account.objects.get(pk=account.pk)
    assert (leaving_one.smtp_password, leaving_one.imap_password) == ("", "")
    assert "The mail of alice@acme.test is being removed" in alice_client.get(PAGE).content.decode()
    assert alice_client.get(f"{PAGE}accounts/{account.pk}/").status_code == 404
    work()
    with django_capture_on_commit_callbacks(execute=True):
        tasks.remove_leaving()
    assert emails() == ["sales@acme.test"]
    assert list(Message.objects.all()) == [other]
    assert list(Thread.objects.all()) == [other.thread]
    assert not TimelineEntry.objects.filter(url=threading.url(sent_mail)).exists()
    for gone in (TrackedMail, Copy, Card, Attachment):
        assert not gone.objects.exists(), gone
    assert not default_storage.exists(file)
    assert len(mailbox.mails) == kept_at_provider
    assert Person.objects.get() == person


def test_the_links_in_mails_that_were_sent_go_on_working(alice_client: Client, account: Account, sent_mail: Message, client: Client):
    copy = sent_mail.tracked_mail.copies.get()  # type: ignore[union-attr]
    html = instrument.instrument(sent_mail.body_html, copy=copy)
    link = html.partition('href="http://track.test')[2].partition('"')[0]
    press(alice_client, account, "disconnect", mail="remove")
    tasks.remove_leaving()
    assert not Copy.objects.exists()
    answer = client.get(link, headers={"Host": "track.test"})
    assert (answer.status_code, answer["Location"]) == (302, "https://x.test/?a=1&b=2")


def test_what_a_worker_is_sending_is_removed_only_afterwards(account: Account, queued: Callable[..., Message]):
    message = queued()
    message.deliveries.update(status="sending", claimed_at=timezone.now())
    leaving.begin(account=account, now=timezone.now())
    assert leaving.go_on()
    assert Message.objects.exists()
    message.deliveries.update(status="failed")
    assert not leaving.go_on()
    assert not Account.objects.exists()


def test_a_removal_that_was_killed_goes_on_and_the_address_can_be_connected_meanwhile(
    alice_client: Client, account: Account, server: FakeServer, queued: Callable[..., Message], monkeypatch
):
    for number in range(5):
        queued(subject=str(number))
    monkeypatch.setattr(leaving, "BATCH", 2)
    monkeypatch.setattr(leaving, "MOST", 1)
    press(alice_client, account, "disconnect", mail="remove")
    assert leaving.go_on()
    typed = {"email": "alice@acme.test", "smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none"}
    alice_client.post(f"{PAGE}accounts/", {**typed, "imap_port": 993, "imap_security": "tls"})
    assert leaving.go_on()
    assert not leaving.go_on()
    assert Account.objects.get().leaving_at is None
    assert not Message.objects.exists()


def test_a_server_inside_is_reached_neither_by_a_test_nor_by_the_worker(
    alice_client: Client, account: Account, server: FakeServer, mailbox: FakeImap, queued: Callable[..., Message], settings
):
    settings.ALLOW_PRIVATE_MAIL_HOSTS = []
    message = queued()
    Account.objects.update(bounces_due_at=timezone.now())
    page = press(alice_client, account, "test")
    assert page.count("127.0.0.1 leads into a private network, so Candor did not connect to it.") >= 2
    assert str(server.port) not in page.partition("account-outcome")[2].partition("sync-account-actions")[0]
    work()
    bounces.look(now=timezone.now())
    assert message.deliveries.get().status == "failed"
    assert (server.connections, mailbox.connections) == (0, 0)


def test_the_demos_own_servers_are_reached_only_as_they_are(alice_client: Client, account: Account, server: FakeServer, settings):
    settings.ALLOW_PRIVATE_MAIL_HOSTS = []
    Account.objects.update(is_demo=True)
    assert "Signed in" in press(alice_client, account, "test")
    typed = {
        "email": account.email,
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port + 1,
        "smtp_security": "none",
        "smtp_username": "alice",
    }
    typed |= {"imap_port": 993, "imap_security": "tls", "smtp_password": "typed"}
    answer = alice_client.post(f"{PAGE}accounts/{account.pk}/", typed)
    assert "leads into a private network" in answer.content.decode()
