"""Undo and send later: a mail leaves at its time, not before, and can be taken back until then."""

import email
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.lib import heartbeat
from mail import attachments, outbox, scheduling, sending, states
from mail.alarm import Alarm
from mail.models import Account, Message
from mail.tests.fake_smtp import FakeServer
from mail.tests.test_composer import JSON, typed
from notifications.models import Card
from tracking import preferences
from tracking.models import TrackedMail

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)  # a Thursday, 9:00 in Berlin
Draft = Callable[..., Message]
NOT_TRACKED: dict[str, Any] = {"track_opens": False, "track_links": False}


def at(text: str, *, now: datetime = NOW) -> datetime | None:
    return scheduling.chosen(text, zone=BERLIN, now=now)


def test_times_are_the_user_s_own_and_know_summer_from_winter():
    assert at("2026-11-27T09:00") == datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    assert at("2027-03-29T09:00") == datetime(2027, 3, 29, 7, 0, tzinfo=UTC)
    assert at("2027-10-31T02:30") == datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "the first of the two"
    assert at("") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-11-26T09:00", "has passed"),
        ("2025-11-27T09:00", "has passed"),
        ("2027-03-28T02:30", "clocks skip this hour"),
        ("2029-01-01T09:00", "more than a year"),
        ("9998-12-31T23:59", "more than a year"),
        ("9999-12-31T23:59", "not a date"),
        ("0001-01-01T00:00", "not a date"),
        ("tomorrow", "not a date"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_a_sentence(text: str, words: str):
    with pytest.raises(scheduling.NotATime) as error:
        at(text)
    assert words in error.value.sentence


@pytest.mark.parametrize(
    ("now", "offered"),
    [
        ("2026-11-26T09:00", ["2026-11-26T14:00", "2026-11-27T09:00", "2026-11-30T09:00"]),
        ("2026-11-26T13:45", ["2026-11-27T09:00", "2026-11-30T09:00"]),
        ("2026-11-29T09:00", ["2026-11-29T14:00", "2026-11-30T09:00"]),  # on a Sunday tomorrow is Monday
        ("2026-11-30T08:00", ["2026-11-30T14:00", "2026-12-01T09:00", "2026-12-07T09:00"]),
    ],
)
def test_the_menu_offers_what_is_still_ahead(now: str, offered: list[str]):
    presets = scheduling.presets(datetime.fromisoformat(now).replace(tzinfo=BERLIN), BERLIN)
    assert [scheduling.written(one.at, BERLIN) for one in presets] == offered


def test_a_mail_waits_for_its_sender_s_second_thought_and_leaves_then(server: FakeServer, draft: Draft):
    message, now = draft(), timezone.now()
    outbox.queue(message=message, **NOT_TRACKED, now=now, undo_seconds=10)
    assert sending.until_next(now=now) == 10
    sending.send_due(clock=lambda: now + timedelta(seconds=9))
    assert server.taken == []
    sending.send_due(clock=lambda: now + timedelta(seconds=10))
    assert len(server.taken) == 1
    assert sending.until_next(now=now) is None


def test_the_alarm_keeps_the_earliest_appointment_and_rings_once():
    rings, rung = [], threading.Event()

    def ring() -> None:
        rings.append(1)
        rung.set()

    alarm = Alarm(ring)
    alarm.set(seconds=60)
    alarm.set(seconds=0.01)
    alarm.set(seconds=30)
    assert rung.wait(10)
    assert rings == [1]


def test_undo_brings_back_the_mail_exactly_as_it_was(alice_client: Client, alice: User, account: Account, settings: Any):
    settings.UNDO_SECONDS = 10
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    fields = {"cc": "carla@client.test", "bcc": "dora@client.test", "track_opens": "on", "track_links": "", "tell_apart": ""}
    draft = Message.objects.get(pk=alice_client.post("/mail/compose/save/", typed(alice, **fields), headers=JSON).json()["draft"])
    attachments.add(message=draft, upload=SimpleUploadedFile("offer.pdf", b"%PDF"))
    before = alice_client.get(f"/mail/compose/?draft={draft.pk}").context["start"]
    sent = alice_client.post("/mail/compose/send/", typed(alice, draft=draft.pk, **fields), headers=JSON).json()
    assert (sent["toast"], sent["undo"], sent["seconds"]) == ("Sending…", "Undo", 10)
    preferences.remember_choice(user=alice, track_opens=False, track_links=True, tell_apart=True)  # by another mail meanwhile

    answer = alice_client.post(sent["undo_url"], headers=JSON).json()

    start = alice_client.get(answer["composer"]).context["start"]
    names = ["to", "cc", "bcc", "subject", "body_html", "track_opens", "track_links", "tell_apart", "draft_pk"]
    assert [getattr(start, name) for name in names] == [getattr(before, name) for name in names]
    assert draft.attachments.get().name == "offer.pdf"
    assert not TrackedMail.objects.exists()


def test_undo_comes_too_late_for_a_mail_that_is_sent(server: FakeServer, alice_client: Client, queued: Draft):
    message = queued()
    sending.send_due()
    answer = alice_client.post(f"/mail/messages/{message.pk}/take-back/", headers=JSON)
    assert (answer.status_code, "has been sent" in answer.json()["errors"][""]) == (409, True)


def tomorrow() -> datetime:
    return timezone.now().astimezone(BERLIN).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)


