"""Changing many records: chosen, looked at, done, gone on with, undone."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry, User
from crm.accounts.permissions import Permission
from crm.records.fields.values import Money
from crm.records.lists import bulk
from crm.records.models import BulkChange, CustomChoice, CustomField, Deal, FieldChange, Organisation, Person, Stage, Tag, TimelineEntry
from crm.records.tests.test_lists import custom, people, without


def begin(client: Client, verb: str, *records: Any, kind: str = "person", **more: Any) -> BulkChange:
    posted = {"verb": verb, "pick": [record.pk for record in records], "next": "/people/?q=x", **more}
    assert client.post(f"/lists/{kind}/bulk/", posted)["Location"].startswith("/bulk/")
    return BulkChange.objects.latest("pk")


def choose(client: Client, chosen: BulkChange, **values: Any) -> Any:
    answer = client.post(f"/bulk/{chosen.pk}/", values)
    return client.get(f"/bulk/{chosen.pk}/").context["preview"] if answer.status_code == 302 else answer


def run(client: Client, chosen: BulkChange, **values: Any) -> BulkChange:
    client.post(f"/bulk/{chosen.pk}/run/", values)
    chosen.refresh_from_db()
    return chosen


def undo(client: Client, chosen: BulkChange) -> BulkChange:
    client.post(f"/bulk/{chosen.pk}/undo/")
    chosen.refresh_from_db()
    return chosen


def set_title(client: Client, *records: Any, value: str = "Buyer") -> BulkChange:
    chosen = begin(client, "set", *records)
    choose(client, chosen, field="job_title", value=value)
    return chosen


def titles() -> list[str]:
    return list(Person.objects.order_by("name").values_list("job_title", flat=True))


def test_a_preview_says_what_would_change_and_why_the_rest_would_not(alice: User, alice_client: Client) -> None:
    one, two, three = people(alice, "One", "Two", "Three")
    Person.objects.filter(pk=two.pk).update(job_title="Buyer")
    chosen = begin(alice_client, "set", one, two, three)
    preview = choose(alice_client, chosen, field="job_title", value="Buyer")
    assert (preview.total, preview.changing, preview.reasons) == (3, 2, [(1, "nothing to change")])
    assert [(str(record), before, after) for record, before, after in preview.rows] == [("One", "", "Buyer"), ("Three", "", "Buyer")]
    assert titles() == ["", "", "Buyer"], "nothing has changed yet"


def test_participants_who_are_hidden_stay_and_are_not_named(alice: User, bob: User, deal: Deal, alice_client: Client) -> None:
    secret = Person.objects.create(owner=bob, name="Secret Sid", visibility="owner")
    carla, dora = people(alice, "Carla", "Dora")
    deal.participants.set([secret, carla])
    chosen = begin(alice_client, "set", deal, kind="deal")
    preview = choose(alice_client, chosen, field="participants", value="Dora")
    assert [(before, after) for _record, before, after in preview.rows] == [("Carla", "Dora")]
    assert run(alice_client, chosen).changed_count == 1
    assert set(deal.participants.all()) == {secret, dora}
    assert undo(alice_client, chosen).undone_count == 1
    assert set(deal.participants.all()) == {secret, carla}


def test_a_change_is_noted_for_each_record_and_in_the_audit_log(alice: User, alice_client: Client) -> None:
    chosen = run(alice_client, set_title(alice_client, *people(alice, "One", "Two")))
    assert (chosen.state, chosen.changed_count, titles()) == ("done", 2, ["Buyer", "Buyer"])
    assert FieldChange.objects.filter(field="job_title", before="", after="Buyer", actor=alice).count() == 2
    entry = AuditEntry.objects.get(action="bulk_changed")
    assert (entry.details, "Set Job title to “Buyer”" in entry.about) == ({"count": 2}, True)


def test_an_undo_gives_back_what_was_there_unless_it_was_changed_since(alice: User, alice_client: Client) -> None:
    one, two = people(alice, "One", "Two", job_title="Clerk")
    chosen = run(alice_client, set_title(alice_client, one, two))
    Person.objects.filter(pk=two.pk).update(job_title="Director")
    chosen = undo(alice_client, chosen)
    assert (chosen.state, chosen.undone_count, titles()) == ("undone", 1, ["Clerk", "Director"])
    page = alice_client.get(f"/bulk/{chosen.pk}/").content.decode()
    assert "1 was left alone." in page
    assert "changed since" in page
    assert FieldChange.objects.filter(before="Buyer", after="Clerk").count() == 1
    assert AuditEntry.objects.filter(action="bulk_undone").exists()


def test_the_list_offers_to_undo_what_was_just_done(alice: User, alice_client: Client) -> None:
    chosen = run(alice_client, set_title(alice_client, *people(alice, "One")))
    assert f"/bulk/{chosen.pk}/undo/" in alice_client.get("/people/").content.decode()
    BulkChange.objects.update(finished_at=timezone.now() - timedelta(hours=1))
    assert f"/bulk/{chosen.pk}/undo/" not in alice_client.get("/people/").content.decode()
    assert "Set Job title to “Buyer”" in alice_client.get("/bulk/").content.decode()


def test_a_record_goes_back_twice_no_more(alice: User, alice_client: Client) -> None:
    chosen = undo(alice_client, run(alice_client, set_title(alice_client, *people(alice, "One"))))
    assert undo(alice_client, chosen).undone_count == 1
    assert run(alice_client, chosen).changed_count == 1


def test_all_that_match_are_meant_when_that_is_ticked(alice: User, charlie: User, alice_client: Client) -> None:
    people(alice, *(f"Bert {number:03}" for number in range(60)))
    people(alice, "Adam")
    people(charlie, "Berta")
    text = json.dumps({"all": [{"field": "name", "is": "begins", "value": "Bert"}]})
    chosen = begin(alice_client, "set", everything="1", filter=text)
    assert choose(alice_client, chosen, field="city", value="Oslo").changing == 60
    assert run(alice_client, chosen).changed_count == 60
    assert Person.objects.filter(city="Oslo").count() == 60


def test_others_records_are_left_out_where_the_role_does_not_allow_it(alice: User, bob: User) -> None:
    [mine], [theirs] = people(alice, "Mine"), people(bob, "Theirs")
    client = without(alice, Permission.BULK_EDIT)
    chosen = begin(client, "set", mine, theirs)
    assert choose(client, chosen, field="city", value="Oslo").reasons == [(1, "owned by others, not yours to change")]
    chosen = run(client, chosen)
    assert (chosen.changed_count, chosen.left_count) == (1, 1)
    assert list(Person.objects.filter(city="Oslo")) == [mine]


def test_records_that_one_does_not_see_cannot_be_picked(charlie: User, alice: User, alice_client: Client) -> None:
    chosen = begin(alice_client, "set", *people(charlie, "Hidden"))
    assert choose(alice_client, chosen, field="city", value="Oslo").total == 0


@pytest.mark.parametrize("kind", ["text", "number", "money", "date", "choice", "choices", "person", "organisation"])
def test_custom_fields_are_set_and_given_back(kind: str, alice: User, acme: Organisation, boris: Person, alice_client: Client) -> None:
    field = custom("person", kind)
    choice = CustomChoice.objects.create(field=CustomField.objects.get(), name="Red")
    texts = {"text": "blue", "number": "3.5", "money": "20 USD", "date": "2026-11-30", "choice": choice.pk, "choices": [choice.pk]}
    posted = {"value": texts.get(kind, str(boris if kind == "person" else acme))}
    chosen = begin(alice_client, "set", *people(alice, "One", "Two"))
    choose(alice_client, chosen, field=field.key, **posted)
    assert run(alice_client, chosen).changed_count == 2
    assert Person.objects.filter(custom_values__field=field.custom).count() == 2
    assert undo(alice_client, chosen).undone_count == 2
    assert not Person.objects.filter(custom_values__field=field.custom).exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("emails", "nobody", "is no email address"),
        ("name", "", "required"),
        ("owner", "", "required"),
        ("country", "Narnia", "valid choice"),
    ],
)
def test_a_value_that_cannot_be_is_refused(field: str, value: str, sentence: str, alice: User, alice_client: Client) -> None:
    answer = choose(alice_client, begin(alice_client, "set", *people(alice, "One")), field=field, value=value)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_fixed_fields_are_not_offered(alice: User, alice_client: Client) -> None:
    chosen = begin(alice_client, "set", *people(alice, "One"))
    offered = [field.key for field in alice_client.get(f"/bulk/{chosen.pk}/").context["fields"]]
    assert "created_at" not in offered
    assert {"job_title", "tags", "visibility"} <= set(offered)


def test_every_field_that_can_be_set_has_a_box(alice: User, deal: Deal, alice_client: Client) -> None:
    chosen = begin(alice_client, "set", deal, kind="deal")
    for field in alice_client.get(f"/bulk/{chosen.pk}/").context["fields"]:
        page = alice_client.get(f"/bulk/{chosen.pk}/", {"field": field.key, "edit": "1"})
        assert page.context["chosen"].key == field.key


def test_tags_are_added_and_removed_and_given_back(alice: User, alice_client: Client) -> None:
    vip, cold = Tag.objects.create(name="VIP"), Tag.objects.create(name="Cold")
    one, two = people(alice, "One", "Two")
    one.tags.add(cold)
    chosen = begin(alice_client, "add_tags", one, two)
    choose(alice_client, chosen, field="tags", value=[vip.pk])
    run(alice_client, chosen)
    assert [set(person.tags.all()) for person in (one, two)] == [{vip, cold}, {vip}]
    assert FieldChange.objects.filter(person=one, field="tags").exists()
    gone = begin(alice_client, "remove_tags", one, two)
    choose(alice_client, gone, field="tags", value=[cold.pk])
    assert (run(alice_client, gone).changed_count, gone.left_count) == (1, 1)
    undo(alice_client, gone)
    undo(alice_client, chosen)
    assert [set(person.tags.all()) for person in (one, two)] == [{cold}, set()]


def test_records_are_archived_and_brought_back(alice: User, alice_client: Client) -> None:
    one, two = people(alice, "One", "Two")
    chosen = run(alice_client, begin(alice_client, "archive", one, two))
    assert Person.objects.current().count() == 0
    assert TimelineEntry.objects.filter(person=one, text="Archived").exists()
    run(alice_client, begin(alice_client, "restore", two))
    assert (undo(alice_client, chosen).undone_count, Person.objects.current().count()) == (1, 2)


def test_the_owner_is_changed(alice: User, bob: User, alice_client: Client) -> None:
    chosen = begin(alice_client, "owner", *people(alice, "One"))
    choose(alice_client, chosen, field="owner", value=bob.pk)
    run(alice_client, chosen)
    assert Person.objects.get().owner == bob


def test_deals_move_to_a_stage_and_closed_ones_stay(alice: User, deal: Deal, stages: list[Stage], alice_client: Client) -> None:
    won = Deal.objects.create(owner=alice, title="Won", stage=stages[0], status="won")
    chosen = begin(alice_client, "set", deal, won, kind="deal")
    preview = choose(alice_client, chosen, field="stage", value=stages[3].pk)
    assert (preview.changing, preview.reasons) == (1, [(1, "closed")])
    run(alice_client, chosen)
    deal.refresh_from_db()
    assert deal.stage == stages[3]
    undo(alice_client, chosen)
    deal.refresh_from_db()
    assert deal.stage == stages[1]


def test_an_amount_keeps_each_deals_currency(alice: User, deal: Deal, alice_client: Client) -> None:
    Deal.objects.filter(pk=deal.pk).update(currency="USD")
    chosen = begin(alice_client, "set", deal, kind="deal")
    choose(alice_client, chosen, field="value", value="7")
    run(alice_client, chosen)
    deal.refresh_from_db()
    assert (deal.value, deal.currency) == (Decimal(7), "USD")
    undo(alice_client, chosen)
    deal.refresh_from_db()
    assert deal.value == 12_500
    assert Money(deal.value, deal.currency) == Money(Decimal(12_500), "USD")


def test_deleting_asks_for_the_number_and_is_not_undone(alice: User, alice_client: Client) -> None:
    chosen = begin(alice_client, "delete", *people(alice, "One", "Two"))
    page = alice_client.get(f"/bulk/{chosen.pk}/").content.decode()
    assert "Deleting cannot be undone." in page
    assert alice_client.post(f"/bulk/{chosen.pk}/run/", {"confirmation": "1"}).status_code == 422
    assert Person.objects.count() == 2
    chosen = run(alice_client, chosen, confirmation="2")
    assert (chosen.state, chosen.changed_count, Person.objects.count()) == ("done", 2, 0)
    assert undo(alice_client, chosen).state == "done"
    assert AuditEntry.objects.get(action="bulk_deleted").details == {"count": 2}


def test_without_permission_nothing_is_changed_at_once(alice: User, boris: Person) -> None:
    client = without(alice)
    assert client.post("/lists/person/bulk/", {"verb": "archive", "pick": boris.pk}).status_code == 404
    assert client.get("/bulk/").status_code == 404
    assert "data-pick-row" not in client.get("/people/").content.decode()


def test_deleting_needs_its_own_permission(alice: User, boris: Person) -> None:
    client = without(alice, Permission.BULK_EDIT)
    assert client.post("/lists/person/bulk/", {"verb": "delete", "pick": boris.pk}).status_code == 404
    assert client.post("/lists/person/bulk/", {"verb": "archive", "pick": boris.pk}).status_code == 302


def test_changes_of_others_are_not_found(alice: User, alice_client: Client, bob: User, ada: User) -> None:
    chosen = set_title(alice_client, *people(alice, "One"))
    for user in (bob, ada):
        client = Client()
        client.force_login(user)
        assert client.get(f"/bulk/{chosen.pk}/").status_code == 404
        for verb in ("run", "undo"):
            assert client.post(f"/bulk/{chosen.pk}/{verb}/").status_code == 404
    assert titles() == [""]


def test_nothing_ticked_is_said(boris: Person, alice_client: Client) -> None:
    answer = alice_client.post("/lists/person/bulk/", {"verb": "archive", "next": "/people/"}, follow=True)
    assert "Tick some rows first." in answer.content.decode()


def test_many_rows_are_left_to_the_worker_and_the_page_follows(alice: User, alice_client: Client) -> None:
    Person.objects.bulk_create(Person(owner=alice, name=f"Person {number:03}") for number in range(bulk.AT_ONCE + 5))
    chosen = begin(alice_client, "set", everything="1")
    choose(alice_client, chosen, field="city", value="Oslo")
    answer = alice_client.post(f"/bulk/{chosen.pk}/run/")
    assert answer["Location"] == f"/bulk/{chosen.pk}/"
    page = alice_client.get(f"/bulk/{chosen.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "Changing: 0 of 205" in page
    bulk.go_on_with_all(clock=timezone.now)
    assert Person.objects.filter(city="Oslo").count() == 205
    assert "205 records were changed." in alice_client.get(f"/bulk/{chosen.pk}/").content.decode()


def test_what_a_killed_worker_left_is_gone_on_with_once_its_lease_is_over(alice: User, alice_client: Client) -> None:
    Person.objects.bulk_create(Person(owner=alice, name=f"Person {number:03}") for number in range(bulk.AT_ONCE + 5))
    chosen = begin(alice_client, "set", everything="1")
    choose(alice_client, chosen, field="city", value="Oslo")
    started = bulk.start(bulk=chosen, now=timezone.now())
    now = timezone.now()
    assert bulk._claim(started.pk, now)
    assert bulk._chunk(started.pk, now)
    assert bulk._claim(started.pk, now)  # and here the worker is killed
    bulk.go_on(started.pk, clock=lambda: now + timedelta(seconds=5))
    assert Person.objects.filter(city="Oslo").count() == bulk.CHUNK
    bulk.go_on(started.pk, clock=lambda: now + bulk.LEASE + timedelta(seconds=1))
    started.refresh_from_db()
    assert (started.state, started.changed_count) == ("done", 205)
    assert FieldChange.objects.filter(field="city").count() == 205, "none was changed twice"


def test_a_tag_that_was_deleted_meanwhile_stops_nothing(alice: User, alice_client: Client, deal: Deal, stages: list[Stage]) -> None:
    extra = Stage.objects.create(pipeline=stages[0].pipeline, name="Extra", position=99)
    chosen = begin(alice_client, "set", deal, kind="deal")
    choose(alice_client, chosen, field="stage", value=extra.pk)
    started = bulk.start(bulk=chosen, now=timezone.now())
    extra.delete()
    bulk.go_on(started.pk, clock=timezone.now)
    started.refresh_from_db()
    assert (started.state, started.left_count) == ("done", 1)


def test_a_change_of_many_takes_few_queries_for_each(alice: User, alice_client: Client, django_assert_max_num_queries: Any) -> None:
    Person.objects.bulk_create(Person(owner=alice, name=f"Person {number:03}") for number in range(100))
    chosen = begin(alice_client, "set", everything="1")
    choose(alice_client, chosen, field="city", value="Oslo")
    started = bulk.start(bulk=chosen, now=timezone.now())
    with django_assert_max_num_queries(60):
        bulk.go_on(started.pk, clock=timezone.now)


def test_records_are_given_to_those_whom_a_form_offers_alone(alice: User, bob: User, charlie: User, alice_client: Client) -> None:
    (one,) = people(alice, "One")
    chosen = begin(alice_client, "owner", one)
    assert choose(alice_client, chosen, field="owner", value=charlie.pk).status_code == 422
    assert choose(alice_client, chosen, field="owner", value=bob.pk).changing == 1


def test_what_is_under_way_is_not_chosen_anew(alice: User, alice_client: Client) -> None:
    chosen = set_title(alice_client, *people(alice, "One"))
    bulk.start(bulk=chosen, now=timezone.now())
    assert not bulk.choose(bulk=chosen, field="job_title", value="Seller")
    chosen.refresh_from_db()
    assert chosen.value == "Buyer"
