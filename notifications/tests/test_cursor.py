"""How a reader of the live events remembers what it has read."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from notifications.cursor import Cursor, current, parse
from notifications.hub import Hub, Subscription
from notifications.models import LiveEvent


def test_a_cursor_survives_its_trip_to_the_browser():
    cursor = Cursor(12, frozenset({9, 7}))
    assert str(cursor) == "12.7.9"
    assert parse(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "x", "1.", ".1", "1 2", "-1", "١", "9" * 19, "1.2\n"])
def test_nonsense_is_no_cursor(text):
    assert parse(text) is None


def test_a_cursor_covers_what_was_read_and_not_the_gaps():
    cursor = Cursor(5).after(8)
    assert [pk for pk in range(1, 10) if not cursor.covers(pk)] == [6, 7, 9]
    assert cursor.after(7) == Cursor(8, frozenset({6}))


def test_a_huge_gap_is_remembered_by_its_newest_ids_only():
    assert len(Cursor(0).after(10_000).missing) == 60


@pytest.fixture
def events(alice):
    rows = [LiveEvent.objects.create(user=alice, name="x") for _ in range(5)]
    rows[2].delete()
    return rows


def test_an_id_that_is_absent_among_fresh_events_may_still_come(events):
    last = events[-1].pk
    assert current(timezone.now()) == Cursor(last, frozenset({last - 2}))


def test_an_id_that_is_absent_for_long_will_not_come(events):
    assert current(timezone.now() + timedelta(minutes=5)) == Cursor(events[-1].pk)


def test_without_events_the_cursor_is_at_the_start(db):
    assert current(datetime(2026, 11, 23, tzinfo=UTC)) == Cursor(0)


def test_a_stream_that_left_while_it_joined_is_not_kept(alice):
    hub = Hub()
    subscription = Subscription(alice.pk, lambda item: None)
    hub.leave(subscription)
    hub.join(subscription)
    assert hub.count(alice.pk) == 0
