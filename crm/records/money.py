"""Amounts of money as people write them."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import get_language

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "PLN", "CZK", "SEK", "NOK", "DKK", "HUF", "RUB", "UAH", "KZT", "TRY", "CAD", "AUD", "INR", "JPY")
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "RUB": "₽", "UAH": "₴", "KZT": "₸", "TRY": "₺", "PLN": "zł"}
NO_BREAK_SPACE = "\u00a0"


def money(value: Decimal | int | None, currency: str) -> str:
    """For example "€12,500" or "12 500 €", by the language in use; cents only where there are any."""
    amount = Decimal(value or 0)
    digits = number_format(amount, decimal_pos=0 if amount == amount.to_integral_value() else 2, use_l10n=True, force_grouping=True)
    sign = SYMBOLS.get(currency)
    if sign and (get_language() or "en").startswith("en"):
        return f"{sign}{digits}"
    return f"{digits}{NO_BREAK_SPACE}{sign or currency}"


def total(amounts: Iterable[tuple[str, Decimal]]) -> str:
    """Sums of several currencies side by side, the largest first: currencies are never added up."""
    return " + ".join(money(value, currency) for currency, value in sorted(amounts, key=lambda pair: -pair[1]) if value)
