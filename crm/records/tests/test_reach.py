"""Several addresses, numbers, tags and readers of contacts, by their forms and on their pages."""

from typing import Any

import pytest
from django.test import Client

from crm.accounts.models import Role, Team, User
from crm.records import contacts, history
from crm.records.models import ContactPoint, FieldChange, Organisation, Person, Tag


def form(owner: User, **values: Any) -> dict[str, Any]:
    return {"name": "Boris Ivanov", "organisation": "Acme Tools", "owner": owner.pk, **values}


def further(record: Person | Organisation) -> list[tuple[str, str, str]]:
    return [(point.kind, point.value, point.label) for point in record.points.all()]


def test_rows_become_the_first_address_and_further_ones(alice: User, alice_client: Client) -> None:
    rows = {
        "email": ["boris@acme-tools.example", "", "Boris@Home.example", "boris@home.example"],
        "email_label": ["work", "other", "home", "home"],
        "phone": ["+49 30 1234", "+49 151 77"],
        "phone_label": ["work", "mobile"],
        "addresses": ["Werk 2, Berlin"],
        "addresses_label": ["billing"],
    }
    place = {"address": "Weg 1", "postcode": "10115", "city": "Berlin", "region": "", "country": "DE"}
    assert alice_client.post("/people/new/", form(alice, tags="Fair, key account,fair", **rows, **place)).status_code == 302
    person = Person.objects.get()
    assert (person.email, person.email_label, person.phone, person.phone_label) == (
        "boris@acme-tools.example",
        "work",
        "+49 30 1234",
        "work",
    )
    assert further(person) == [
        ("address", "Werk 2, Berlin", "billing"),
        ("email", "Boris@Home.example", "home"),
        ("phone", "+49 151 77", "mobile"),
    ]
    assert [tag.name for tag in person.tags.all()] == ["Fair", "key account"]
    page = alice_client.get(person.get_absolute_url()).content.decode().replace("<wbr>", "")
    for words in ("Boris@Home.example", "+49 151 77", "10115 Berlin", "Germany", "Werk 2, Berlin", "Fair"):
        assert words in page, words


def test_each_change_is_noted_once(alice: User, boris: Person, alice_client: Client) -> None:
    rows = {"email": [boris.email, "b@home.example"], "email_label": ["work", "home"], "tags": "Fair", "visibility": "everyone"}
    alice_client.post(f"/people/{boris.pk}/edit/", form(alice, **rows))
    told = {change.field: change.after for change in FieldChange.objects.filter(person=boris)}
    assert told == {"emails": "boris@acme-tools.example, b@home.example (Home)", "tags": "Fair", "visibility": "Everyone in the company"}


def test_a_fault_in_one_row_keeps_all_that_was_typed(alice: User, alice_client: Client) -> None:
    answer = alice_client.post("/people/new/", form(alice, email=["good@there.example", "bad"], email_label=["work", "home"]))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This is not an email address." in page
    assert 'value="good@there.example"' in page
    assert 'value="bad"' in page


def test_any_address_of_another_contact_is_asked_about(alice: User, boris: Person, alice_client: Client) -> None:
    ContactPoint.objects.create(person=boris, kind="email", value="b@home.example", folded="b@home.example")
    values = form(alice, name="Other", email=["new@there.example", "B@home.example"], email_label=["work", "home"])
    assert "Has this address already" in alice_client.post("/people/new/", values).content.decode()
    assert alice_client.post("/people/new/", {**values, "is_duplicate_meant": "on"}).status_code == 302


def test_who_posts_less_changes_less(alice: User, boris: Person, alice_client: Client) -> None:
    ContactPoint.objects.create(person=boris, kind="email", value="b@home.example", folded="b@home.example")
    boris.tags.add(Tag.objects.create(name="Fair"))
    alice_client.post(f"/people/{boris.pk}/edit/", form(alice, name="B. Ivanov"))
    boris.refresh_from_db()
    assert (boris.name, boris.email, boris.tags.count(), boris.points.count()) == ("B. Ivanov", "boris@acme-tools.example", 1, 1)


def test_other_callers_save_as_before(alice: User) -> None:
    from django.utils import timezone

    person = contacts.save_person(
        person=Person(name="X", email="x@y.example", owner=alice), organisation=None, actor=alice, now=timezone.now()
    )
    assert person.email == "x@y.example"


@pytest.mark.parametrize("default", ["owner", "team", "everyone"])
def test_a_new_contact_begins_with_the_circle_of_its_owners_team(default: str, alice: User, alice_client: Client) -> None:
    Team.objects.filter(members=alice).update(default_visibility=default)
    page = alice_client.get("/people/new/").content.decode()
    assert f'value="{default}" selected' in page
    assert "Sales North" in page
    alice_client.post("/people/new/", form(alice))
    assert Person.objects.get().visibility == default


def test_whoever_hides_a_record_from_themselves_gets_the_list(alice: User, bob: User, boris: Person, client: Client) -> None:
    client.force_login(bob)
    answer = client.post(f"/people/{boris.pk}/edit/", form(alice, visibility="owner"), follow=True)
    assert answer.redirect_chain[0][0] == "/people/"


def test_a_role_that_may_not_change_others_sees_no_buttons_and_finds_no_forms(
    bob: User, boris: Person, acme: Organisation, client: Client
) -> None:
    bob.custom_role = Role.objects.create(name="Reader", permissions=[])
    bob.save()
    client.force_login(bob)
    for record, path in ((boris, f"/people/{boris.pk}/"), (acme, f"/organisations/{acme.pk}/")):
        page = client.get(path).content.decode()
        assert "Follow" in page
        assert f"{path}edit/" not in page
        assert f"{path}delete/" not in page
        assert client.get(f"{path}edit/").status_code == 404
        assert client.post(f"{path}edit/", {"name": "x"}).status_code == 404
        record.refresh_from_db()
        assert record.name != "x"


def test_deleting_needs_its_permission(bob: User, boris: Person, client: Client) -> None:
    bob.custom_role = Role.objects.create(name="Careful", permissions=["change_others"])
    bob.save()
    client.force_login(bob)
    page = client.get(boris.get_absolute_url()).content.decode()
    assert "/edit/" in page
    assert "/delete/" not in page
    assert client.post(f"/people/{boris.pk}/delete/").status_code == 404


def test_an_organisation_has_addresses_of_its_own(alice: User, acme: Organisation, alice_client: Client) -> None:
    rows = {"email": ["info@acme-tools.example", "bills@acme-tools.example"], "email_label": ["work", "billing"], "country": "FR"}
    values = {"name": acme.name, "domain": acme.domain, "owner": alice.pk, **rows}
    assert alice_client.post(f"/organisations/{acme.pk}/edit/", values).status_code == 302
    acme.refresh_from_db()
    assert (acme.email, further(acme)) == ("info@acme-tools.example", [("email", "bills@acme-tools.example", "billing")])
    page = alice_client.get(acme.get_absolute_url()).content.decode()
    assert "bills@acme-tools.example" in page
    assert "France" in page
    assert any("Country: France" in line.text for _day, lines in history.timeline_of(acme, alice).days for line in lines)
