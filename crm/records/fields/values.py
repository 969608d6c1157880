"""Values of fields that are no plain Python values."""

from decimal import Decimal
from typing import NamedTuple

from crm.records.models import Label


class Money(NamedTuple):
    """An amount with its currency; of an amount that was given without one the currency is empty."""

    amount: Decimal
    currency: str = ""


class Point(NamedTuple):
    """An email address, a number or a postal address, and what it is for."""

    value: str
    label: str = Label.WORK


def folded(value: str, point: str) -> str:
    """What two points of a kind are compared by: small letters; of phone numbers the digits."""
    if point == "phone":
        digits = "".join(character for character in value if character.isdigit())
        return digits or value.lower()
    return " ".join(value.lower().split())
