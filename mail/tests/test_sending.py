"""The outbox against a server that does anything: what is sent, what is tried again, what is told, and never anything twice."""

import os
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from crm.records.models import Deal, Person, Pipeline, Stage, TimelineEntry
from mail import attachments, claims, outbox, outcomes, sending, smtp
from mail.faults import Reply
from mail.models import Delivery, Message
from mail.states import DeliveryState, delivery_state
from mail.tests.fake_smtp import ACCEPT_AND_DROP, DROP, HANG
from notifications.models import Card, LiveEvent

HASTY = smtp.Patience(connect=1, command=0.5, data=0.5, block=1, final=0.5)


def work(after: timedelta = timedelta(0)) -> None:
    """Let the worker look at the outbox, some time from now."""
    sending.send_due(clock=lambda: timezone.now() + after, patience=HASTY)


def the_delivery(message: Message) -> Delivery:
    return message.deliveries.get()


def state_of(message: Message) -> DeliveryState:
    state = delivery_state(message)
    assert state
    return state


def claimed(message: Message) -> Delivery:
    """The message's delivery in the hands of a worker."""
    delivery = claims.claim_next(message.account_id, timezone.now())
    assert delivery
    return delivery


def test_a_mail_is_delivered_and_moves_to_sent(server, queued):
    message = queued(cc="carla@client.test", bcc="dora@client.test")
    work()
    message.refresh_from_db()
    (taken,) = server.taken
    assert (taken.sender, taken.recipients) == ("alice@acme.test", ["boris@client.test", "carla@client.test", "dora@client.test"])
    assert b"dora" not in taken.data
    assert server.logins == [("alice", "secret")]
    assert message.folder == Message.Folder.SENT
    assert message.sent_at
    assert the_delivery(message).smtp_reply == "250 taken as 1234"
    assert state_of(message).kind == "sent"
    assert list(LiveEvent.objects.filter(name="mail").values_list("payload", flat=True))[-1] == {"message": message.pk, "folder": "sent"}


def test_several_mails_go_over_one_connection(server, queued):
    for _number in range(3):
        queued()
    work()
    assert len(server.taken) == 3
    assert server.connections == 1


def test_a_server_that_hung_up_after_a_mail_is_called_again(server, queued):
    queued(), queued()
    server.will(mail=["250 ok", DROP])
    work()
    assert len(server.taken) == 2
    assert server.connections == 2


BEFORE_THE_DOT = [
    {"banner": [DROP]},
    {"banner": [HANG]},
    {"banner": ["421 too busy"]},
    {"ehlo": [DROP]},
    {"auth": [DROP]},
    {"auth": ["454 4.7.0 Temporary authentication failure"]},
    {"mail": [DROP]},
    {"mail": [HANG]},
    {"mail": ["451 4.3.0 try later"]},
    {"mail": ["503 5.5.1 out of step"]},
    {"rcpt": [DROP]},
    {"rcpt": ["450 4.2.1 greylisted"]},
    {"rcpt": ["421 4.3.2 shutting down"]},
    {"data": [DROP]},
    {"data": [HANG]},
    {"data": ["451 no room"]},
    {"data": ["550 5.4.5 Daily user sending limit exceeded"]},
    {"dot": ["451 4.3.0 queue full"]},
    {"dot": ["421 4.3.2 closing"]},
]


@pytest.mark.parametrize("script", BEFORE_THE_DOT, ids=str)
def test_what_may_pass_is_tried_again_later_and_delivered_once(server, queued, script):
    message = queued()
    server.will(**script)
    work()
    delivery = the_delivery(message)
    assert server.taken == []
    assert delivery.status == Delivery.Status.RETRY
    assert delivery.error
    assert state_of(message).kind == "retry"
    assert delivery.next_attempt_at > timezone.now() + timedelta(seconds=50)
    work()
    assert server.taken == [], "it is not tried again before its time"
    work(after=timedelta(hours=2))
    work(after=timedelta(days=2))
    assert len(server.taken) == 1
    assert the_delivery(message).status == Delivery.Status.SENT


def test_a_connection_lost_inside_of_the_body_leaves_no_doubt(server, draft):
    message = draft()
    attachments.add(message=message, upload=SimpleUploadedFile("film.bin", os.urandom(9_000_000)))
    outbox.queue(message=message, track_opens=False, track_links=False, now=timezone.now())
    server.will(body=[DROP])
    work()
    assert the_delivery(message).status == Delivery.Status.RETRY
    work(after=timedelta(hours=1))
    assert len(server.taken) == 1


