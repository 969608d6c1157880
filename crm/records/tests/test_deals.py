"""Deals: forms, list, won and lost."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.records import history, pipeline
from crm.records.models import Deal, Organisation, Person, Stage, TimelineEntry
from crm.records.tests.queries import count_queries


def form(owner: User, stage: Stage, **values: Any) -> dict[str, Any]:
    plain = {"title": "Forty seats", "value": "12500.50", "currency": "EUR", "person": "", "organisation": "", "expected_close_on": ""}
    return {**plain, "stage": stage.pk, "owner": owner.pk, **values}


def lines(deal: Deal) -> list[str]:
    return list(TimelineEntry.objects.filter(deal=deal).order_by("at", "pk").values_list("text", flat=True))


def test_a_deal_is_created_with_a_new_person_at_a_new_organisation(alice: User, stages: list[Stage], alice_client: Client) -> None:
    values = form(alice, stages[2], person="Clara Weiss", organisation="Helio Energy", expected_close_on="2026-12-31")
    assert alice_client.post("/deals/new/", values).status_code == 302
    deal = Deal.objects.get()
    assert deal.person is not None
    assert deal.organisation is not None
    assert (deal.person.name, deal.organisation.name, deal.person.organisation) == ("Clara Weiss", "Helio Energy", deal.organisation)
    assert lines(deal) == ["Deal of €12,500.50 created in Meeting held"]


def test_a_deal_without_an_organisation_takes_its_persons(alice: User, boris: Person, stages: list[Stage], alice_client: Client) -> None:
    alice_client.post("/deals/new/", form(alice, stages[0], person=boris.name, **{"person-pk": boris.pk}))
    assert Deal.objects.get().organisation == boris.organisation


def test_a_new_deal_goes_to_the_foot_of_its_stage(alice: User, deal: Deal, alice_client: Client) -> None:
    alice_client.post("/deals/new/", form(alice, deal.stage))
    titles = Deal.objects.filter(stage=deal.stage).order_by("position", "pk").values_list("title", flat=True)
    assert list(titles) == ["Twenty licences", "Forty seats"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"title": ""}, "Give the deal a title"),
        ({"value": "-1"}, "The value cannot be negative."),
        ({"value": "a lot"}, "Write the value as a number"),
        ({"value": ""}, "Write 0 if the value is not known yet."),
        ({"expected_close_on": "soon"}, "This is not a date."),
    ],
)
def test_faults_are_told_in_sentences(
    values: dict[str, str], sentence: str, alice: User, stages: list[Stage], alice_client: Client
) -> None:
    answer = alice_client.post("/deals/new/", form(alice, stages[0], organisation="Must not appear", **values))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Deal.objects.exists()
    assert not Organisation.objects.exists()


def test_changes_of_value_stage_and_owner_are_told_on_the_timeline(
    alice: User, bob: User, deal: Deal, stages: list[Stage], alice_client: Client
) -> None:
    values = form(bob, stages[3], title=deal.title, value="15000", organisation="Acme Tools", person="Boris Ivanov")
    assert alice_client.post(f"/deals/{deal.pk}/edit/", values).status_code == 302
    told = [line.text for _day, of_day in history.timeline_of(deal, alice).days for line in of_day]
    assert sorted(told) == ["Moved from Contacted to Proposal sent", "Value: €12,500 → €15,000 · Owner: Alice Ahrens → Bob Berg"]
    deal.refresh_from_db()
    assert (deal.stage, deal.owner, deal.value) == (stages[3], bob, Decimal(15_000))


def test_saving_without_a_change_tells_nothing(alice: User, deal: Deal, alice_client: Client) -> None:
    values = form(alice, deal.stage, title=deal.title, value="12500", organisation="Acme Tools", person="Boris Ivanov")
    alice_client.post(f"/deals/{deal.pk}/edit/", values)
    assert lines(deal) == []


def test_an_edit_keeps_a_contact_whom_the_editor_cannot_see(alice: User, charlie: User, deal: Deal, alice_client: Client) -> None:
    hidden = Person.objects.create(owner=charlie, name="Hidden Contact")
    Deal.objects.filter(pk=deal.pk).update(person=hidden)
    values = form(alice, deal.stage, person="Hidden Contact", organisation="Acme Tools", **{"person-pk": hidden.pk})
    alice_client.post(f"/deals/{deal.pk}/edit/", values)
    deal.refresh_from_db()
    assert deal.person == hidden


def test_an_unusual_currency_survives_an_edit(alice: User, deal: Deal, alice_client: Client) -> None:
    Deal.objects.filter(pk=deal.pk).update(currency="BRL")
    assert alice_client.post(f"/deals/{deal.pk}/edit/", form(alice, deal.stage, currency="BRL")).status_code == 302
    deal.refresh_from_db()
    assert deal.currency == "BRL"


def test_a_won_deal_leaves_the_board_and_says_why(deal: Deal, alice_client: Client) -> None:
    alice_client.post(f"/deals/{deal.pk}/win/", {"reason": "Best support"})
    deal.refresh_from_db()
    assert (deal.status, deal.closed_at is not None) == (Deal.Status.WON, True)
    assert lines(deal) == ["Won: Best support"]
    assert "Twenty licences" not in alice_client.get("/deals/").content.decode()
    assert "Twenty licences" in alice_client.get("/deals/list/", {"status": "won"}).content.decode()


def test_a_lost_deal_keeps_its_reason_until_it_is_reopened(deal: Deal, alice_client: Client) -> None:
    alice_client.post(f"/deals/{deal.pk}/lose/", {"reason": "Price"})
    deal.refresh_from_db()
    assert (deal.status, deal.closing_reason) == (Deal.Status.LOST, "Price")
    alice_client.post(f"/deals/{deal.pk}/reopen/")
    deal.refresh_from_db()
    assert (deal.status, deal.closing_reason, deal.closed_at) == (Deal.Status.OPEN, "", None)
    assert lines(deal) == ["Lost: Price", "Reopened in Contacted"]


def test_a_closed_deal_is_not_closed_again(alice: User, deal: Deal, alice_client: Client) -> None:
    pipeline.win_deal(deal=deal, actor=alice, now=timezone.now())
    page = alice_client.post(f"/deals/{deal.pk}/lose/", {"reason": "Price"}, follow=True).content.decode()
    assert "is closed already" in page
    deal.refresh_from_db()
    assert deal.status == Deal.Status.WON


def test_a_reason_that_is_too_long_is_refused_with_a_sentence(deal: Deal, alice_client: Client) -> None:
    page = alice_client.post(f"/deals/{deal.pk}/lose/", {"reason": "x" * 201}, follow=True).content.decode()
    assert "Keep the reason under 200 characters." in page
    deal.refresh_from_db()
    assert deal.is_open


@pytest.mark.parametrize("sort", ["title", "-value", "stage", "organisation", "close", "-added", "nonsense"])
def test_the_list_sorts_by_each_of_its_columns(sort: str, deal: Deal, alice_client: Client) -> None:
    assert alice_client.get("/deals/list/", {"sort": sort}).status_code == 200


def test_the_list_takes_the_same_few_queries_for_many(alice: User, deal: Deal, alice_client: Client) -> None:
    few = count_queries(alice_client, "/deals/list/")
    Deal.objects.bulk_create(Deal(owner=alice, title=f"Deal {n}", stage=deal.stage, organisation=deal.organisation) for n in range(40))
    assert count_queries(alice_client, "/deals/list/") == few


def test_reading_pages_change_nothing_by_get(deal: Deal, alice_client: Client) -> None:
    for verb in ("move", "win", "lose", "reopen"):
        assert alice_client.get(f"/deals/{deal.pk}/{verb}/").status_code == 405


def test_an_edit_does_not_undo_a_move_that_happened_meanwhile(
    alice: User, bob: User, deal: Deal, stages: list[Stage], alice_client: Client
) -> None:
    shown = alice_client.get(f"/deals/{deal.pk}/edit/").content.decode()
    assert f'name="initial-stage" value="{stages[1].pk}"' in shown
    pipeline.move_deal(deal=deal, to=stages[3], actor=bob, now=timezone.now())
    values = form(alice, stages[1], title="New title", **{"initial-stage": stages[1].pk})
    assert alice_client.post(f"/deals/{deal.pk}/edit/", values).status_code == 302
    deal.refresh_from_db()
    assert (deal.title, deal.stage) == ("New title", stages[3])


def test_a_closed_deal_is_edited_without_being_moved(alice: User, deal: Deal, stages: list[Stage], alice_client: Client) -> None:
    pipeline.win_deal(deal=deal, actor=alice, now=timezone.now())
    assert 'name="stage"' not in alice_client.get(f"/deals/{deal.pk}/edit/").content.decode()
    alice_client.post(f"/deals/{deal.pk}/edit/", form(alice, stages[4], title="Corrected"))
    deal.refresh_from_db()
    assert (deal.title, deal.stage, deal.status) == ("Corrected", stages[1], Deal.Status.WON)
