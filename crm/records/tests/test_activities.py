"""Activities: planned, listed by when they are due in the user's own zone, ticked off."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.records import agenda
from crm.records.models import Activity, Deal, Person
from crm.records.tests.queries import count_queries

LATE = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)  # 23:30 in Berlin, already tomorrow in Moscow


def plan(owner: User, subject: str, due_at: datetime, **values: Any) -> Activity:
    return Activity.objects.create(owner=owner, subject=subject, due_at=due_at, **values)


def form(owner: User, **values: Any) -> dict[str, Any]:
    return {"subject": "Call", "kind": "call", "due_at": "2026-11-24T09:00", "note": "", "owner": owner.pk, **values}


@pytest.mark.parametrize(
    ("zone", "part"), [("Europe/Berlin", "today"), ("Europe/Moscow", "today"), ("UTC", "today"), ("Asia/Tokyo", "today")]
)
def test_today_ends_at_midnight_of_the_users_zone(zone: str, part: str, alice: User) -> None:
    with timezone.override(zone):
        midnight = agenda.end_of_today(LATE)
        assert midnight.astimezone(zoneinfo.ZoneInfo(zone)).hour == 0
        plan(alice, "before", midnight - timedelta(minutes=1))
        plan(alice, "after", midnight)
        laid_out = agenda.lay_out(Activity.objects.all(), LATE)
    assert [activity.subject for activity in getattr(laid_out, part)] == ["before"]
    assert [activity.subject for activity in laid_out.planned] == ["after"]


def test_the_same_activity_is_today_in_berlin_and_overdue_nowhere(alice: User, alice_client: Client) -> None:
    plan(alice, "Late call", LATE + timedelta(minutes=15))
    with time_machine.travel(LATE, tick=False):
        alice.time_zone = "Europe/Berlin"
        alice.save()
        assert "Late call" in alice_client.get("/activities/", {"tab": "today"}).content.decode()
        assert "Late call" not in alice_client.get("/activities/", {"tab": "overdue"}).content.decode()


def test_tabs_hold_overdue_today_planned_and_done(alice: User, alice_client: Client) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), tick=False):
        now = timezone.now()
        plan(alice, "Missed", now - timedelta(hours=1))
        plan(alice, "Soon", now + timedelta(hours=1))
        plan(alice, "Next week", now + timedelta(days=7))
        plan(alice, "Finished", now - timedelta(days=1), done_at=now)
        found = {
            tab: [a.subject for a in alice_client.get("/activities/", {"tab": tab}).context["page"]]
            for tab in ("todo", "overdue", "today", "planned", "done")
        }
    assert found == {
        "todo": ["Missed", "Soon", "Next week"],
        "overdue": ["Missed"],
        "today": ["Soon"],
        "planned": ["Next week"],
        "done": ["Finished"],
    }


def test_the_list_is_mine_until_everybody_is_asked_for(alice: User, bob: User, alice_client: Client) -> None:
    plan(bob, "His call", timezone.now() + timedelta(days=1))
    assert "His call" not in alice_client.get("/activities/").content.decode()
    assert "His call" in alice_client.get("/activities/", {"owner": "all"}).content.decode()


def test_a_time_is_understood_in_the_users_zone(alice: User, deal: Deal, alice_client: Client) -> None:
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    alice_client.post("/activities/new/", form(alice, deal=deal.title))
    activity = Activity.objects.get()
    assert activity.due_at == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    assert activity.deal == deal
    assert 'value="2026-11-24T09:00"' in alice_client.get(f"/activities/{activity.pk}/edit/").content.decode()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"subject": ""}, "Say what is to be done."),
        ({"due_at": ""}, "Choose when it is due."),
        ({"due_at": "soon"}, "This is not a date and time."),
        ({"deal": "No such deal"}, "Nothing of that name was found."),
    ],
)
def test_faults_are_told_in_sentences(values: dict[str, str], sentence: str, alice: User, alice_client: Client) -> None:
    answer = alice_client.post("/activities/new/", form(alice, **values))
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)


def test_an_edit_may_take_it_off_its_deal(alice: User, call: Activity, alice_client: Client) -> None:
    alice_client.post(f"/activities/{call.pk}/edit/", form(alice))
    call.refresh_from_db()
    assert (call.subject, call.deal) == ("Call", None)


def test_ticking_off_and_back(call: Activity, alice_client: Client) -> None:
    url = f"/activities/{call.pk}/done/"
    answer = alice_client.post(url, {"done": "1"}, headers={"HX-Request": "true"})
    assert "is-done" in answer.content.decode()
    assert "records:changed" in answer.headers["HX-Trigger"]
    call.refresh_from_db()
    first = call.done_at
    alice_client.post(url, {"done": "1"})
    call.refresh_from_db()
    assert call.done_at == first, "a second tick changes nothing"
    assert alice_client.post(url, {"done": "0", "next": "/deals/"}).headers["Location"] == "/deals/"
    call.refresh_from_db()
    assert call.done_at is None


def test_the_short_form_plans_for_the_record_of_its_page(boris: Person, alice_client: Client) -> None:
    values = {"subject": "Ask about Q1", "kind": "task", "due_at": "2026-11-30T10:00", "person": boris.pk}
    assert alice_client.post("/activities/plan/", values).headers["Location"] == boris.get_absolute_url()
    assert Activity.objects.get().person == boris
    piece = alice_client.post("/activities/plan/", values, headers={"HX-Request": "true"})
    assert piece.status_code == 200
    assert "Planned: Ask about Q1" in piece.headers["HX-Trigger"]
    faulty = alice_client.post("/activities/plan/", {**values, "subject": ""}, headers={"HX-Request": "true"})
    assert (faulty.status_code, "Say what is to be done." in faulty.content.decode()) == (422, True)


def test_an_activity_is_deleted_after_asking(call: Activity, alice_client: Client) -> None:
    url = f"/activities/{call.pk}/delete/"
    assert "cannot be undone" in alice_client.get(url).content.decode()
    assert Activity.objects.exists()
    assert alice_client.post(url).status_code == 302
    assert not Activity.objects.exists()


def test_the_list_takes_the_same_few_queries_for_many(alice: User, deal: Deal, call: Activity, alice_client: Client) -> None:
    few = count_queries(alice_client, "/activities/")
    for number in range(40):
        plan(alice, f"Call {number}", timezone.now() + timedelta(hours=number), deal=deal, person=deal.person)
    assert count_queries(alice_client, "/activities/") == few
