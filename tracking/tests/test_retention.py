"""Hits that are kept no longer go; what the sender sees does not change by that."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from crm.records.models import TimelineEntry
from tracking import counting, retention, telling
from tracking.instrument import mark_dispatched
from tracking.models import Bygone, Copy, Event, TrackedLink, TrackedMail
from tracking.tests.seen import NOON, copy_of, hit, link_of
from tracking.tests.test_icons import button, cards

DAY = timedelta(days=1)
COUNTERS = [
    f"{when}{what}"
    for what, when in [
        *((f"{one}_count", "") for one in ("open", "click", "loaded", "requested")),
        *((f"{one}_at", when) for one in ("opened", "clicked", "loaded", "requested") for when in ("first_", "last_")),
    ]
]


@pytest.fixture
def mail(mail: TrackedMail) -> TrackedMail:
    TrackedMail.objects.update(created_at=NOON - DAY)
    return mail


@pytest.fixture
def boris(mail: TrackedMail) -> Copy:
    """A copy with five days of everything."""
    copy = copy_of(mail, "Boris Petrov")
    mark_dispatched(copy=copy, at=NOON - DAY)
    link = link_of(mail)
    for number in range(5):
        at = NOON + number * DAY + timedelta(microseconds=5 * (number % 2))
        hit(copy, at)
        hit(copy, at, link=link)
        hit(copy, at, verdict="unknown")
        hit(copy, at, link=link, verdict="unknown")
        hit(copy, at, verdict="machine")
        hit(copy, at, counts=False, reasons=["mail_app", "repeat"])
    hit(copy, NOON, link=link_of(mail, "Terms", 1))
    counting.recount([mail.pk])
    telling.tell([mail.pk], now=NOON)
    return copy


def counters(mail: TrackedMail) -> tuple[dict[str, Any], list[Any]]:
    links = mail.links.values_list("click_count", "first_clicked_at", "last_clicked_at")
    return TrackedMail.objects.filter(pk=mail.pk).values(*COUNTERS).get(), list(links)


def lines() -> list[tuple[str, datetime]]:
    return list(TimelineEntry.objects.order_by("text").values_list("text", "at"))


@pytest.mark.parametrize("days", [1, 3, 9])
def test_older_hits_are_deleted_and_no_counter_changes_not_even_when_it_is_counted_anew(mail, boris, days):
    before, told = counters(mail), lines()
    assert before[0]["open_count"] == before[0]["loaded_count"] == before[0]["requested_count"] == 5
    assert before[0]["click_count"] == 6

    said = retention.purge(before=NOON + days * DAY)

    assert not Event.objects.filter(at__lt=NOON + days * DAY).exists()
    assert said == {"hits": 6 * min(days, 5) + 1, "mails": 1}
    assert counters(mail) == before
    counting.recount([mail.pk])
    assert counters(mail) == before
    telling.tell([mail.pk], now=NOON)
    assert lines() == told
    assert Event.objects.count() == 6 * max(5 - days, 0)


def test_purging_day_after_day_adds_up(mail, boris):
    before = counters(mail)
    for days in range(1, 8):
        retention.purge(before=NOON + days * DAY)
        counting.recount([mail.pk])
        assert counters(mail) == before

    assert not Event.objects.exists()
    assert Bygone.objects.count() == 5  # of the copy: openings, clicks on two links, and what of them was undecided
    assert retention.purge(before=NOON + 9 * DAY) == {"hits": 0, "mails": 0}


def test_what_comes_later_counts_on(mail, boris):
    retention.purge(before=NOON + 9 * DAY)
    hit(boris, NOON + 10 * DAY)
    counting.recount([mail.pk])
    telling.tell([mail.pk], now=NOON)

    mail.refresh_from_db()
    assert (mail.open_count, mail.first_opened_at, mail.last_opened_at) == (6, NOON, NOON + 10 * DAY)
    assert ("“Proposal for Q1” was opened 6 times", NOON + 10 * DAY) in lines()


def test_icon_and_card_say_the_same_without_the_times(alice_client, mail, boris):
    before = button(alice_client, mail), button(alice_client, mail, "clicks")
    retention.purge(before=NOON + 9 * DAY)
    opens, clicks = cards(alice_client, mail)

    assert (button(alice_client, mail), button(alice_client, mail, "clicks")) == before
    assert re.search(r"Boris Petrov’s copy opened 5 times, last on 24 November", opens)
    assert "blocked" not in opens
    assert "and 6 times before" in clicks


def test_a_shared_copy_and_a_link_that_is_gone_are_counted_as_well(mail, copy):
    hit(copy, NOON)
    hit(copy, NOON, link=link_of(mail))
    gone = link_of(mail, "Gone", 1)
    hit(copy, NOON, link=gone)
    Event.objects.filter(link=gone).update(link=None)
    counting.recount([mail.pk])
    before = counters(mail)
    retention.purge(before=NOON + DAY)
    counting.recount([mail.pk])

    assert counters(mail) == before
    mail.delete()
    assert not Bygone.objects.exists()
    assert not TrackedLink.objects.exists()


def test_many_mails_are_done_in_batches(mail, boris, alice, monkeypatch):
    monkeypatch.setattr(retention, "MAILS_AT_ONCE", 2)
    others = [TrackedMail.objects.create(owner=alice, tracks_opens=True, tracks_links=True, created_at=NOON - DAY) for _ in range(5)]
    for other in others:
        hit(Copy.objects.create(mail=other), NOON)

    assert retention.purge(before=NOON + DAY) == {"hits": 12, "mails": 6}
    assert set(TrackedMail.objects.filter(pk__in=[one.pk for one in others]).values_list("open_count", flat=True)) == {1}
