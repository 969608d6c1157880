"""Contacts that may be the same: hints, the list of pairs, who may see which."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Role, User
from crm.records import archive, duplicates
from crm.records.models import ContactPoint, NotTheSame, Organisation, Person

HINT = "/people/duplicates/"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"email": ["x@y.example", "B@home.example"]}, "same email address"),
        ({"phone": "0049 (151) 77-88"}, None),
        ({"phone": "+49 (151) 77-88"}, "same phone number"),
        ({"phone": "49/30.12-34 5"}, "same phone number"),
        ({"name": "BORIS ivanov"}, "similar name"),
        ({"name": "Boris Iwanov", "organisation": "acme tools"}, "similar name"),
        ({"name": "Boris Iwanov"}, "similar name"),
        ({"name": "Boris Petrov"}, None),
        ({"name": "Carla Stein", "organisation": "Acme Tools"}, None),
        ({"phone": "49"}, None),
        ({"name": "B"}, None),
    ],
)
def test_a_hint_is_given_while_one_types(typed: dict[str, Any], reason: str | None, boris: Person, alice_client: Client) -> None:
    Person.objects.filter(pk=boris.pk).update(phone="+49 30 12345")
    ContactPoint.objects.create(person=boris, kind="email", value="b@home.example", folded="b@home.example")
    ContactPoint.objects.create(person=boris, kind="phone", value="+49 151 7788", folded="491517788")
    hint = alice_client.get(HINT, typed).content.decode()
    assert ("Boris Ivanov" in hint) is bool(reason)
    assert (reason or "") in hint


def test_an_archived_one_is_marked_and_a_strangers_one_is_not_told(
    alice: User, boris: Person, charlie: User, client: Client, alice_client: Client
) -> None:
    archive.archive(record=boris, actor=alice, now=timezone.now())
    assert "archived" in alice_client.get(HINT, {"email": boris.email}).content.decode()
    client.force_login(charlie)
    assert "Boris" not in client.get(HINT, {"email": boris.email, "name": boris.name}).content.decode()


@pytest.mark.parametrize(
    ("typed", "is_told"),
    [
        ({"domain": "ACME-tools.example"}, True),
        ({"name": "ACME Tools GmbH"}, True),
        ({"name": "Acme Tolls"}, True),
        ({"name": "Acme"}, False),
        ({"domain": "gmail.com"}, False),
        ({"phone": "+49 30-1234"}, True),
    ],
)
def test_organisations_are_known_by_domain_and_name(typed: dict[str, str], is_told: bool, acme: Organisation, alice_client: Client) -> None:
    assert ("Acme Tools" in alice_client.get("/organisations/duplicates/", typed).content.decode()) is is_told


def pairs(user: User, kind: str = "person") -> list[tuple[str, str, str]]:
    return [(pair.first.name, pair.second.name, pair.reason.value) for pair in duplicates.likely_pairs(user, kind)]


def test_pairs_are_listed_the_surest_first(alice: User, boris: Person, acme: Organisation) -> None:
    Person.objects.filter(pk=boris.pk).update(phone="+49 30 12345")
    second = Person.objects.create(owner=alice, name="B. Ivanov", email="b@home.example")
    ContactPoint.objects.create(person=second, kind="email", value=boris.email, folded=boris.email)
    Person.objects.create(owner=alice, name="Somebody", phone="49 3012345")
    Person.objects.create(owner=alice, name="Carla Stein")
    Person.objects.create(owner=alice, name="carla stein")
    Person.objects.create(owner=alice, name="Boris Iwanov", organisation=acme)
    assert pairs(alice) == [
        ("Boris Ivanov", "B. Ivanov", "email"),
        ("Boris Ivanov", "Somebody", "phone"),
        ("Carla Stein", "carla stein", "name"),
        ("Boris Ivanov", "Boris Iwanov", "name"),
    ]


def test_organisations_pair_by_domain_and_name_without_legal_form(alice: User, acme: Organisation) -> None:
    Organisation.objects.create(owner=alice, name="Tools of Acme", domain="Acme-Tools.example")
    Organisation.objects.create(owner=alice, name="ACME Tools Ltd.")
    assert pairs(alice, "organisation") == [("Acme Tools", "Tools of Acme", "domain"), ("Acme Tools", "ACME Tools Ltd.", "name")]


def test_a_pair_is_dismissed_for_good(alice: User, boris: Person, alice_client: Client) -> None:
    second = Person.objects.create(owner=alice, name=boris.name)
    assert "Compare and merge" in alice_client.get("/duplicates/").content.decode()
    alice_client.post("/duplicates/dismiss/", {"kind": "person", "first": second.pk, "second": boris.pk})
    assert NotTheSame.objects.get().lower == boris.pk
    assert pairs(alice) == []
    assert "No duplicates in sight" in alice_client.get("/duplicates/").content.decode()


def test_only_those_who_may_merge_see_the_list_and_only_of_what_they_see(
    alice: User, bob: User, charlie: User, boris: Person, client: Client
) -> None:
    second = Person.objects.create(owner=alice, name=boris.name)
    client.force_login(charlie)
    assert "Boris" not in client.get("/duplicates/").content.decode()
    assert client.post("/duplicates/dismiss/", {"kind": "person", "first": second.pk, "second": boris.pk}).status_code == 404
    assert client.get(f"/records/person/{boris.pk}/merge/").status_code == 404
    assert client.get(f"/records/person/{boris.pk}/merge/{second.pk}/").status_code == 404
    assert client.post(f"/records/person/{boris.pk}/merge/{second.pk}/").status_code == 404
    bob.custom_role = Role.objects.create(name="Reader", permissions=["change_others"])
    bob.save()
    client.force_login(bob)
    assert client.get("/duplicates/").status_code == 404
    assert client.post(f"/records/person/{boris.pk}/merge/{second.pk}/").status_code == 404
    assert Person.objects.count() == 2
