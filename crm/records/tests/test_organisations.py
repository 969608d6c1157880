"""Companies: list, form, page."""

from typing import Any

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.records.models import Deal, Organisation, Person
from crm.records.tests.queries import count_queries


def form(**values: Any) -> dict[str, Any]:
    return {"name": "Helio Energy", "domain": "", "phone": "", "address": "", **values}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("helio.example", "helio.example"),
        ("https://www.Helio.example/about?x=1", "helio.example"),
        ("info@helio.example", "helio.example"),
        ("helio.example:8080", "helio.example"),
    ],
)
def test_a_pasted_address_becomes_a_domain(typed: str, kept: str, alice: User, alice_client: Client) -> None:
    assert alice_client.post("/organisations/new/", form(domain=typed, owner=alice.pk)).status_code == 302
    assert Organisation.objects.get().domain == kept


def test_a_name_is_needed(alice: User, alice_client: Client) -> None:
    answer = alice_client.post("/organisations/new/", form(name=" ", owner=alice.pk))
    assert answer.status_code == 422
    assert "Give the organisation a name." in answer.content.decode()


def test_the_list_counts_visible_people_and_open_deals(
    alice: User, charlie: User, acme: Organisation, boris: Person, deal: Deal, alice_client: Client
) -> None:
    Person.objects.create(owner=charlie, name="Of others", organisation=acme)
    Deal.objects.create(owner=alice, title="Won already", organisation=acme, stage=deal.stage, status=Deal.Status.WON)
    row = alice_client.get("/organisations/").context["page"][0]
    assert (row.people_count, row.deal_count) == (1, 1)


def test_the_list_takes_the_same_few_queries_for_many(alice: User, acme: Organisation, alice_client: Client) -> None:
    few = count_queries(alice_client, "/organisations/?sort=-people")
    Organisation.objects.bulk_create(Organisation(owner=alice, name=f"Company {number}") for number in range(40))
    assert count_queries(alice_client, "/organisations/?sort=-people") == few


def test_the_page_shows_people_and_deals(acme: Organisation, boris: Person, deal: Deal, alice_client: Client) -> None:
    page = alice_client.get(acme.get_absolute_url()).content.decode()
    assert boris.name in page
    assert deal.title in page


def test_people_of_others_are_not_named_on_a_shared_organisations_page(
    alice: User, charlie: User, acme: Organisation, alice_client: Client
) -> None:
    Person.objects.create(owner=charlie, name="Secret Person", organisation=acme)
    assert "Secret Person" not in alice_client.get(acme.get_absolute_url()).content.decode()
