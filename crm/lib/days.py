"""How days are written in few letters."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import pgettext


def short(value: date, pattern: str) -> str:
    """The day by a pattern of Django's, its three-letter month (`M`) as the language writes it: “24 Nov”, “24 ноя”."""
    month = pgettext("three letters of a month: M with a capital, b without", "M")
    return date_format(value, pattern.replace("M", month))
