"""Countries by their ISO 3166 codes, with their names in the user's language."""

from functools import lru_cache

from babel import Locale
from django.utils.translation import get_language

NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # groups of them, and what is kept free for tests
NAMED_IN = ("cs", "fr", "it", "es", "pl", "ru", "de", "en")  # files come from everywhere; the later ones win
OTHER_NAMES = {
    "usa": "us",
    "u.s.a.": "us",
    "united states of america": "us",
    "uk": "gb",
    "great britain": "gb",
    "england": "gb",
    "czech republic": "cz",
    "holland": "nl",
    "the netherlands": "nl",
    "russian federation": "ru",
}


def name_of(code: str) -> str:
    """The country's name, or the code where there is none."""
    return _names(get_language() or "en").get(code, code)


def choices() -> list[tuple[str, str]]:
    """Codes and names in the order of the names."""
    return sorted(_names(get_language() or "en").items(), key=lambda pair: pair[1].casefold())


@lru_cache(maxsize=16)
def _names(language: str) -> dict[str, str]:
    territories = Locale.parse(language.split("-")[0]).territories
    return {code: str(name) for code, name in territories.items() if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES}


def code_of(text: str) -> str:
    """The code of a country that is named by its code or by its name in one of the languages in use; empty where there is none."""
    wanted = " ".join(text.casefold().split())
    return _codes().get(OTHER_NAMES.get(wanted, wanted), "")


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    codes = {name.casefold(): code for language in NAMED_IN for code, name in _names(language).items()}
    return codes | {code.casefold(): code for code in _names("en")}
