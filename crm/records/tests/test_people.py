"""The address book and the forms of contacts."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.accounts.models import User
from crm.records import history
from crm.records.models import Deal, Organisation, Person, TimelineEntry
from crm.records.tests.queries import count_queries

LIST = "/people/"


def names(client: Client, **query: str) -> list[str]:
    return [person.name for person in client.get(LIST, query).context["page"]]


def form(**values: Any) -> dict[str, Any]:
    return {"name": "Clara Weiss", "email": "", "phone": "", "job_title": "", "organisation": "", **values}


def test_people_are_sorted_by_name_whatever_the_capitals(alice: User, alice_client: Client) -> None:
    for name in ("zoe", "Adam", "bert", "Carl"):
        Person.objects.create(owner=alice, name=name)
    assert names(alice_client) == ["Adam", "bert", "Carl", "zoe"]
    assert names(alice_client, sort="-name") == ["zoe", "Carl", "bert", "Adam"]


def test_people_without_an_organisation_come_last_by_organisation(alice: User, boris: Person, alice_client: Client) -> None:
    Person.objects.create(owner=alice, name="Alone")
    assert names(alice_client, sort="organisation") == ["Boris Ivanov", "Alone"]


@pytest.mark.parametrize("query", ["boris", "IVANOV", "acme-tools.example", "boris acme", "tools iva"])
def test_a_search_finds_every_word_in_any_field(query: str, boris: Person, alice_client: Client) -> None:
    assert names(alice_client, q=query) == ["Boris Ivanov"]


def test_a_search_needs_every_word(boris: Person, alice_client: Client) -> None:
    assert names(alice_client, q="boris unknown") == []


@pytest.mark.parametrize("query", ["анна", "АННА", "Анна", "каренина", "müller", "MÜLLER"])
def test_a_search_folds_the_case_of_every_script(query: str, alice: User, alice_client: Client) -> None:
    Person.objects.create(owner=alice, name="Анна Каренина Müller")
    assert names(alice_client, q=query) == ["Анна Каренина Müller"]


def test_wildcards_are_plain_characters(boris: Person, alice_client: Client) -> None:
    assert names(alice_client, q="%") == []
    assert names(alice_client, q="b_r_s") == []


def test_htmx_gets_the_rows_alone_and_a_restored_page_the_whole(boris: Person, alice_client: Client) -> None:
    piece = alice_client.get(LIST, {"q": "boris"}, headers={"HX-Request": "true"})
    assert b"<html" not in piece.content
    assert b"Boris Ivanov" in piece.content
    assert "HX-Request" in piece.headers["Vary"]
    whole = alice_client.get(LIST, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert b"<html" in whole.content


def test_the_list_takes_the_same_few_queries_for_many_people(alice: User, acme: Organisation, boris: Person, alice_client: Client) -> None:
    few = count_queries(alice_client, LIST)
    Person.objects.bulk_create(Person(owner=alice, name=f"Person {number:03}", organisation=acme) for number in range(119))
    assert count_queries(alice_client, LIST) == few
    page = alice_client.get(LIST)
    assert len(page.context["page"].object_list) == 50
    assert "1–50 of 120" in page.content.decode()
    assert len(alice_client.get(LIST, {"page": "3"}).context["page"].object_list) == 20


def test_a_page_number_that_makes_no_sense_shows_the_nearest_page(boris: Person, alice_client: Client) -> None:
    assert names(alice_client, page="nonsense") == ["Boris Ivanov"]
    assert names(alice_client, page="99") == ["Boris Ivanov"]


def test_an_empty_list_teaches(alice_client: Client) -> None:
    page = alice_client.get(LIST).content.decode()
    assert "Nobody here yet" in page
    assert reverse("records:person_create") in page


def test_a_person_is_created_with_a_new_organisation(alice: User, alice_client: Client) -> None:
    answer = alice_client.post("/people/new/", form(email="clara@helio.example", organisation="Helio Energy", owner=alice.pk))
    person = Person.objects.get()
    assert answer.headers["Location"] == person.get_absolute_url()
    assert (person.name, person.owner) == ("Clara Weiss", alice)
    assert person.organisation is not None
    assert (person.organisation.name, person.organisation.domain, person.organisation.owner) == ("Helio Energy", "helio.example", alice)
    assert "Contact added" in [line.text for line in TimelineEntry.objects.filter(person=person)]


def test_a_private_address_gives_its_organisation_no_domain(alice: User, alice_client: Client) -> None:
    alice_client.post("/people/new/", form(email="clara@gmail.com", organisation="Helio Energy", owner=alice.pk))
    assert Organisation.objects.get().domain == ""


def test_a_known_organisation_is_taken_by_its_name(alice: User, acme: Organisation, alice_client: Client) -> None:
    alice_client.post("/people/new/", form(organisation="  acme   TOOLS ", owner=alice.pk))
    assert Person.objects.get().organisation == acme
    assert Organisation.objects.count() == 1


def test_an_organisation_of_others_is_not_found_by_name(charlie: User, alice: User, alice_client: Client) -> None:
    theirs = Organisation.objects.create(owner=charlie, name="Secret Ltd")
    alice_client.post("/people/new/", form(organisation="Secret Ltd", owner=alice.pk, **{"organisation-pk": theirs.pk}))
    assert Person.objects.get().organisation != theirs


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "Give the contact a name."),
        ({"email": "not an address"}, "This is not an email address."),
        ({"organisation": "x" * 201}, "This name is too long: at most 200 characters."),
    ],
)
def test_faults_are_told_in_sentences_and_nothing_typed_is_lost(
    values: dict[str, str], sentence: str, alice: User, alice_client: Client
) -> None:
    answer = alice_client.post("/people/new/", form(phone="+49 151 9", owner=alice.pk, **values))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "+49 151 9" in page
    assert not Person.objects.exists()
    assert not Organisation.objects.exists()


def test_an_address_that_is_taken_is_asked_about_once(alice: User, boris: Person, alice_client: Client) -> None:
    values = form(email="BORIS@acme-tools.example", owner=alice.pk)
    asked = alice_client.post("/people/new/", values)
    assert asked.status_code == 422
    assert "Another contact has this address already." in asked.content.decode()
    assert boris.get_absolute_url() in asked.content.decode()
    assert alice_client.post("/people/new/", {**values, "is_duplicate_meant": "on"}).status_code == 302
    assert Person.objects.count() == 2


def test_a_duplicate_of_others_is_not_given_away(charlie: User, alice: User, alice_client: Client) -> None:
    Person.objects.create(owner=charlie, name="Secret", email="secret@there.example")
    assert alice_client.post("/people/new/", form(email="secret@there.example", owner=alice.pk)).status_code == 302


def test_a_hint_names_who_has_the_address_while_the_form_is_filled_in(
    alice: User, charlie: User, boris: Person, alice_client: Client, client: Client
) -> None:
    hint = "/people/duplicates/"
    assert "Boris Ivanov" in alice_client.get(hint, {"email": boris.email}).content.decode()
    assert "Boris" not in alice_client.get(f"{hint}?email={boris.email}&besides={boris.pk}").content.decode()
    client.force_login(charlie)
    assert "Boris" not in client.get(hint, {"email": boris.email}).content.decode()


def test_saving_again_does_not_ask_about_the_persons_own_address(alice: User, boris: Person, alice_client: Client) -> None:
    values = form(name="Boris I.", email=boris.email, organisation="Acme Tools", owner=alice.pk)
    assert alice_client.post(f"/people/{boris.pk}/edit/", values).status_code == 302
    boris.refresh_from_db()
    assert boris.name == "Boris I."


def test_a_change_of_employer_is_told_on_the_timeline(alice: User, boris: Person, alice_client: Client) -> None:
    alice_client.post(f"/people/{boris.pk}/edit/", form(name=boris.name, organisation="Quill Press", owner=alice.pk))
    told = [line.text for _day, of_day in history.timeline_of(boris, alice).days for line in of_day]
    assert any("Organisation: Acme Tools → Quill Press" in text for text in told)


def test_a_record_can_be_handed_to_the_team_only(alice: User, bob: User, charlie: User, boris: Person, alice_client: Client) -> None:
    assert alice_client.post(f"/people/{boris.pk}/edit/", form(owner=charlie.pk)).status_code == 422
    assert alice_client.post(f"/people/{boris.pk}/edit/", form(owner=bob.pk)).status_code == 302
    boris.refresh_from_db()
    assert boris.owner == bob


def test_a_form_begins_with_what_its_address_says(acme: Organisation, alice_client: Client) -> None:
    page = alice_client.get(f"/people/new/?name=Kim+Park&organisation={acme.pk}").content.decode()
    assert 'value="Kim Park"' in page
    assert 'value="Acme Tools"' in page


def test_the_page_of_a_person_takes_the_same_queries_for_many_deals_and_colleagues(
    alice: User, boris: Person, deal: Deal, alice_client: Client
) -> None:
    Person.objects.create(owner=alice, name="Colleague", organisation=boris.organisation)
    few = count_queries(alice_client, boris.get_absolute_url())
    for number in range(12):
        Deal.objects.create(owner=alice, title=f"Deal {number}", person=boris, stage=deal.stage)
        Person.objects.create(owner=alice, name=f"Colleague {number}", organisation=boris.organisation)
    assert count_queries(alice_client, boris.get_absolute_url()) == few
