"""The calendar: days of the user's zone, whatever their clocks do, and activities that are put on other days."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Company, User
from crm.records import agenda, calendar
from crm.records.models import Activity, ActivityKind, Deal
from crm.records.tests.queries import count_queries

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def plan(owner: User, subject: str, due_at: datetime, **values: Any) -> Activity:
    return Activity.objects.create(owner=owner, subject=subject, due_at=due_at, **values)


@pytest.mark.parametrize(
    ("weekday", "first", "end"), [(0, date(2026, 10, 26), date(2026, 12, 7)), (6, date(2026, 11, 1), date(2026, 12, 6))]
)
def test_a_month_is_shown_in_whole_weeks_that_begin_as_the_company_has_it(weekday: int, first: date, end: date) -> None:
    span = calendar.span("month", date(2026, 11, 26), weekday)
    assert (span.first, span.end) == (first, end)
    assert (span.earlier, span.later) == (date(2026, 10, 1), date(2026, 12, 1))


def test_weeks_and_days_follow_one_another() -> None:
    week = calendar.span("week", date(2026, 11, 26), 0)
    assert (week.first, week.last, week.later) == (date(2026, 11, 23), date(2026, 11, 29), date(2026, 12, 3))
    assert calendar.span("day", date(2026, 12, 31), 0).later == date(2027, 1, 1)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 26), 24)])
def test_a_day_lasts_as_long_as_the_clock_has_it(day: date, hours: int, alice: User) -> None:
    with timezone.override(BERLIN):
        span = calendar.span("day", day, 0)
        assert span.ends_at.astimezone(UTC) - span.begins_at.astimezone(UTC) == timedelta(hours=hours)
        plan(alice, "first", span.begins_at)
        plan(alice, "last", span.ends_at - timedelta(minutes=1))
        plan(alice, "next day", span.ends_at)
        [shown] = calendar.days(span, Activity.objects.all(), NOON)
    assert [activity.subject for activity in shown.activities] == ["first", "last"]


def test_an_activity_stands_on_the_day_of_the_users_zone(alice: User, alice_client: Client) -> None:
    plan(alice, "Late call", datetime(2026, 11, 26, 22, 30, tzinfo=UTC))
    for zone, day in (("Europe/Berlin", 26), ("Asia/Tokyo", 27)):
        User.objects.filter(pk=alice.pk).update(time_zone=zone)
        days = alice_client.get("/activities/calendar/?mode=month&on=2026-11-26").context["days"]
        assert [one.date.day for one in days if one.activities] == [day], zone


def test_many_on_a_day_fold_into_how_many_more(alice: User, alice_client: Client) -> None:
    for number in range(6):
        plan(alice, f"Call {number}", NOON + timedelta(minutes=number))
    page = alice_client.get("/activities/calendar/?mode=month&on=2026-11-26")
    [day] = [one for one in page.context["days"] if one.activities]
    assert ([one.subject for one in day.shown], day.more) == (["Call 0", "Call 1", "Call 2"], 3)
    assert "+3 more" in page.content.decode()


def test_what_is_at_the_same_time_stands_side_by_side(alice: User) -> None:
    with timezone.override(UTC):
        plan(alice, "long", NOON, duration_minutes=90)
        plan(alice, "inside", NOON + timedelta(minutes=30), duration_minutes=30)
        plan(alice, "after", NOON + timedelta(hours=2))
        days = calendar.days(calendar.span("week", NOON.date(), 0), Activity.objects.all(), NOON)
        calendar.lay_out(days, calendar.hours(days), "week")
    [blocks] = [day.blocks for day in days if day.blocks]
    assert [(one.activity.subject, one.slot, one.length, one.lane, one.is_wide) for one in blocks] == [
        ("long", 9, 3, 1, False),
        ("inside", 10, 1, 2, False),
        ("after", 13, 1, 1, True),
    ]


def test_hours_reach_as_far_as_there_are_activities(alice: User) -> None:
    with timezone.override(UTC):
        span = calendar.span("day", NOON.date(), 0)
        assert calendar.hours(calendar.days(span, Activity.objects.all(), NOON)) == range(8, 19)
        plan(alice, "early", NOON.replace(hour=5))
        plan(alice, "late", NOON.replace(hour=23, minute=45), duration_minutes=120)
        days = calendar.days(span, Activity.objects.all(), NOON)
        calendar.lay_out(days, calendar.hours(days), "day")
    assert calendar.hours(days) == range(5, 24)
    late = days[0].blocks[-1]
    assert late.slot + late.length - 1 == 19 * calendar.SLOTS, "it ends with the day"


def test_overdue_and_done_are_told_apart(alice: User, alice_client: Client) -> None:
    with time_machine.travel(NOON, tick=False):
        plan(alice, "Missed", NOON - timedelta(hours=1))
        plan(alice, "Finished", NOON - timedelta(hours=2), done_at=NOON)
        page = alice_client.get("/activities/calendar/").content.decode()
    assert ("Overdue:" in page, "Done:" in page) == (True, True)


def test_another_day_keeps_the_time_of_the_clock_over_its_change(alice: User) -> None:
    activity = plan(alice, "Call", datetime(2026, 10, 24, 8, 0, tzinfo=UTC), remind_minutes=10, reminded_at=NOON)  # 10:00 in Berlin
    with timezone.override(BERLIN):
        moved = agenda.move(activity=activity, day=date(2026, 10, 26))
    assert moved.due_at == datetime(2026, 10, 26, 9, 0, tzinfo=UTC)
    assert moved.reminded_at is None


def test_a_script_moves_an_activity_and_is_told_where_it_is_now(alice: User, call: Activity, alice_client: Client) -> None:
    answer = alice_client.post(f"/activities/{call.pk}/move/", {"day": "2026-12-24"}, headers={"HX-Request": "true"})
    assert (answer.status_code, "24 December" in answer.headers["HX-Trigger"]) == (204, True)
    for nonsense in ("", "tomorrow", "9999-12-31", "2026-02-30"):
        assert alice_client.post(f"/activities/{call.pk}/move/", {"day": nonsense}).status_code == 422
    call.refresh_from_db()
    assert timezone.localtime(call.due_at, alice.zone).date() == date(2026, 12, 24)


def test_nobody_moves_what_they_cannot_see(call: Activity, charlie: User, client: Client) -> None:
    client.force_login(charlie)
    assert client.post(f"/activities/{call.pk}/move/", {"day": "2026-12-24"}).status_code == 404


def test_a_click_on_a_day_or_an_hour_plans_there(alice_client: Client) -> None:
    assert 'value="2026-11-30T09:00"' in alice_client.get("/activities/new/?due=2026-11-30").content.decode()
    assert 'value="2026-11-30T14:00"' in alice_client.get("/activities/new/?due=2026-11-30T14:00").content.decode()
    for nonsense in ("x", "2026-13-01", "2026-11-30T14:00Z", "0001-01-01"):
        assert alice_client.get("/activities/new/", {"due": nonsense}).status_code == 200


@pytest.mark.parametrize(
    "query", ["on=2026-02-30", "on=x", "on=9999-12-31", "mode=year", "owner=x", "kind=custom-x", "kind=custom-99999999999999999999"]
)
def test_nonsense_in_the_address_shows_what_there_is(query: str, alice_client: Client) -> None:
    assert alice_client.get(f"/activities/calendar/?{query}").status_code == 200


def test_calendar_and_mode_are_remembered_until_the_list_is_chosen(alice_client: Client) -> None:
    assert alice_client.get("/activities/").status_code == 200
    alice_client.get("/activities/calendar/?mode=week")
    assert alice_client.get("/activities/").headers["Location"] == "/activities/calendar/"
    assert alice_client.get("/activities/calendar/").context["mode"] == "week"
    alice_client.get("/activities/?tab=todo")
    assert alice_client.get("/activities/").status_code == 200


def test_list_and_calendar_show_one_colleague_or_one_kind(alice: User, bob: User, charlie: User, alice_client: Client) -> None:
    demo = ActivityKind.objects.create(name="Demo", icon="presentation")
    plan(alice, "My demo", NOON, kind="custom", custom_kind=demo)
    plan(alice, "My call", NOON, kind="call")
    plan(bob, "His call", NOON, kind="call")
    plan(charlie, "Hidden call", NOON, kind="call")

    def shown(**query: Any) -> tuple[set[str], set[str]]:
        days = alice_client.get("/activities/calendar/", {"mode": "day", "on": "2026-11-26", **query}).context["days"]
        rows = alice_client.get("/activities/", {"tab": "todo", **query}).context["page"]
        return {one.subject for day in days for one in day.activities}, {one.subject for one in rows}

    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({}, {"My demo", "My call"}),
        ({"owner": "all"}, {"My demo", "My call", "His call"}),
        ({"owner": bob.pk}, {"His call"}),
        ({"owner": charlie.pk}, {"My demo", "My call"}),  # nobody whom one may choose
        ({"kind": "call", "owner": "all"}, {"My call", "His call"}),
        ({"kind": f"custom-{demo.pk}"}, {"My demo"}),
    ]
    for query, expected in cases:
        assert shown(**query) == (expected, expected), query


@pytest.mark.parametrize("mode", calendar.MODES)
def test_the_calendar_takes_the_same_few_queries_for_many(mode: str, alice: User, deal: Deal, alice_client: Client) -> None:
    Company.objects.create(pk=1, first_weekday=6)
    kind = ActivityKind.objects.create(name="Demo")
    address = f"/activities/calendar/?mode={mode}&on=2026-11-26"
    plan(alice, "One", NOON, deal=deal)
    alice_client.get(address)
    few = count_queries(alice_client, address)
    for number in range(30):
        plan(alice, f"Call {number}", NOON + timedelta(minutes=number), deal=deal, person=deal.person, kind="custom", custom_kind=kind)
    assert count_queries(alice_client, address) == few