PERMANENT = [
    {"banner": ["554 no service"]},
    {"auth": ["535 5.7.8 authentication failed"]},
    {"mail": ["553 5.7.1 not your address"]},
    {"rcpt": ["550 5.1.1 no such user"]},
    {"data": ["554 5.7.1 spam"]},
    {"dot": ["550 5.7.1 content rejected"]},
    {"dot": ["552 5.2.3 message too large"]},
]


@pytest.mark.parametrize("script", PERMANENT, ids=str)
def test_what_cannot_pass_is_told_with_the_servers_words(server, queued, script):
    message = queued()
    server.will(**script)
    work()
    delivery = the_delivery(message)
    answer = next(iter(script.values()))[0]
    assert (delivery.status, delivery.smtp_reply) == (Delivery.Status.FAILED, answer)
    message.refresh_from_db()
    state = state_of(message)
    assert (message.folder, state.kind, state.reply, state.can_send_again, state.can_edit) == ("outbox", "failed", answer, True, True)
    assert Card.objects.get().title == "Not sent: Offer"
    work(after=timedelta(days=1))
    assert server.taken == []
    outbox.send_again(message=message, now=timezone.now())
    work()
    assert len(server.taken) == 1


@pytest.mark.parametrize("answer", [DROP, ACCEPT_AND_DROP, HANG, "hello?", "354 go on"])
def test_without_an_answer_to_the_final_dot_nothing_is_sent_again_by_itself(server, queued, answer):
    message = queued()
    server.will(dot=[answer])
    work()
    assert the_delivery(message).status == Delivery.Status.UNCERTAIN
    taken = len(server.taken)
    for days in range(8):
        work(after=timedelta(days=days))
    assert the_delivery(message).status == Delivery.Status.UNCERTAIN
    assert len(server.taken) == taken
    message.refresh_from_db()
    state = state_of(message)
    assert (message.folder, state.kind, state.can_send_again) == ("outbox", "uncertain", True)
    assert Card.objects.get().title == "Perhaps sent: Offer"


def test_a_refused_recipient_is_told_and_the_others_get_the_mail_once(server, queued):
    message = queued(cc="carla@client.test, dora@client.test")
    server.will(rcpt=["250 ok", "550 5.1.1 no such user", "250 ok"])
    work()
    work(after=timedelta(days=1))
    (taken,) = server.taken
    assert taken.recipients == ["boris@client.test", "dora@client.test"]
    assert [(one.email, one.refusal) for one in outbox.refused(message)] == [("carla@client.test", "550 5.1.1 no such user")]
    message.refresh_from_db()
    assert message.folder == Message.Folder.SENT
    assert state_of(message).text == "Sent, but refused for carla@client.test."
    assert Card.objects.get().detail == "1 of 3 recipients did not get it: carla@client.test."


def test_a_recipient_refused_for_now_gets_the_mail_later_and_nobody_twice(server, queued):
    message = queued(cc="carla@client.test", track=True, tell_apart=False)
    server.will(rcpt=["250 ok", "450 4.2.0 greylisted"])
    work()
    work(after=timedelta(hours=1))
    assert [taken.recipients for taken in server.taken] == [["boris@client.test"], ["carla@client.test"]]
    assert server.taken[0].data == server.taken[1].data
    assert {one.status for one in message.deliveries.all()} == {Delivery.Status.SENT}
    assert not outbox.refused(message).exists()


def test_each_envelope_keeps_the_message_id_that_the_provider_gave_it(server, queued):
    message = queued(cc="carla@client.test", track=True)
    server.will(dot=[f"250 2.0.0 OK <{number}@eurprd01.prod.outlook.com> [Hostname=x]" for number in "12"])
    work()
    given = [f"<{number}@eurprd01.prod.outlook.com>" for number in "12"]
    assert list(message.deliveries.values_list("provider_message_id", flat=True)) == given
    message.refresh_from_db()
    assert message.provider_message_id == given[0]


def test_when_everybody_is_refused_only_those_for_now_are_tried_again(server, queued):
    message = queued(cc="carla@client.test")
    server.will(rcpt=["550 no such user", "450 greylisted"])
    work()
    assert the_delivery(message).status == Delivery.Status.RETRY
    work(after=timedelta(hours=1))
    assert [taken.recipients for taken in server.taken] == [["carla@client.test"]]


def test_trying_ends_after_some_days(server, queued):
    message = queued()
    server.will(mail=["451 later"] * 100)
    for hours in range(0, 24 * 6, 4):
        work(after=timedelta(hours=hours))
    delivery = the_delivery(message)
    assert delivery.status == Delivery.Status.FAILED
    assert 20 < delivery.attempts < 40
    assert Card.objects.count() == 1


