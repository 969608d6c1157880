"""A click from "checking" to its verdict, and back when more is learned: counters, icon, card, bell and timeline follow."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.records.models import TimelineEntry
from notifications.models import Card, LiveEvent
from tracking import recording, settling
from tracking.hits import CLICK, OPEN, Hit, new_id
from tracking.instrument import mark_dispatched
from tracking.models import Copy, Event, Preferences, TrackedMail
from tracking.tests.seen import NOON, copy_of, link_of

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0"
OFFICE, FILTER = "203.0.113.9", "198.51.100.77"


@pytest.fixture
def boris(mail: TrackedMail) -> Copy:
    """Boris's copy with three links, sent ten minutes before NOON; Alice is told of what happens to it."""
    Preferences.objects.update_or_create(user=mail.owner, defaults={"open_tracking": True, "link_tracking": True, "notify_activity": True})
    copy = copy_of(mail, "Boris Petrov")
    mark_dispatched(copy=copy, at=NOON - timedelta(minutes=10))
    for number in range(3):
        link_of(mail, f"Page {number}", number)
    return copy


def arrives(copy: Copy, seconds: float, kind: str = CLICK, number: int = 0, address: str = OFFICE, **facts: Any) -> datetime:
    """A hit so long after NOON, recorded at once; answers when."""
    at = NOON + timedelta(seconds=seconds)
    given = {"method": "GET", "user_agent": BROWSER, "headers": {}, "viewer_id": None, **facts}
    hit = Hit(new_id(), kind, copy.public_id, number, at.timestamp(), given["method"], given["user_agent"], address, {}, None)
    recording.record([hit], now=at)
    return at


def settles(at: datetime, seconds: float) -> None:
    settling.settle(now=at + timedelta(seconds=seconds))


def counts(mail: TrackedMail) -> tuple[int, int, int]:
    mail.refresh_from_db()
    return mail.open_count, mail.click_count, mail.requested_count


def link_icon(client: Client, mail: TrackedMail) -> str:
    html = client.get(reverse("tracking:icons", args=[mail.pk])).content.decode()
    return html.partition('data-tracked-kind="clicks"')[0].rpartition('class="tracked-icon ')[2].partition('"')[0]


def rings() -> int:
    """How often the bell has rung."""
    return sum(bool(event.payload.get("rings")) for event in LiveEvent.objects.filter(name="card"))


def test_a_click_is_shown_as_checking_at_once_and_rings_when_it_has_settled(alice_client, mail, boris):
    at = arrives(boris, 0)
    card = Card.objects.get()
    assert card.title == "A link in Boris Petrov’s copy of “Proposal for Q1” was requested: finding out whether by a person"
    assert card.is_quiet
    assert (counts(mail), link_icon(alice_client, mail), rings()) == ((0, 0, 0), "is-checking", 0)

    settles(at, 9)
    assert (counts(mail), rings()) == ((0, 0, 0), 0)
    settles(at, 10.5)

    card = Card.objects.get()
    assert card.title == "“Page 0” was followed in Boris Petrov’s copy of “Proposal for Q1”"
    assert not card.is_quiet
    assert (counts(mail), link_icon(alice_client, mail), rings()) == ((0, 1, 0), "is-seen", 1)
    assert TimelineEntry.objects.get(kind="clicked").only_for == mail.owner
    settles(at, 310)
    assert (counts(mail), rings()) == ((0, 1, 0), 1)
    assert not Event.objects.exclude(look_again_at=None).exists()


def test_a_machines_click_is_told_to_nobody(alice_client, mail, boris):
    at = arrives(boris, 0, user_agent="curl/8.5.0")
    settles(at, 10.5)
    assert (counts(mail), link_icon(alice_client, mail)) == ((0, 0, 0), "")
    assert not Card.objects.exists()


def test_what_stays_undecided_is_a_quiet_card_and_half_tone(alice_client, mail, boris):
    mark_dispatched(copy=boris, at=NOON - timedelta(seconds=20))  # so soon after sending a browser may be a scanner
    at = arrives(boris, 0)
    settles(at, 10.5)
    card = Card.objects.get()
    assert (card.title, card.is_quiet) == ("A link in Boris Petrov’s copy of “Proposal for Q1” was requested, perhaps by software", True)
    assert (counts(mail), link_icon(alice_client, mail), rings()) == ((0, 0, 1), "is-loaded", 0)


