"""Answers: a person's moves the ladder and closes the loop in the feed; a program's is one quiet line."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.accounts.models import User
from crm.records import history
from crm.records.models import Person
from mail import inbound, lists, sending
from mail.models import Account, Message, Thread
from notifications import feed, switches
from notifications.models import Card, LiveEvent
from tracking import recording
from tracking.hits import OPEN, Hit, new_id
from tracking.models import Answer, Copy, TrackedMail

THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0"
HOUR = timedelta(hours=1)


@pytest.fixture
def boris(alice: User) -> Person:
    return Person.objects.create(owner=alice, name="Boris Petrov", email="boris@client.test")


@pytest.fixture
def proposal(server: Any, boris: Person, queued: Callable[..., Message]) -> Message:
    """A tracked mail to Boris and Carla, each with a copy of their own."""
    message = queued(track=True, to="Boris <boris@client.test>, carla@client.test", subject="Proposal for Q1")
    sending.send_due()
    message.refresh_from_db()
    return message


def answer(to: Message, *, who: str = "boris@client.test", name: str = "", raw: bytes = b"", now: datetime | None = None, **fields: Any):
    """A mail that has just come in, in the thread of what it answers."""
    at = fields.pop("at", timezone.now() + HOUR)
    known = {
        "in_reply_to": to.message_id,
        "subject": f"Re: {to.subject}",
        "preview": "Yes, gladly",
        "message_id": f"<{new_id()}@client.test>",
    }
    message = Message.objects.create(
        **{"owner": to.owner, "thread": to.thread, "account": to.account, "folder": "inbox", "is_read": False, **known, **fields},
        from_email=who,
        from_name=name,
        at=at,
    )
    inbound.received(message, raw, now=now or at)
    return message


def opened(message: Message, who: str = "boris@client.test", hours: float = 2) -> None:
    copy = Copy.objects.get(mail=message.tracked_mail, email=who)
    at = timezone.now() + hours * HOUR
    recording.record([Hit(new_id(), OPEN, copy.public_id, 0, at.timestamp(), "GET", THUNDERBIRD, "203.0.113.9", {}, None)], now=at)


def ladder(message: Message) -> TrackedMail:
    return TrackedMail.objects.get(message=message)


def test_an_answer_moves_the_ladder_and_says_whose_copy_it_was(proposal: Message):
    reply = answer(proposal)

    assert ladder(proposal).first_replied_at == reply.at
    found = Answer.objects.get()
    assert found.copy
    assert (found.name, found.copy.email) == ("Boris Petrov", "boris@client.test")
    reply.refresh_from_db()
    assert reply.answer_to == proposal


def test_the_mails_card_becomes_the_answered_one_rings_and_leads_to_the_answer(proposal: Message, alice: User):
    opened(proposal, hours=0.5)
    before = Card.objects.get()
    feed.mark_all_seen(user=alice, now=timezone.now())
    reply = answer(proposal)

    card = Card.objects.get()
    assert (card.pk, card.kind, card.title, card.count) == (before.pk, "replied", "Boris Petrov answered “Proposal for Q1”", 1)
    assert card.url == f"{reverse('mail:thread', args=[reply.thread_id])}#message-{reply.pk}"
    assert card.detail == "Yes, gladly"
    assert feed.unseen_count(alice) == 1
    assert LiveEvent.objects.filter(name="card", payload={"id": card.pk, "rings": True}).exists()
    assert LiveEvent.objects.filter(name="tracking", payload={"mail": proposal.tracked_mail_id}).exists()


def test_after_an_answer_hits_are_kept_and_nobody_is_told(proposal: Message, alice: User):
    answer(proposal)
    feed.mark_all_seen(user=alice, now=timezone.now())
    opened(proposal)
    opened(proposal, "carla@client.test")

    assert ladder(proposal).open_count == 2
    assert Card.objects.get().kind == "replied"
    assert feed.unseen_count(alice) == 0


def test_taking_in_twice_changes_nothing(proposal: Message, alice: User):
    reply = answer(proposal)
    feed.mark_all_seen(user=alice, now=timezone.now())
    inbound.received(reply, b"", now=reply.at)
    inbound.received(Message.objects.get(pk=reply.pk), b"", now=reply.at)

    assert (Answer.objects.count(), Card.objects.get().count, feed.unseen_count(alice)) == (1, 1, 0)


def test_a_second_answer_rings_again_in_the_same_card(proposal: Message):
    answer(proposal)
    answer(proposal, who="Carla@Client.test", at=timezone.now() + 2 * HOUR)

    card = Card.objects.get()
    assert (card.title, card.count) == ("carla@client.test answered “Proposal for Q1”", 2)


def test_who_got_a_forwarded_copy_and_answers_is_somebody_else(proposal: Message, alice_client: Client):
    answer(proposal, who="dora@elsewhere.test", name="Dora Diaz")

    found = Answer.objects.get()
    assert (found.name, found.copy) == ("", None)
    card = Card.objects.get()
    assert (card.title, card.detail) == ("Somebody else answered “Proposal for Q1”", "Dora Diaz, to whom you did not send it")
    icons = alice_client.get(reverse("tracking:icons", args=[proposal.tracked_mail_id])).content.decode()
    assert "by somebody else" in icons
    assert "Dora" not in icons
    assert "read: answered" not in icons


def test_of_a_shared_copy_the_writer_is_known_by_the_mail_itself(server: Any, queued: Callable[..., Message], alice_client: Client):
    message = queued(track=True, tell_apart=False, to="Boris <boris@client.test>, carla@client.test")
    sending.send_due()
    answer(message)

    found = Answer.objects.get()
    assert (found.name, found.copy) == ("Boris", None)


def test_the_arrow_says_when_and_who_and_that_it_was_read(proposal: Message, alice_client: Client):
    at = timezone.localtime(timezone.now()).replace(hour=14, minute=32)
    answer(proposal, at=at)
    with timezone.override("Europe/Berlin"):
        shown = timezone.localtime(at).strftime("%H:%M")
    html = alice_client.get(reverse("tracking:icons", args=[proposal.tracked_mail_id])).content.decode()

    assert f"Replied {shown} by Boris Petrov" in html
    assert "is-replied" in html
    assert "read: answered" in html
    for page in (reverse("mail:folder", args=["sent"]), reverse("mail:thread", args=[proposal.thread_id])):
        assert "by Boris Petrov</span>" in alice_client.get(page).content.decode()


def test_a_mail_that_tracks_links_alone_shows_its_answer_as_well(proposal: Message, alice_client: Client):
    TrackedMail.objects.update(tracks_opens=False)
    url = reverse("tracking:icons", args=[proposal.tracked_mail_id])
    assert 'data-tracked-kind="opens"' not in alice_client.get(url).content.decode()
    answer(proposal)
    html = alice_client.get(url).content.decode()
    assert "is-replied" in html
    assert "images blocked" not in html


def test_an_answer_counts_as_read(proposal: Message, alice: User):
    assert lists.folder_page(user=alice, folder="sent", filters=["opened"]).rows == []
    answer(proposal)
    assert lists.folder_page(user=alice, folder="sent", filters=["opened"]).rows == [proposal]


def test_the_persons_timeline_tells_it_to_the_owner_alone(proposal: Message, boris: Person, alice: User, bob: User):
    reply = answer(proposal)

    def lines(user: User) -> list[tuple[str, str]]:
        return [
            (line.icon, line.url) for _day, of_day in history.timeline_of(boris, user).days for line in of_day if line.kind == "replied"
        ]

    assert lines(alice) == [("reply", f"{reverse('mail:thread', args=[reply.thread_id])}#message-{reply.pk}")]
    assert lines(bob) == []


def test_an_untracked_mail_has_a_card_of_its_own(server: Any, queued: Callable[..., Message]):
    message = queued(subject="Lunch")
    sending.send_due()
    answer(message)
    answer(message, at=timezone.now() + 2 * HOUR)

    card = Card.objects.get()
    assert (card.title, card.count, card.kind) == ("Boris answered “Lunch”", 2, "replied")
    assert not Answer.objects.exists()


@pytest.mark.parametrize("named", ["in_reply_to", "references"])
def test_the_id_that_the_provider_gave_instead_is_known(proposal: Message, named: str):
    Message.objects.filter(pk=proposal.pk).update(provider_message_id="<AM0.given@eur01.prod.outlook.com>")
    carla = proposal.deliveries.get(recipients__email="carla@client.test")
    carla.provider_message_id = "<AM0.other@eur01.prod.outlook.com>"
    carla.save()
    elsewhere = Thread.objects.create(owner=proposal.owner)
    for who, given in (("boris@client.test", "given"), ("carla@client.test", "other")):
        fields: dict[str, Any] = {"in_reply_to": "", named: f"<AM0.{given}@eur01.prod.outlook.com>"}
        answer(proposal, who=who, thread=elsewhere, **fields)
    assert {one.copy.email for one in Answer.objects.all() if one.copy} == {"boris@client.test", "carla@client.test"}


def test_of_several_mails_the_one_named_is_answered_else_the_newest_of_the_chain(
    server: Any, proposal: Message, queued: Callable[..., Message]
):
    follow_up = queued(track=True, subject="Re: Proposal for Q1", in_reply_to=proposal)
    sending.send_due()
    follow_up.refresh_from_db()
    chain = f"{proposal.message_id} {follow_up.message_id}"
    answer(proposal, in_reply_to="<of.carla@client.test>", references=f"{chain} <of.carla@client.test>")
    assert (ladder(proposal).first_replied_at, bool(ladder(follow_up).first_replied_at)) == (None, True)
    answer(proposal, references=chain)
    assert ladder(proposal).first_replied_at


def test_without_any_reference_the_latest_mail_of_the_thread_to_the_writer_is_answered(proposal: Message):
    answer(proposal, who="stranger@client.test", in_reply_to="")
    assert not Answer.objects.exists()
    answer(proposal, in_reply_to="")
    assert Answer.objects.get().mail_id == proposal.tracked_mail_id


def test_an_answer_that_came_before_the_mail_it_answers_was_known(alice: User, account: Account, boris: Person):
    thread = Thread.objects.create(owner=alice, subject="From my phone")
    now = timezone.now()
    phone: dict[str, Any] = {"owner": alice, "account": account, "folder": "sent", "message_id": "<phone.1@acme.test>", "at": now - HOUR}
    sent = Message(thread=thread, from_email="Alice@acme.test", subject="From my phone", **phone)
    reply = answer(sent, thread=Thread.objects.create(owner=alice), at=now)
    assert not Card.objects.exists()

    sent.save()
    sent.recipients.create(email="boris@client.test", person=boris)
    inbound.received(sent, b"", now=now)
    reply.refresh_from_db()
    assert reply.answer_to == sent
    assert Card.objects.get().title == "Boris Petrov answered “From my phone”"
    inbound.received(sent, b"", now=now)
    assert Card.objects.get().count == 1


def test_who_is_out_of_office_is_told_in_one_quiet_line_and_counts_for_nothing(proposal: Message, alice: User):
    reply = answer(proposal, automatic="reply", subject="Out of Office: Proposal for Q1", preview="Back on Monday")

    card = Card.objects.get()
    assert (card.title, card.detail, card.is_quiet) == ("Boris Petrov is away: automatic reply", "Back on Monday", True)
    assert feed.unseen_count(alice) == 0
    assert ladder(proposal).first_replied_at is None
    inbound.received(reply, b"", now=reply.at)
    assert Card.objects.count() == 1
    answer(proposal, automatic="reply", subject="Ticket [17] Proposal for Q1")
    assert Card.objects.filter(title="Automatic reply from Boris Petrov", is_quiet=True).exists()


@pytest.mark.parametrize("automatic", ["report", "bulk"])
def test_what_servers_and_lists_send_is_no_answer(proposal: Message, automatic: str):
    answer(proposal, automatic=automatic)
    answer(proposal, who="MAILER-DAEMON@mx.client.test")
    assert not Answer.objects.exists()


def test_ones_own_mail_from_another_program_is_no_answer(proposal: Message):
    answer(proposal, who="ALICE@acme.test")
    assert not Answer.objects.exists()


def test_an_answer_to_somebody_elses_mail_changes_nothing(proposal: Message, bob: User):
    answer(proposal, owner=bob, account=None, thread=Thread.objects.create(owner=bob))
    assert not Answer.objects.exists()
    assert not Card.objects.exists()


def test_old_answers_of_a_first_sync_are_noted_and_not_announced(proposal: Message):
    answer(proposal, now=timezone.now() + timedelta(days=9))
    assert ladder(proposal).first_replied_at
    assert not Card.objects.exists()


def test_who_wants_no_cards_of_a_kind_gets_none(proposal: Message, alice: User):
    switches.switch(user=alice, on=["away"], now=timezone.now())
    answer(proposal)
    answer(proposal, automatic="reply", subject="Away")
    assert list(Card.objects.values_list("kind", flat=True)) == ["away"]


def test_a_mail_that_breaks_the_reader_stops_nothing(proposal: Message, caplog: pytest.LogCaptureFixture):
    broken = answer(proposal, raw=b"\x00\xff" * 1000, in_reply_to="<" * 200, references="<a@b" * 1000, subject="\x01")
    assert Message.objects.filter(pk=broken.pk).exists()
