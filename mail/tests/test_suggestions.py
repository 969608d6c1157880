"""The Sales Assistant suggests next steps: call whoever reads again and again, write to whoever does not answer. Once, and not for long."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.accounts.models import User
from crm.records.models import Activity, Person
from mail import answers, drafts, suggesting
from mail.models import Message
from mail.tests.posting import a_deal, sent
from notifications import switches
from notifications.kinds import SWITCHED
from notifications.models import Card, LiveEvent
from tracking import preferences
from tracking.models import Copy, Event
from tracking.tests.seen import hit

MONDAY = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)  # 10:30 in Berlin, where Alice lives
DAY = timedelta(days=1)
Draft = Callable[..., Message]


@pytest.fixture
def boris(alice: User) -> Person:
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    return Person.objects.create(owner=alice, name="Boris Petrov", email="boris@client.test")


@pytest.fixture
def proposal(boris: Person, draft: Draft) -> Message:
    return posted(draft(subject="Proposal"))


def posted(message: Message, at: datetime = MONDAY, *, tracked: bool = True) -> Message:
    """Sent at that time, with a copy of its own for Boris."""
    sent(message, tracked=tracked)
    Message.objects.filter(pk=message.pk).update(sent_at=at, at=at)
    if message.tracked_mail:
        recipient = message.recipients.all()[0]
        message.tracked_mail.copies.update(person=recipient.person, email=recipient.email)
    message.refresh_from_db()
    return message


def opened(message: Message, *times: datetime) -> None:
    for at in times:
        hit(Copy.objects.get(mail=message.tracked_mail), at)


def suggestions(kind: str = "") -> list[str]:
    standing = Card.objects.filter(is_suggestion=True, put_away_at=None).order_by("pk")
    return [card.title for card in (standing.filter(kind=kind) if kind else standing)]


def post(client: Client, url: str, **options: Any) -> Any:
    return client.post(url, headers={"Accept": "application/json"}, **options)


def test_three_openings_and_nothing_planned_suggest_a_call(proposal: Message):
    opened(proposal, MONDAY + DAY, MONDAY + 1.1 * DAY)
    suggesting.suggest(now=MONDAY + 1.2 * DAY)
    assert suggestions() == []
    opened(proposal, MONDAY + 1.3 * DAY)
    for _time in range(2):
        suggesting.suggest(now=MONDAY + 1.4 * DAY)

    assert suggestions() == ["Boris Petrov’s copy of “Proposal” was opened 3 times"]
    card = Card.objects.get()
    assert (card.seen_at, card.count) == (None, 1)
    assert [action["label"] for action in card.actions] == ["Plan a call"]
    assert LiveEvent.objects.filter(name="card", payload={"id": card.pk, "rings": True}).count() == 1


def test_openings_of_several_copies_are_nobodys_three(alice: User, draft: Draft, proposal: Message):
    for name in ("carla", "dora"):
        proposal.tracked_mail.copies.create(email=f"{name}@client.test")  # type: ignore[union-attr]
    for copy in Copy.objects.all():
        hit(copy, MONDAY + DAY)
    suggesting.suggest(now=MONDAY + 1.2 * DAY)
    assert suggestions() == []


def test_one_click_plans_the_call_for_ten_on_the_next_working_day(
    proposal: Message, alice_client: Client, boris: Person, alice: User, monkeypatch: pytest.MonkeyPatch
):
    deal = a_deal(alice, person=boris)
    proposal.thread.deals.add(deal)
    friday = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    opened(proposal, *[friday - hours * timedelta(hours=1) for hours in (3, 2, 1)])
    suggesting.suggest(now=friday)
    monkeypatch.setattr("django.utils.timezone.now", lambda: friday)
    (action,) = Card.objects.get().actions
    answer = post(alice_client, action["url"]).json()

    activity = Activity.objects.get()
    assert (activity.subject, activity.kind, activity.owner, activity.person, activity.deal) == (
        "Call Boris Petrov",
        "call",
        alice,
        boris,
        deal,
    )
    assert activity.due_at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday, 10:00 in Berlin
    assert answer["toast"] == "Call Boris Petrov: planned for Mon 23 Nov, 10:00"
    assert suggestions() == []
    card = Card.objects.get(put_away_at=None)
    assert [one["label"] for one in card.actions] == ["Change", "Undo"]
    assert alice_client.get(card.actions[0]["url"]).status_code == 200
    assert post(alice_client, action["url"]).json()["toast"] == "This is planned already, or no longer needed."
    assert Activity.objects.count() == 1

    post(alice_client, answer["undo"])
    assert not Activity.objects.exists()
    assert suggestions("plan_call") == ["Boris Petrov’s copy of “Proposal” was opened 3 times"]
    assert Card.objects.filter(put_away_at=None).count() == 1


def test_without_script_the_click_leads_to_the_planned_call(proposal: Message, alice_client: Client):
    opened(proposal, *[MONDAY + hours * timedelta(hours=1) for hours in (1, 2, 3)])
    suggesting.suggest(now=MONDAY + DAY)
    page = alice_client.get("/assistant/").content.decode()
    url = Card.objects.get().actions[0]["url"]
    assert f'<form method="post" action="{url}"' in page
    assert page.count("csrfmiddlewaretoken") >= 3
    assert "Not for this mail" in alice_client.get("/assistant/latest/").content.decode()
    answer = alice_client.post(url, follow=True)
    assert answer.redirect_chain == [(reverse("records:activity_detail", args=[Activity.objects.get().pk]), 302)]
    assert "planned for" in answer.content.decode()


@pytest.mark.parametrize(
    ("zone", "sent_at", "due"),
    [
        ("Europe/Berlin", datetime(2026, 11, 16, 9, 30), datetime(2026, 11, 19, 9, 30)),  # Monday → Thursday
        ("Europe/Berlin", datetime(2026, 11, 19, 9, 30), datetime(2026, 11, 24, 9, 30)),  # Thursday → Tuesday
        ("Europe/Berlin", datetime(2026, 11, 21, 11, 0), datetime(2026, 11, 25, 11, 0)),  # Saturday → Wednesday
        ("Europe/Berlin", datetime(2026, 10, 22, 10, 0), datetime(2026, 10, 27, 11, 0)),  # over the end of summer time, at noon both
        ("Europe/Berlin", datetime(2026, 11, 16, 22, 0), datetime(2026, 11, 20, 8, 0)),  # late in the evening → next morning at nine
        ("America/Los_Angeles", datetime(2026, 11, 21, 5, 0), datetime(2026, 11, 26, 17, 0)),  # Friday 21:00 there → Thursday 9:00
        ("Asia/Tokyo", datetime(2026, 11, 15, 16, 0), datetime(2026, 11, 19, 0, 0)),  # Monday 1:00 there → Thursday 9:00
    ],
)
def test_three_working_days_are_those_of_the_senders_zone(
    alice: User, boris: Person, draft: Draft, zone: str, sent_at: datetime, due: datetime
):
    alice.time_zone = zone
    alice.save()
    posted(draft(subject="Proposal"), sent_at.replace(tzinfo=UTC), tracked=False)
    minute = timedelta(minutes=1)
    suggesting.suggest(now=due.replace(tzinfo=UTC) - minute)
    assert suggestions() == []
    suggesting.suggest(now=due.replace(tzinfo=UTC) + minute)
    assert suggestions() == ["Boris Petrov did not answer “Proposal” yet"]


def test_a_follow_up_opens_the_composer_with_the_quoted_mail_in_the_same_thread(proposal: Message, alice_client: Client):
    suggesting.suggest(now=MONDAY + 4 * DAY)
    (action,) = Card.objects.get().actions
    assert (action["label"], action["method"]) == ("Write a follow-up", "dock")
    page = alice_client.get(action["url"], headers={"HX-Request": "true"}).content.decode()
    assert f'name="reply" value="{proposal.pk}"' in page
    assert "Re: Proposal" in page
    assert "boris@client.test" in page
    assert "candor_quote" in page or "blockquote" in page


def an_answer(message: Message) -> None:
    at = message.at + DAY
    reply = Message.objects.create(
        owner=message.owner, thread=message.thread, folder="inbox", from_email="boris@client.test", in_reply_to=message.message_id, at=at
    )
    answers.take_in(reply, now=at)


def a_newer_mail(message: Message) -> None:
    newer = drafts.save(
        owner=message.owner,
        message=None,
        account=message.account,
        to="boris@client.test",
        cc="",
        bcc="",
        subject="x",
        body_html="x",
        in_reply_to=message,
    )
    posted(newer, message.at + 3.5 * DAY, tracked=False)


def a_call_planned(message: Message) -> None:
    Activity.objects.create(owner=message.owner, subject="Call", due_at=MONDAY, person=message.recipients.all()[0].person)


def a_meeting_on_the_deal(message: Message) -> None:
    deal = a_deal(message.owner)
    message.thread.deals.add(deal)
    Activity.objects.create(owner=message.owner, subject="Meet", due_at=MONDAY, deal=deal)


def a_bounce(message: Message) -> None:
    message.recipients.update(refusal="550 no such user")


def the_trash(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(folder="trash")


CHANGES = [an_answer, a_newer_mail, a_call_planned, a_meeting_on_the_deal, a_bounce, the_trash]


@pytest.mark.parametrize("change", CHANGES)
def test_a_suggestion_goes_as_soon_as_it_has_no_point_and_is_not_made_before(proposal: Message, change: Callable[[Message], None]):
    suggesting.suggest(now=MONDAY + 4 * DAY)
    assert suggestions() == ["Boris Petrov did not answer “Proposal” yet"]
    change(proposal)
    suggesting.suggest(now=MONDAY + 4.1 * DAY)
    assert suggestions("follow_up") == []
    Card.objects.all().delete()
    suggesting.suggest(now=MONDAY + 4.2 * DAY)
    assert suggestions() == []


def test_an_answer_takes_the_suggestion_away_at_once(proposal: Message):
    suggesting.suggest(now=MONDAY + 4 * DAY)
    an_answer(proposal)
    assert suggestions() == []


def test_a_done_activity_is_no_plan(proposal: Message, boris: Person, alice: User):
    Activity.objects.create(owner=alice, subject="Call", due_at=MONDAY, done_at=MONDAY, person=boris)
    suggesting.suggest(now=MONDAY + 4 * DAY)
    assert suggestions() == ["Boris Petrov did not answer “Proposal” yet"]


def test_one_mail_has_one_suggestion_at_a_time(proposal: Message):
    suggesting.suggest(now=MONDAY + 4 * DAY)
    opened(proposal, *[MONDAY + 4 * DAY + hours * timedelta(hours=1) for hours in (1, 2, 3)])
    suggesting.suggest(now=MONDAY + 5 * DAY)
    assert suggestions() == ["Boris Petrov did not answer “Proposal” yet"]


def test_not_for_this_mail_means_never_for_this_mail(proposal: Message, alice_client: Client, bob: User):
    suggesting.suggest(now=MONDAY + 4 * DAY)
    card = Card.objects.get()
    url = reverse("notifications:card_put_away", args=[card.pk])
    stranger = Client()
    stranger.force_login(bob)
    assert stranger.post(url).status_code == 404
    assert post(alice_client, url).status_code == 204
    assert alice_client.post(url).status_code == 404
    opened(proposal, *[MONDAY + 4 * DAY + hours * timedelta(hours=1) for hours in (1, 2, 3)])
    suggesting.suggest(now=MONDAY + 5 * DAY)
    assert suggestions() == []
    assert b"did not answer" not in alice_client.get("/assistant/").content


def test_silence_broken_after_thirty_days_is_worth_a_step(proposal: Message):
    opened(proposal, MONDAY + DAY)
    later = MONDAY + 40 * DAY
    suggesting.suggest(now=later)
    assert suggestions() == []
    opened(proposal, later, later + timedelta(hours=3))
    suggesting.suggest(now=later + DAY)
    assert suggestions() == ["“Proposal” was opened again after 39 days of silence"]
    suggesting.suggest(now=later + 2 * DAY)
    assert [action["label"] for action in Card.objects.get().actions] == ["Plan a call", "Write a follow-up"]


def test_what_is_older_than_a_week_is_let_rest(proposal: Message, draft: Draft):
    opened(proposal, *[MONDAY + hours * timedelta(hours=1) for hours in (1, 2, 3)])
    suggesting.suggest(now=MONDAY + 8 * DAY)
    assert suggestions() == []


def test_nobody_gets_more_suggestions_a_day_than_they_want_to_read(boris: Person, draft: Draft):
    for number in range(9):
        posted(draft(subject=f"Offer {number}", to=f"person{number}@client.test"), MONDAY + number * timedelta(minutes=1))
    for _time in range(3):
        suggesting.suggest(now=MONDAY + 4 * DAY)
    assert len(suggestions()) == 5
    suggesting.suggest(now=MONDAY + 5.1 * DAY)
    assert len(suggestions()) == 9


def test_mailings_and_notes_to_colleagues_are_not_waited_for(boris: Person, draft: Draft, bob: User):
    posted(draft(to=", ".join(f"reader{number}@client.test" for number in range(6))), tracked=False)
    posted(draft(to="bob@acme.test"), tracked=False)
    Message.objects.filter(pk=posted(draft(), tracked=False).pk).update(automatic="reply")
    suggesting.suggest(now=MONDAY + 4 * DAY)
    assert suggestions() == []


def test_kinds_are_switched_off_one_by_one_in_the_personal_settings(proposal: Message, alice: User, alice_client: Client):
    opened(proposal, *[MONDAY + 3 * DAY + hours * timedelta(hours=1) for hours in (1, 2, 3)])
    page = alice_client.get("/settings/assistant/").content.decode()
    assert page.count("checked") == len(SWITCHED)
    alice_client.post("/settings/assistant/", {"kind": [kind for kind in SWITCHED if kind != "plan_call"]})
    assert switches.off(alice) == {"plan_call"}
    suggesting.suggest(now=MONDAY + 4 * DAY)
    assert suggestions() == ["Boris Petrov did not answer “Proposal” yet"]
    alice_client.post("/settings/assistant/", {"kind": []})
    assert suggestions() == []


def test_who_wants_to_hear_nothing_of_tracking_hears_nothing_of_it_here(proposal: Message, alice: User):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    opened(proposal, *[MONDAY + hours * timedelta(hours=1) for hours in (1, 2, 3)])
    suggesting.suggest(now=MONDAY + DAY)
    assert suggestions() == []


def test_a_suggestion_speaks_its_owners_language(proposal: Message, alice: User):
    alice.language = "ru"
    alice.save()
    suggesting.suggest(now=MONDAY + 4 * DAY)
    assert "Proposal" in Card.objects.get().title


def test_openings_that_were_ones_own_after_all_take_the_call_back(proposal: Message):
    opened(proposal, *[MONDAY + hours * timedelta(hours=1) for hours in (1, 2, 3)])
    suggesting.suggest(now=MONDAY + DAY)
    assert len(suggestions()) == 1
    Event.objects.filter(pk=Event.objects.first().pk).update(counts=False)  # type: ignore[union-attr]
    type(proposal.tracked_mail).objects.update(open_count=2)  # type: ignore[union-attr]
    suggesting.suggest(now=MONDAY + 1.1 * DAY)
    assert suggestions() == []


def test_it_asks_the_database_the_same_however_many_mails_there_are(boris: Person, draft: Draft):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            suggesting.suggest(now=MONDAY + 4 * DAY)
        return len(asked)

    def more(number: int) -> None:
        for one in range(number):
            message = posted(draft(subject=f"{number}/{one}"))
            opened(message, *[MONDAY + DAY + hours * timedelta(hours=1) for hours in (1, 2, 3)])

    more(1)
    few = queries()
    more(4)
    assert queries() <= few + 1  # what stands already is looked through as well
    more(12)
    assert queries() <= few + 1