def test_a_burst_that_shows_while_a_click_is_checked_makes_all_of_it_a_machines(alice_client, mail, boris):
    for number in range(3):
        at = arrives(boris, number / 4, number=number)
    settles(at, 10.5)
    assert set(Event.objects.values_list("verdict", flat=True)) == {"machine"}
    assert (counts(mail), link_icon(alice_client, mail), rings()) == ((0, 0, 0), "", 0)
    assert not Card.objects.exists()


def test_a_settled_click_is_taken_back_when_its_source_turns_out_to_be_a_scanner(alice_client, mail, boris):
    at = arrives(boris, 0, address=FILTER)
    settles(at, 10.5)
    assert (counts(mail), rings()) == ((0, 1, 0), 1)

    for number in range(3):
        later = arrives(boris, 200 + number / 4, number=number, address=FILTER)
    settles(later, 0)

    assert set(Event.objects.values_list("verdict", flat=True)) == {"machine"}
    assert (counts(mail), link_icon(alice_client, mail)) == ((0, 0, 0), "")
    assert not Card.objects.exists()
    assert not TimelineEntry.objects.filter(kind="clicked").exists()
    link = mail.links.get(number=0)
    assert (link.click_count, link.first_clicked_at) == (0, None)


def test_what_a_person_did_elsewhere_stays_when_a_scanners_click_is_taken_back(mail, boris):
    opened = arrives(boris, -5, OPEN, user_agent=THUNDERBIRD)
    assert Card.objects.get().title == "Boris Petrov’s copy of “Proposal for Q1” was opened"
    at = arrives(boris, 0, address=FILTER)
    settles(at, 10.5)
    assert "followed" in Card.objects.get().title
    for number in range(3):
        later = arrives(boris, 100 + number / 4, number=number, address=FILTER)
    settles(later, 11)

    assert counts(mail) == (1, 0, 0)
    card = Card.objects.get()
    assert (card.title, card.updated_at) == ("Boris Petrov’s copy of “Proposal for Q1” was opened", opened)


def test_an_opening_by_the_scanners_source_becomes_undecided_and_its_card_quiet(mail, boris):
    arrives(boris, 0, OPEN, address=FILTER)
    assert (counts(mail), rings()) == ((1, 0, 0), 1)
    at = arrives(boris, 30, address=FILTER, user_agent="curl/8.5.0")
    settles(at, 0)

    mail.refresh_from_db()
    assert (mail.open_count, mail.loaded_count, mail.first_opened_at) == (0, 1, None)
    card = Card.objects.get()
    assert (card.kind, card.is_quiet) == ("loaded", True)


def test_a_hit_that_overtakes_the_note_of_its_sending_is_looked_at_again(mail):
    Preferences.objects.update_or_create(user=mail.owner, defaults={"open_tracking": True, "link_tracking": True, "notify_activity": True})
    copy = copy_of(mail, "Boris Petrov")
    at = arrives(copy, 0, OPEN)
    assert counts(mail) == (0, 0, 0)  # without its clock a browser may be anything
    mark_dispatched(copy=copy, at=NOON - timedelta(hours=1))
    settles(at, 11)
    assert counts(mail) == (1, 0, 0)


def test_openings_ring_at_once_and_undecided_ones_only_for_who_wants_them(mail, boris):
    mark_dispatched(copy=boris, at=NOON)
    arrives(boris, 1, OPEN)
    assert Card.objects.get().title == "Boris Petrov’s copy of “Proposal for Q1” was loaded, perhaps not read"
    assert rings() == 0
    Preferences.objects.update(count_undecided=True)
    arrives(boris, 2, OPEN, user_agent="Mozilla/5.0")
    assert rings() == 1


def test_two_settlers_at_once_change_nothing_twice(mail, boris):
    at = arrives(boris, 0)
    settles(at, 11)
    settles(at, 11)
    assert (counts(mail), rings()) == ((0, 1, 0), 1)


def test_a_thousand_clicks_are_settled_to_the_last(mail, boris):
    hits = [
        Hit(
            new_id(),
            CLICK,
            boris.public_id,
            0,
            NOON.timestamp() + 400 * number,
            "GET",
            BROWSER,
            f"203.0.{number // 250}.{number % 250}",
            {},
            None,
        )
        for number in range(1200)
    ]
    recording.record(hits, now=NOON)
    settling.settle(now=datetime.fromtimestamp(hits[-1].at + 11, UTC))
    assert counts(mail) == (0, 1200, 0)