def test_a_wrong_password_is_tried_once_however_many_mails_wait(server, queued, account):
    messages = [queued() for _number in range(3)]
    server.will(auth=["535 5.7.8 wrong"] * 9)
    work()
    assert server.connections == 1
    assert {the_delivery(message).status for message in messages} == {Delivery.Status.FAILED}
    account.refresh_from_db()
    assert account.last_error == "127.0.0.1 did not accept user name and password."
    server.will()
    outbox.send_again(message=messages[0], now=timezone.now())
    work()
    account.refresh_from_db()
    assert account.last_error == ""


def test_a_removed_account_keeps_the_mail_and_says_so(queued, account):
    message = queued()
    account.delete()
    work()
    assert the_delivery(message).error == "The mail account was removed. Choose another one and send it again."


def test_a_lost_file_keeps_the_mail_and_says_so(server, draft, account):
    message = draft()
    attachment = attachments.add(message=message, upload=SimpleUploadedFile("plan.pdf", b"PDF"))
    outbox.queue(message=message, track_opens=False, track_links=False, now=timezone.now())
    attachment.file.storage.delete(str(attachment.file.name))
    work()
    assert "plan.pdf" in the_delivery(message).error
    assert server.taken == []


def test_the_timeline_of_people_and_deals_tells_it_to_the_owner_alone(alice, server, queued):
    boris = Person.objects.create(owner=alice, name="Boris", email="boris@client.test")
    stage = Stage.objects.create(pipeline=Pipeline.objects.create(name="Licences"), name="New")
    deal = Deal.objects.create(owner=alice, title="Ten licences", stage=stage)
    queued(deal=deal)
    work()
    lines = TimelineEntry.objects.order_by("pk")
    assert [(line.person, line.deal, line.text, line.only_for) for line in lines] == [
        (boris, None, "Email sent: Offer", alice),
        (None, deal, "Email sent: Offer", alice),
    ]


def test_a_hanging_server_holds_up_its_own_account_alone(server, queued, alice, bob):
    queued(), queued()
    now = timezone.now()
    (account,) = claims.accounts_waiting(now)
    claims.claim_next(account, now)
    assert claims.accounts_waiting(now) == []
    assert claims.accounts_waiting(now + claims.STALE) == [account]


def test_a_dead_worker_before_the_dot_delays_the_mail(server, queued):
    message = queued()
    claimed(message)
    work()
    assert server.taken == []
    assert state_of(message).kind == "sending"
    work(after=claims.STALE)
    assert len(server.taken) == 1


def test_a_worker_that_lost_its_claim_sends_nothing(server, queued):
    message = queued()
    delivery = claimed(message)
    sending.recover(now=timezone.now() + claims.STALE)
    line = smtp.Connection(smtp.server_of(message.account), HASTY)
    sending._send(delivery, line, timezone.now)
    line.close()
    assert server.taken == []


def test_a_late_answer_corrects_what_was_taken_as_uncertain(server, queued):
    message = queued()
    delivery = claimed(message)
    claims.settle(delivery, "sending", status="transmitting")
    sending.recover(now=timezone.now() + claims.STALE)
    assert the_delivery(message).status == Delivery.Status.UNCERTAIN
    outcomes.sent(delivery, reply=Reply(250, "ok"), refused={}, now=timezone.now())
    assert the_delivery(message).status == Delivery.Status.SENT


def test_a_mail_on_the_wire_cannot_be_taken_back(queued):
    message = queued()
    claimed(message)
    with pytest.raises(outbox.CannotSend):
        outbox.back_to_drafts(message=message)
    with pytest.raises(outbox.CannotSend):
        outbox.send_again(message=message, now=timezone.now())
    assert message.folder == Message.Folder.OUTBOX


def test_an_address_in_another_script_needs_a_server_that_takes_it(server, queued):
    message = queued(to="иван@пример.test")
    work()
    assert the_delivery(message).error.startswith("127.0.0.1 cannot send to addresses with letters outside of ASCII")
    server.will(ehlo=["250-fake.test\r\n250-SMTPUTF8\r\n250-AUTH PLAIN\r\n250 8BITMIME"])
    outbox.send_again(message=message, now=timezone.now())
    work()
    (taken,) = server.taken
    assert taken.recipients == ["иван@пример.test"]
    assert "иван@".encode() in taken.data


def test_what_happened_is_written_down_once_the_database_is_back(monkeypatch):
    monkeypatch.setattr(sending, "RECORDING_PAUSES", (0, 0, 0))
    outcomes_of_calls = [OperationalError("locked"), InterfaceError("gone"), None]

    def record() -> None:
        outcome = outcomes_of_calls.pop(0)
        if outcome:
            raise outcome

    sending._recorded(record)
    assert outcomes_of_calls == []
