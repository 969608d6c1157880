"""Amounts and days as people write them."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from crm.records.money import money, total
from crm.records.templatetags.records import day


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (Decimal("12500.00"), "EUR", "€12,500"),
        (Decimal("12500.5"), "USD", "$12,500.50"),
        (0, "GBP", "£0"),
        (Decimal("1000000"), "CHF", "1,000,000\u00a0CHF"),
        (None, "EUR", "€0"),
    ],
)
def test_amounts_show_cents_only_where_there_are_any(value: Decimal | None, currency: str, text: str) -> None:
    assert money(value, currency) == text


def test_russian_puts_the_sign_behind() -> None:
    with translation.override("ru"):
        assert money(Decimal(12500), "RUB").replace("\u00a0", " ") == "12 500 ₽"


def test_currencies_are_not_added_up() -> None:
    assert total([("USD", Decimal(300)), ("EUR", Decimal(2000)), ("GBP", Decimal(0))]) == "€2,000 + $300"


def test_a_day_stands_in_the_case_that_its_language_wants() -> None:
    with translation.override("ru"):
        assert day(date(2020, 12, 1)) == "1 декабря 2020"
    with translation.override("en"):
        assert day(date(2020, 12, 1)) == "1 December 2020"
