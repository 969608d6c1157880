"""Mail that came back: its recipients' states say so, and what loads a returned copy never counts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mail import bounces, inbound, sending
from mail.models import Account, Message, Recipient
from mail.reports import Report
from mail.states import recipient_state
from notifications import switches
from notifications.models import Card
from tracking import recording, settling
from tracking.hits import OPEN, Hit, new_id
from tracking.models import Copy, TrackedMail

THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0"


@pytest.fixture
def returned(server, account, queued):
    """A tracked mail to Boris and Carla that has gone, each with a copy of their own."""
    message = queued(track=True, to="boris@client.test, carla@client.test")
    sending.send_due()
    message.refresh_from_db()
    return message


def copy_of(message: Message, who: str) -> Copy:
    return Copy.objects.get(mail=message.tracked_mail, email=f"{who}@client.test")


def report(message: Message, *, failed: dict[str, str] | None = None, copies: frozenset[int] = frozenset()) -> Report:
    return Report(failed or {}, frozenset({message.message_id}), copies)


def opened(copy: Copy, hours: float) -> None:
    at = timezone.now() + timedelta(hours=hours)
    hit = Hit(new_id(), OPEN, copy.public_id, 0, at.timestamp(), "GET", THUNDERBIRD, "203.0.113.9", {}, None)
    recording.record([hit], now=at)


def opens(message: Message) -> int:
    return TrackedMail.objects.get(message=message).open_count


def test_the_recipients_state_has_the_servers_words_and_the_sender_is_told(returned, account):
    bounces.take_in(report(returned, failed={"carla@client.test": "5.1.1 no such user"}), account=account, now=timezone.now())

    carla = Recipient.objects.get(email="carla@client.test")
    state = recipient_state(returned, carla)
    assert state
    assert (state.kind, state.reply) == ("refused", "5.1.1 no such user")
    card = Card.objects.get()
    assert (card.kind, card.title) == ("returned", "Your mail to carla@client.test came back: no such address")
    assert card.detail == "“Offer” · 5.1.1 no such user"
    assert copy_of(returned, "carla").returned_at
    assert not copy_of(returned, "boris").returned_at


def test_the_sender_who_reads_the_bounce_counts_for_nothing_before_and_after_it_is_found(returned, account):
    opened(copy_of(returned, "carla"), 1)
    opened(copy_of(returned, "boris"), 1)
    assert opens(returned) == 2
    now = timezone.now() + timedelta(hours=2)
    bounces.take_in(report(returned, copies=frozenset({copy_of(returned, "carla").public_id})), account=account, now=now)
    settling.settle(now=now)
    assert opens(returned) == 1
    opened(copy_of(returned, "carla"), 3)
    assert opens(returned) == 1
    opened(copy_of(returned, "boris"), 4)
    assert opens(returned) == 2


def test_it_is_said_once(returned, account):
    for _number in range(2):
        bounces.take_in(report(returned, failed={"carla@client.test": "no"}), account=account, now=timezone.now())
    assert Card.objects.get().count == 1


def test_of_a_shared_copy_the_others_go_on_counting(server, account, queued):
    message = queued(track=True, tell_apart=False, to="boris@client.test, carla@client.test")
    sending.send_due()
    bounces.take_in(report(message, failed={"carla@client.test": "no"}), account=account, now=timezone.now())
    copy = Copy.objects.get()
    assert copy.returned_at is None
    bounces.take_in(report(message, failed={"boris@client.test": "no"}), account=account, now=timezone.now())
    copy.refresh_from_db()
    assert copy.returned_at


def test_a_report_about_somebody_elses_mail_changes_nothing(returned, account, bob):
    theirs = Account.objects.create(owner=bob, email="bob@acme.test", smtp_host="127.0.0.1")
    bounces.take_in(report(returned, failed={"carla@client.test": "no"}), account=theirs, now=timezone.now())
    assert not Recipient.objects.exclude(refusal="").exists()
    stranger = Report({"carla@client.test": "no"}, frozenset({"<other@x.test>"}), frozenset({1}))
    bounces.take_in(stranger, account=account, now=timezone.now())
    assert not Recipient.objects.exclude(refusal="").exists()


def test_the_inbox_is_searched_soon_after_a_sending_then_rarely_then_not_at_all(server, account, queued):
    now = timezone.now()
    Account.objects.update(imap_host="127.0.0.1", imap_port=server.port)
    message = queued(track=True)
    assert due(account) is None
    sending.send_due()
    assert due(account) - now < timedelta(minutes=1)
    for age, pause in [(0.1, 1 / 60), (0.5, 5 / 60), (20, 1), (100, 6)]:
        Message.objects.filter(pk=message.pk).update(sent_at=now - timedelta(hours=age))
        assert bounces._next_look(account, now) == now + timedelta(hours=pause)
    Message.objects.filter(pk=message.pk).update(sent_at=now - timedelta(days=7))
    assert bounces._next_look(account, now) is None


def test_a_mailbox_that_cannot_be_reached_is_asked_again_later(server, account, queued, caplog):
    Account.objects.update(imap_host="127.0.0.1", imap_port=1, imap_security="none")
    queued(track=True)
    sending.send_due()
    caplog.clear()
    now = timezone.now() + timedelta(minutes=1)
    bounces.look(now=now)
    assert due(account) > now
    assert "could not be searched" in caplog.text
    assert "client.test" not in caplog.text


def due(account: Account):
    account.refresh_from_db()
    return account.bounces_due_at


def test_what_comes_in_and_is_a_report_is_taken_in_and_is_nobodys_answer(returned, account):
    below = f"--- Below this line is a copy of the message.\n\nMessage-ID: {returned.message_id}\n"
    text = f"<carla@client.test>:\n552 5.2.2 Mailbox full\n\n{below}"
    raw = f"From: MAILER-DAEMON@mx.client.test\nSubject: failure notice\n\n{text}".encode()
    common = {"owner": returned.owner, "account": account, "thread": returned.thread, "folder": "inbox", "in_reply_to": returned.message_id}
    message = Message.objects.create(from_email="mailer-daemon@mx.client.test", **common)
    for _number in range(2):
        inbound.received(message, raw, now=timezone.now())

    message.refresh_from_db()
    assert (message.automatic, message.answer_to) == ("report", None)
    card = Card.objects.get()
    assert (card.title, card.count) == ("Your mail to carla@client.test came back: mailbox full", 1)
    assert card.url.endswith(f"#message-{returned.pk}")


def test_a_report_that_does_not_say_which_mail_means_the_last_that_went_there(returned, account, queued):
    later = queued(to="carla@client.test", subject="Later")
    sending.send_due()
    bounces.take_in(Report({"carla@client.test": "no"}, frozenset(), frozenset()), account=account, now=timezone.now())
    assert [one.message for one in Recipient.objects.exclude(refusal="")] == [later]


def test_who_wants_no_cards_about_returned_mail_gets_none_and_sees_it_in_the_thread(returned, account, alice, alice_client):
    switches.switch(user=alice, on=[], now=timezone.now())
    bounces.take_in(report(returned, failed={"carla@client.test": "550 no such user"}), account=account, now=timezone.now())
    assert not Card.objects.exists()
    assert "550 no such user" in alice_client.get(f"/mail/threads/{returned.thread_id}/").content.decode()
