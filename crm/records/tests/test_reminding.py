"""Reminders: a card when the time has come, once, and anew at another time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.records import agenda, reminding
from crm.records.models import Activity, Deal
from notifications import switches
from notifications.models import Card

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def plan(owner: User, **values: Any) -> Activity:
    return Activity.objects.create(owner=owner, **{"subject": "Call Boris", "kind": "call", "due_at": NOW, "remind_minutes": 0, **values})


@pytest.mark.parametrize(
    ("minutes", "ahead", "is_told"),
    [(0, 0, True), (0, 1, False), (10, 10, True), (10, 11, False), (60, 59, True), (1440, 1440, True), (None, 0, False)],
)
def test_it_comes_so_many_minutes_before(minutes: int | None, ahead: int, is_told: bool, alice: User) -> None:
    plan(alice, remind_minutes=minutes, due_at=NOW + timedelta(minutes=ahead))
    assert reminding.remind(now=NOW) == int(is_told)


def test_the_card_says_when_and_where_in_the_owners_zone(alice: User, deal: Deal) -> None:
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    activity = plan(alice, due_at=NOW + timedelta(hours=10), remind_minutes=1440, location="Room 4", deal=deal)
    reminding.remind(now=NOW)
    card = Card.objects.get()
    assert (card.user, card.kind, card.title) == (alice, "reminder", "Call: Call Boris")
    assert card.detail == "Tomorrow 07:00 · Room 4 · Twenty licences"
    assert card.url == f"/activities/{activity.pk}/"


def test_two_workers_remind_once(alice: User) -> None:
    plan(alice)
    [seen_by_both] = reminding._due(NOW)
    assert reminding._tell(seen_by_both, NOW) is True
    assert reminding._tell(seen_by_both, NOW) is False
    assert reminding.remind(now=NOW) == 0
    assert Card.objects.get().count == 1


def test_another_time_reminds_again(alice: User) -> None:
    activity = plan(alice)
    reminding.remind(now=NOW)
    activity.refresh_from_db()
    activity.due_at = NOW + timedelta(hours=1)
    agenda.save(activity=activity)
    assert reminding.remind(now=NOW) == 0
    assert reminding.remind(now=NOW + timedelta(hours=1)) == 1


def test_other_changes_do_not_remind_again(alice: User) -> None:
    activity = plan(alice)
    stale = Activity.objects.get(pk=activity.pk)
    reminding.remind(now=NOW)
    stale.note = "Bring the figures"
    agenda.save(activity=stale)
    assert reminding.remind(now=NOW) == 0


def test_what_was_moved_between_looking_and_telling_waits_for_its_new_time(alice: User) -> None:
    plan(alice)
    [found] = reminding._due(NOW)
    Activity.objects.update(due_at=NOW + timedelta(days=2))
    assert reminding._tell(found, NOW) is False


@pytest.mark.parametrize("values", [{"done_at": NOW}, {"due_at": NOW - timedelta(days=2)}])
def test_what_is_done_or_long_past_is_not_reminded_of(values: dict[str, Any], alice: User) -> None:
    plan(alice, **values)
    assert reminding.remind(now=NOW) == 0


def test_a_tick_takes_the_reminder_away(alice: User) -> None:
    activity = plan(alice)
    reminding.remind(now=NOW)
    agenda.set_done(activity=activity, is_done=True, now=NOW)
    assert not Card.objects.visible_to(alice).exists()


def test_who_switched_reminders_off_gets_none(alice: User) -> None:
    switches.switch(user=alice, on=[], now=NOW)
    plan(alice)
    reminding.remind(now=NOW)
    assert not Card.objects.exists()


def test_a_switched_off_user_is_left_alone(alice: User) -> None:
    plan(alice)
    User.objects.update(is_active=False)
    assert reminding.remind(now=timezone.now()) == 0
