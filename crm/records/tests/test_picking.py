"""Suggestions while a name is typed."""

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.records.models import Deal, Organisation, Person


def options(client: Client, kind: str, **query: str) -> str:
    answer = client.get(f"/pick/{kind}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_suggestions_are_what_one_may_see(alice: User, charlie: User, boris: Person, client: Client) -> None:
    client.force_login(alice)
    assert 'data-name="Boris Ivanov"' in options(client, "person", q="bor")
    client.force_login(charlie)
    assert "Boris" not in options(client, "person", q="bor")


def test_a_new_name_is_offered_where_it_may_be_created(acme: Organisation, alice_client: Client) -> None:
    assert "Create “Acm”" in options(alice_client, "organisation", q="Acm", create="1")
    assert "Create" not in options(alice_client, "organisation", q="acme tools", create="1")
    assert "Create" not in options(alice_client, "organisation", q="Acm")


def test_names_are_text(alice: User, alice_client: Client) -> None:
    Organisation.objects.create(owner=alice, name='"><script>alert(1)</script>')
    assert "<script>" not in options(alice_client, "organisation", q="script")


@pytest.mark.parametrize("kind", ["user", "note", "x"])
def test_only_records_can_be_picked(kind: str, alice_client: Client) -> None:
    assert alice_client.get(f"/pick/{kind}/").status_code == 404


def test_a_closed_deal_says_so(deal: Deal, alice_client: Client) -> None:
    Deal.objects.update(status=Deal.Status.WON)
    assert "closed" in options(alice_client, "deal", q="twenty")


def test_a_name_typed_over_a_picked_one_counts(alice: User, acme: Organisation, alice_client: Client) -> None:
    values = {"name": "Clara", "organisation": "Other Ltd", "organisation-pk": acme.pk, "owner": alice.pk}
    alice_client.post("/people/new/", values)
    organisation = Person.objects.get().organisation
    assert organisation is not None
    assert organisation.name == "Other Ltd"


def test_of_two_with_one_name_the_picked_one_is_taken(alice: User, acme: Organisation, alice_client: Client) -> None:
    twin = Organisation.objects.create(owner=alice, name=acme.name)
    alice_client.post("/people/new/", {"name": "Clara", "organisation": acme.name, "organisation-pk": twin.pk, "owner": alice.pk})
    assert Person.objects.get().organisation == twin
