"""The calendar feed: a secret address, and at it the activities of its owner alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from crm.accounts.models import User
from crm.records import subscribing
from crm.records.models import Activity, CalendarFeed, Deal

DUE = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def address(alice: User) -> str:
    return subscribing.address(subscribing.renew(user=alice, now=timezone.now()))


def path_of(address: str) -> str:
    return "/" + address.partition("//")[2].partition("/")[2]


def events(client: Client, address: str) -> dict[str, Any]:
    answer = client.get(path_of(address))
    assert answer.status_code == 200
    return {str(event["UID"]).partition("@")[0]: event for event in Calendar.from_ical(answer.content).walk("VEVENT")}


def test_a_calendar_program_reads_what_was_planned(alice: User, deal: Deal, address: str, client: Client) -> None:
    subject, note = "Call; Bórís, about \\ the “offer”", "Line one\nLine two, with; signs"
    activity = Activity.objects.create(
        owner=alice, subject=subject, note=note, location="Room 4, left", kind="call", deal=deal, due_at=DUE, duration_minutes=45
    )
    event = events(client, address)[f"activity-{activity.pk}"]
    assert str(event["SUMMARY"]) == subject
    assert str(event["LOCATION"]) == "Room 4, left"
    assert str(event["DESCRIPTION"]) == f"Call\nTwenty licences\n{note}"
    assert event.decoded("DTSTART") == DUE
    assert event.decoded("DTEND") == DUE + timedelta(minutes=45)
    assert str(event["URL"]).endswith(f"/activities/{activity.pk}/")


def test_the_uid_stays_when_the_activity_is_moved(alice: User, call: Activity, address: str, client: Client) -> None:
    before = set(events(client, address))
    Activity.objects.update(due_at=DUE, subject="Other")
    cache.clear()
    assert set(events(client, address)) == before


def test_done_ones_are_there_and_old_and_other_peoples_are_not(alice: User, bob: User, address: str, client: Client) -> None:
    now = timezone.now()
    common = {"subject": "Call", "due_at": now}
    open_one = Activity.objects.create(owner=alice, **common)
    done = Activity.objects.create(owner=alice, subject="Done", due_at=now - timedelta(days=89), done_at=now)
    Activity.objects.create(owner=alice, subject="Old", due_at=now - timedelta(days=91))
    Activity.objects.create(owner=bob, **common)
    found = events(client, address)
    assert set(found) == {f"activity-{open_one.pk}", f"activity-{done.pk}"}
    assert str(found[f"activity-{done.pk}"]["SUMMARY"]) == "✓ Done"


def test_a_new_address_ends_the_old_and_switching_off_ends_all(alice: User, address: str, alice_client: Client, client: Client) -> None:
    page = alice_client.get("/settings/calendar/").content.decode()
    assert address in page
    alice_client.post("/settings/calendar/", {"do": "renew"})
    assert client.get(path_of(address)).status_code == 404
    fresh = subscribing.address(CalendarFeed.objects.get())
    assert events(client, fresh) == {}
    alice_client.post("/settings/calendar/", {"do": "end"})
    assert client.get(path_of(fresh)).status_code == 404
    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "é", "a" * 5000])
def test_a_wrong_token_is_not_found(token: str, address: str, client: Client) -> None:
    assert client.get(f"/calendar/{token}.ics").status_code == 404


def test_who_may_no_longer_sign_in_is_read_by_nobody(alice: User, address: str, client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get(path_of(address)).status_code == 404


def test_an_unchanged_calendar_is_not_sent_again(call: Activity, address: str, client: Client) -> None:
    path = path_of(address)
    first = client.get(path)
    assert (first["Content-Type"], first["Cache-Control"]) == ("text/calendar; charset=utf-8", "private, no-cache")
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert CalendarFeed.objects.get().read_at is not None


def test_the_database_holds_no_token_that_can_be_read(alice: User) -> None:
    feed = subscribing.renew(user=alice, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT token, digest FROM records_calendarfeed")
        assert feed.token not in str(cursor.fetchall())


def test_words_are_in_the_owners_language(alice: User, call: Activity, address: str, client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Tokyo")
    text = client.get(path_of(address)).content.decode()
    assert "X-WR-TIMEZONE:Asia/Tokyo" in text
