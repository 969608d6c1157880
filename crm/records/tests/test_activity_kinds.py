"""Kinds of activities, what a form asks of one, and what is to be done next about a record."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.accounts.models import User
from crm.records import next_steps
from crm.records.models import Activity, ActivityKind, Deal, Lead, Organisation, Person


@pytest.fixture
def demo(db: None) -> ActivityKind:
    return ActivityKind.objects.create(name="Product demo", icon="presentation")


def form(owner: User, **values: Any) -> dict[str, Any]:
    return {"subject": "Show it", "kind": "call", "due_at": "2026-12-01T09:00", "owner": owner.pk, **values}


def test_the_companys_own_kind_is_chosen_shown_and_changed_back(alice: User, demo: ActivityKind, alice_client: Client) -> None:
    alice_client.post("/activities/new/", form(alice, kind=f"custom-{demo.pk}"))
    activity = Activity.objects.get()
    assert (activity.kind, activity.custom_kind, activity.kind_name) == ("custom", demo, "Product demo")
    assert "Product demo" in alice_client.get(f"/activities/{activity.pk}/").content.decode()
    alice_client.post(f"/activities/{activity.pk}/edit/", form(alice, kind="meeting"))
    activity.refresh_from_db()
    assert (activity.kind, activity.custom_kind) == ("meeting", None)


def test_an_archived_kind_is_offered_no_more_but_stays_where_it_is(alice: User, demo: ActivityKind, alice_client: Client) -> None:
    activity = Activity.objects.create(owner=alice, subject="Old", due_at=timezone.now(), kind="custom", custom_kind=demo)
    demo.archived_at = timezone.now()
    demo.save()
    option = f'value="custom-{demo.pk}"'
    assert option not in alice_client.get("/activities/new/").content.decode()
    assert option in alice_client.get(f"/activities/{activity.pk}/edit/").content.decode()
    assert alice_client.post("/activities/new/", form(alice, kind=f"custom-{demo.pk}")).status_code == 422
    assert option in alice_client.get("/activities/?tab=todo").content.decode(), "one can still look for it"


def test_a_wrong_icon_breaks_no_page(alice: User, deal: Deal, demo: ActivityKind, alice_client: Client) -> None:
    ActivityKind.objects.update(icon="no-such-icon")
    for done_at in (None, timezone.now()):
        Activity.objects.create(
            owner=alice, subject="Odd", deal=deal, due_at=timezone.now(), done_at=done_at, kind="custom", custom_kind=demo
        )
    for address in ("/activities/?tab=todo", "/activities/calendar/?mode=month", deal.get_absolute_url()):
        assert "Odd" in alice_client.get(address).content.decode()


def test_duration_place_and_reminder_are_kept_and_shown(alice: User, boris: Person, alice_client: Client) -> None:
    values = {"duration_minutes": "90", "location": "Hamburg, room 4", "remind_minutes": "30", "person": boris.name}
    alice_client.post("/activities/new/", form(alice, **values))
    activity = Activity.objects.get()
    assert (activity.duration_minutes, activity.location, activity.remind_minutes) == (90, "Hamburg, room 4", 30)
    page = alice_client.get(f"/activities/{activity.pk}/").content.decode()
    assert all(words in page for words in ("1 h 30 min", "Hamburg, room 4", "30 minutes before"))


def test_an_unusual_reminder_of_an_import_survives_the_form(alice: User, alice_client: Client) -> None:
    activity = Activity.objects.create(owner=alice, subject="Odd", due_at=timezone.now(), remind_minutes=25, duration_minutes=50)
    page = alice_client.get(f"/activities/{activity.pk}/edit/").content.decode()
    assert ("25 min before" in page, "50 min" in page) == (True, True)
    alice_client.post(f"/activities/{activity.pk}/edit/", form(alice, remind_minutes="25", duration_minutes="50"))
    activity.refresh_from_db()
    assert (activity.remind_minutes, activity.duration_minutes) == (25, 50)


def test_an_activity_may_be_about_a_lead(alice: User, alice_client: Client) -> None:
    lead = Lead.objects.create(owner=alice, title="Fair contact")
    alice_client.post("/activities/new/", form(alice, lead="Fair contact"))
    assert Activity.objects.get().lead == lead
    piece = alice_client.get(f"/focus/?lead={lead.pk}").content.decode()
    assert "Show it" in piece


def test_what_is_done_offers_to_plan_the_next_step(call: Activity, alice_client: Client) -> None:
    url = f"/activities/{call.pk}/done/"
    answer = alice_client.post(url, {"done": "1"}, headers={"HX-Request": "true"})
    assert "Plan the next step?" in answer.headers["HX-Trigger"]
    assert f"/activities/new/?deal={call.deal_id}" in answer.headers["HX-Trigger"]
    alice_client.post(url, {"done": "0"})
    page = alice_client.post(url, {"done": "1", "next": "/privacy/"}, follow=True).content.decode()
    assert f'<a href="/activities/new/?deal={call.deal_id}">Plan the next step?</a>' in page


def test_nothing_is_offered_for_a_deal_that_is_closed(call: Activity, alice_client: Client) -> None:
    Deal.objects.update(status="won")
    answer = alice_client.post(f"/activities/{call.pk}/done/", {"done": "1"}, headers={"HX-Request": "true"})
    assert "next step" not in answer.headers["HX-Trigger"]


def test_lists_say_what_is_next_directly_or_by_deals_and_people(
    alice: User, acme: Organisation, boris: Person, deal: Deal, call: Activity
) -> None:
    idle = Person.objects.create(owner=alice, name="Idle")
    for record, expected in ((deal, call), (boris, call), (acme, call), (idle, None)):
        [row] = next_steps.annotated(type(record).objects.filter(pk=record.pk), alice)  # type: ignore[attr-defined]
        next_steps.attach([row], alice, now=timezone.now())
        assert row.next_activity == expected, record
        assert row.next_subject == (expected.subject if expected else None), record


def test_the_earliest_is_next_and_what_is_done_is_not(alice: User, boris: Person) -> None:
    now = timezone.now()
    for subject, hours, done_at in (("later", 2, None), ("overdue", -2, None), ("done", -3, now)):
        Activity.objects.create(owner=alice, person=boris, subject=subject, due_at=now + timedelta(hours=hours), done_at=done_at)
    rows = list(next_steps.annotated(Person.objects.all(), alice))
    next_steps.attach(rows, alice, now=now)
    assert (rows[0].next_subject, rows[0].next_activity.subject, rows[0].is_overdue) == ("overdue", "overdue", True)


def test_nobody_learns_of_hidden_activities_by_a_list(alice: User, charlie: User) -> None:
    shared = Person.objects.create(owner=alice, name="Shared", visibility="everyone")
    Activity.objects.create(owner=alice, person=shared, subject="Secret", due_at=timezone.now())
    [row] = next_steps.annotated(Person.objects.visible_to(charlie), charlie)
    next_steps.attach([row], charlie, now=timezone.now())
    assert (row.next_subject, row.next_activity) == (None, None)


def test_a_page_of_fifty_rows_takes_one_query(alice: User, acme: Organisation) -> None:
    people = [Person.objects.create(owner=alice, name=f"P{number}", organisation=acme) for number in range(50)]
    for person in people:
        Activity.objects.create(owner=alice, person=person, subject="Call", due_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        next_steps.attach(people, alice, now=timezone.now())
    assert len(queries) == 1
    assert all(person.next_activity for person in people)  # type: ignore[attr-defined]


def test_a_page_of_a_record_says_that_nothing_is_planned(boris: Person, alice_client: Client) -> None:
    page = alice_client.get(reverse("records:person_detail", args=[boris.pk])).content.decode()
    assert "Nothing is planned here." in page
