"""Countries by their ISO 3166 codes, with their names in the user's language."""

from functools import lru_cache

from babel import Locale
from django.utils.translation import get_language

NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # groups of them, and what is kept free for tests


def name_of(code: str) -> str:
    """The country's name, or the code where there is none."""
    return _names(get_language() or "en").get(code, code)


def choices() -> list[tuple[str, str]]:
    """Codes and names in the order of the names."""
    return sorted(_names(get_language() or "en").items(), key=lambda pair: pair[1].casefold())


@lru_cache(maxsize=4)
def _names(language: str) -> dict[str, str]:
    territories = Locale.parse(language.split("-")[0]).territories
    return {code: str(name) for code, name in territories.items() if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES}