def schedule(client: Client, user: User, when: datetime | None = None, **fields: Any) -> Message:
    value = scheduling.written(when or tomorrow(), BERLIN)
    answer = client.post("/mail/compose/send/", typed(user, send_at=value, **fields), headers=JSON).json()
    return Message.objects.get(pk=answer["message"])


def test_a_mail_for_later_waits_in_the_outbox_with_its_time(server: FakeServer, alice_client: Client, alice: User, account: Account):
    heartbeat.beat()
    message, when = schedule(alice_client, alice), tomorrow()
    assert message.send_at == when
    assert "Goes tomorrow at 09:00" in alice_client.get("/mail/outbox/").content.decode()
    sending.send_due(clock=lambda: when - timedelta(seconds=1))
    assert server.taken == []
    sending.send_due(clock=lambda: when)
    mail = email.message_from_bytes(server.taken[0].data)
    assert parsedate_to_datetime(mail["Date"]) == when, "the Date is when it was sent"
    assert not Card.objects.exists()


@pytest.mark.parametrize(("value", "typed_time"), [("2020-01-01T09:00", ""), ("typed", "2020-01-01T09:00"), ("typed", "")])
def test_a_time_that_has_passed_is_told_and_everything_is_kept(
    alice_client: Client, alice: User, account: Account, value: str, typed_time: str
):
    fields = typed(alice, send_at=value, send_at_typed=typed_time)
    answer = alice_client.post("/mail/compose/send/", fields, headers=JSON)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["send_at"])
    assert (Message.objects.get().folder, Message.objects.get().body_html) == ("drafts", "<div>Hello</div>")
    assert '<details class="send-later" data-send-later open>' in alice_client.post("/mail/compose/send/", fields).content.decode()


def test_editing_keeps_the_time_and_freezes_tracking_anew(alice_client: Client, alice: User, account: Account):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    message = schedule(alice_client, alice, track_opens="on")
    before = message.tracked_mail_id
    page = alice_client.post(f"/mail/messages/{message.pk}/take-back/", follow=True)
    assert page.context["start"].send_at == message.send_at
    assert "It goes then only if you press" in page.content.decode()
    again = schedule(alice_client, alice, page.context["start"].send_at, draft=message.pk, track_links="on")
    assert again.tracked_mail
    assert (again.pk, again.tracked_mail.tracks_opens, again.tracked_mail.tracks_links) == (message.pk, False, True)
    assert before != again.tracked_mail_id


def test_back_to_drafts_forgets_the_time(alice_client: Client, alice: User, account: Account):
    message = schedule(alice_client, alice)
    alice_client.post(f"/mail/messages/{message.pk}/back-to-drafts/")
    message.refresh_from_db()
    assert (message.folder, message.send_at) == ("drafts", None)


def test_a_planned_mail_gets_another_time_or_goes_now(server: FakeServer, alice_client: Client, alice: User, account: Account):
    message, later = schedule(alice_client, alice), tomorrow() + timedelta(days=3)
    path = f"/mail/messages/{message.pk}/reschedule/"
    for wrong in ("2020-01-01T09:00", "", "nonsense"):
        alice_client.post(path, {"send_at": wrong})
        assert Message.objects.get().send_at == message.send_at
    alice_client.post(path, {"send_at": scheduling.written(later, BERLIN)})
    assert (Message.objects.get().send_at, message.deliveries.get().next_attempt_at) == (later, later)
    alice_client.post(path, {"now": "1"})
    sending.send_due()
    assert len(server.taken) == 1
    with pytest.raises(outbox.CannotSend):
        outbox.reschedule(message=message, send_at=later, now=timezone.now())


def test_a_mail_for_later_that_a_server_cannot_take_yet_is_tried_for_days_from_then(
    server: FakeServer, alice_client: Client, alice: User, account: Account
):
    when = timezone.now() + timedelta(days=6)
    message = schedule(alice_client, alice, when)
    server.will(mail=["451 4.3.0 Try again later"])
    sending.send_due(clock=lambda: when)
    assert message.deliveries.get().status == "retry"


def test_a_worker_that_was_down_sends_late_and_says_so(server: FakeServer, alice_client: Client, alice: User, account: Account):
    message, when = schedule(alice_client, alice), tomorrow()
    state = states.delivery_state(message)
    assert state
    assert state.kind == "scheduled"
    sending.send_due(clock=lambda: when + timedelta(hours=2))
    card = Card.objects.get()
    assert card.title == "Sent late: Offer"
    assert "at 09:00 and went" in card.detail
    assert "was not running" in card.detail


def test_every_copy_and_every_try_has_the_same_date(server: FakeServer, draft: Draft, alice: User):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    message, now = draft(cc="carla@client.test"), timezone.now()
    outbox.queue(message=message, track_opens=True, track_links=True, now=now)
    server.will(rcpt=["451 4.3.0 Try again later"])
    sending.send_due(clock=lambda: now)
    sending.send_due(clock=lambda: now + timedelta(hours=1))
    dates = {email.message_from_bytes(one.data)["Date"] for one in server.taken}
    assert [parsedate_to_datetime(one) for one in dates] == [now.replace(microsecond=0)]
    assert len(server.taken) == 2
