"""Won and lost: with a reason, where the company wants one."""

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from crm.accounts.models import Company
from crm.records import closing
from crm.records.models import ClosingReason, Deal, TimelineEntry

SCRIPT = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def shipped(db: None) -> None:
    """As the migration leaves them; other tests may have emptied the table."""
    import_module("crm.records.migrations.0009_closing_reasons").create(apps, None)


def test_a_new_installation_offers_reasons() -> None:
    assert closing.reasons("won") == ["Price", "Product fits best", "Relationship"]
    assert closing.reasons("lost") == ["Price", "Competitor", "No budget", "Timing", "No answer", "Feature missing"]


@pytest.mark.parametrize(("verb", "sentence"), [("win", "Say what decided it"), ("lose", "Say why it was lost")])
def test_a_deal_is_not_closed_without_a_reason(verb: str, sentence: str, deal: Deal, alice_client: Client) -> None:
    page = alice_client.post(f"/deals/{deal.pk}/{verb}/", {"reason": "  "}, follow=True).content.decode()
    assert sentence in page
    answer = alice_client.post(f"/deals/{deal.pk}/{verb}/", {}, headers=SCRIPT)
    assert (answer.status_code, sentence in answer.json()["error"]) == (422, True)
    deal.refresh_from_db()
    assert deal.is_open


@pytest.mark.parametrize(("verb", "status"), [("win", "won"), ("lose", "lost")])
def test_where_the_company_wants_none_a_reason_is_optional(verb: str, status: str, deal: Deal, alice_client: Client) -> None:
    Company.objects.create(pk=1, needs_won_reason=False, needs_lost_reason=False)
    assert "(optional)" in alice_client.get(deal.get_absolute_url()).content.decode()
    alice_client.post(f"/deals/{deal.pk}/{verb}/", {})
    deal.refresh_from_db()
    assert (deal.status, deal.closing_reason) == (status, "")


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"choice": "Price"}, "Price"),
        ({"reason": "They merged"}, "They merged"),
        ({"choice": "Price", "reason": "20 % less"}, "Price: 20 % less"),
        ({"choice": "Price", "reason": "Price"}, "Price"),
    ],
)
def test_a_reason_is_chosen_or_written_or_both(values: dict[str, str], kept: str, deal: Deal, alice_client: Client) -> None:
    alice_client.post(f"/deals/{deal.pk}/lose/", values)
    deal.refresh_from_db()
    assert deal.closing_reason == kept
    assert TimelineEntry.objects.get(deal=deal).text == f"Lost: {kept}"
    page = alice_client.get(deal.get_absolute_url()).content.decode()
    assert f"<dt>Lost because</dt><dd>{kept}</dd>" in page


def test_a_choice_with_too_many_words_is_refused(deal: Deal, alice_client: Client) -> None:
    answer = alice_client.post(f"/deals/{deal.pk}/lose/", {"choice": "Price", "reason": "x" * 199}, headers=SCRIPT)
    assert answer.json()["error"] == "Keep the reason under 200 characters."


def test_page_and_board_offer_the_companys_reasons(deal: Deal, alice_client: Client) -> None:
    ClosingReason.objects.create(outcome="lost", name="Went bankrupt", position=9)
    for page in ("/deals/", deal.get_absolute_url()):
        shown = alice_client.get(page).content.decode()
        assert 'name="choice" value="Went bankrupt"' in shown
        assert 'name="choice" value="Product fits best"' in shown


def test_the_boards_script_gets_the_new_totals(deal: Deal, alice_client: Client) -> None:
    answer = alice_client.post(f"/deals/{deal.pk}/win/", {"choice": "Price"}, headers=SCRIPT).json()
    assert answer["told"] == "Won. Well done!"
    assert answer["total"] == {"count": 0, "sum": "", "weighted": ""}
    again = alice_client.post(f"/deals/{deal.pk}/win/", {"choice": "Price"}, headers=SCRIPT)
    assert (again.status_code, "is closed already" in again.json()["error"]) == (409, True)


def test_a_won_deal_says_what_decided_it(deal: Deal, alice_client: Client) -> None:
    alice_client.post(f"/deals/{deal.pk}/win/", {"choice": "Relationship"})
    assert "<dt>Won because</dt><dd>Relationship</dd>" in alice_client.get(deal.get_absolute_url()).content.decode()
