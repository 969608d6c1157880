"""What a user owned gets new owners, all or nothing, and nothing private goes along."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry, Role, Team, User
from crm.records import handing_over
from crm.records.models import Activity, FieldChange, Lead, Organisation, Person


@pytest.fixture
def ada_client(ada):
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def owned(acme, boris, deal, call):
    """One of each kind, and a call that is done."""
    lead = Lead.objects.create(owner=acme.owner, title="From the fair")
    done = Activity.objects.create(
        owner=acme.owner, subject="Done call", kind="call", deal=deal, due_at=timezone.now(), done_at=timezone.now()
    )
    return {"organisation": acme, "person": boris, "deal": deal, "lead": lead, "activity": call, "done": done}


def address(user):
    return f"/settings/users/{user.pk}/hand-over/"


def owners(owned):
    return {name: type(record).objects.get(pk=record.pk).owner.name.split()[0] for name, record in owned.items()}


def test_the_page_says_what_somebody_owns_and_what_is_never_handed_over(ada_client, alice, owned):
    answer = ada_client.get(address(alice))
    assert {holding.kind: holding.count for holding in answer.context["form"].holdings} == dict.fromkeys(
        ("organisation", "person", "deal", "lead", "activity"), 1
    )
    page = answer.content.decode()
    for words in ("everything tracked are never handed over", "no longer synced"):
        assert words in page
    assert address(alice) in ada_client.get(f"/settings/users/{alice.pk}/").content.decode()


def test_all_of_it_goes_to_one_and_the_account_is_switched_off(ada_client, alice, bob, owned):
    answer = ada_client.post(address(alice), {"everything": bob.pk, "switch_off": "on"}, follow=True)
    assert "5 things of Alice Ahrens have a new owner. The account is switched off." in answer.content.decode()
    assert owners(owned) == {**dict.fromkeys(owned, "Bob"), "done": "Alice"}
    alice.refresh_from_db()
    assert not alice.is_active


def test_kinds_go_to_different_people_and_the_rest_stays(ada_client, alice, bob, charlie, owned):
    ada_client.post(address(alice), {"deal": charlie.pk, "person": bob.pk})
    assert owners(owned) == {**dict.fromkeys(owned, "Alice"), "deal": "Charlie", "person": "Bob"}
    alice.refresh_from_db()
    assert alice.is_active


def test_each_change_of_owner_is_noted_and_the_whole_of_it_in_the_log(ada_client, ada, alice, bob, owned):
    ada_client.post(address(alice), {"everything": bob.pk})
    changes = FieldChange.objects.filter(field="owner", actor=ada).values_list("before", "after")
    assert list(changes) == [("Alice Ahrens", "Bob Berg")] * 4
    entry = AuditEntry.objects.get(action="user_handed_over")
    assert (entry.about, entry.details["counts"]["activity"]) == (alice.email, 1)
    assert "Owner: Alice Ahrens → Bob Berg" in ada_client.get(f"/people/{owned['person'].pk}/").content.decode()


def test_where_the_account_may_not_be_switched_off_nothing_is_given_away(ada_client, ada, bob):
    Person.objects.create(owner=ada, name="Carla")
    answer = ada_client.post(address(ada), {"everything": bob.pk, "switch_off": "on"})
    assert answer.status_code == 422
    assert "only administrator" in answer.content.decode()
    assert Person.objects.get().owner == ada
    assert not FieldChange.objects.exists()


def test_nothing_goes_to_somebody_who_is_switched_off_or_to_the_same_person(ada_client, alice, bob, owned):
    bob.is_active = False
    bob.save()
    for nobody in (bob, alice):
        assert ada_client.post(address(alice), {"everything": nobody.pk}).status_code == 422
    assert set(owners(owned).values()) == {"Alice"}


def test_the_new_owner_of_a_private_record_sees_it_and_the_old_team_no_longer_does(ada_client, alice, bob, charlie):
    secret = Organisation.objects.create(owner=alice, name="Secret", visibility="owner")
    shared = Organisation.objects.create(owner=alice, name="Shared", visibility="team")
    ada_client.post(address(alice), {"everything": charlie.pk})
    assert set(Organisation.objects.visible_to(charlie)) == {secret, shared}
    assert not Organisation.objects.visible_to(bob).exists()


def test_many_records_take_few_statements(alice, bob, ada, django_assert_max_num_queries, monkeypatch):
    Person.objects.bulk_create(Person(owner=alice, name=f"Person {number}") for number in range(300))
    monkeypatch.setattr(handing_over, "AT_ONCE", 100)
    with django_assert_max_num_queries(14):
        handing_over.hand_over(user=alice, to={"person": bob}, actor=ada, now=timezone.now())
    assert FieldChange.objects.count() == 300


def test_an_activity_that_is_still_to_come_reminds_its_new_owner(alice, bob, ada):
    later = Activity.objects.create(owner=alice, subject="x", due_at=timezone.now() + timedelta(days=1), reminded_at=timezone.now())
    handing_over.hand_over(user=alice, to={"activity": bob}, actor=ada, now=timezone.now())
    later.refresh_from_db()
    assert later.reminded_at is None


@pytest.mark.parametrize("permissions", [["manage_users"], ["see_everything"], []])
def test_it_needs_the_permission_for_users_and_to_see_everything(client, alice, permissions):
    person = User.objects.create_user("x@acme.test", "pw", name="X", custom_role=Role.objects.create(name="Some", permissions=permissions))
    client.force_login(person)
    assert client.get(address(alice)).status_code == 404
    assert client.post(address(alice), {"everything": person.pk}).status_code == 404


def test_an_account_that_may_do_more_is_not_handed_over_by_somebody_who_may_do_less(client, ada, alice):
    role = Role.objects.create(name="Office", permissions=["manage_users", "see_everything"])
    person = User.objects.create_user("x@acme.test", "pw", name="X", custom_role=role, team=Team.objects.create(name="Office"))
    client.force_login(person)
    assert client.get(address(ada)).status_code == 404
