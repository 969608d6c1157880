"""Finding words in text columns, alike on both databases."""

from collections.abc import Sequence

from django.db.models import Q

MAX_WORDS = 6  # more make no search better, only slower


def _spellings(word: str) -> set[str]:
    """SQLite's LIKE folds the case of ASCII letters only, so other scripts are asked for in each usual case."""
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}


def matching(text: str, fields: Sequence[str]) -> Q:
    """A condition: each word of the text occurs in at least one of the fields (look-ups such as `organisation__name`)."""
    condition = Q()
    for word in text.split()[:MAX_WORDS]:
        somewhere = Q()
        for field in fields:
            for spelling in _spellings(word):
                somewhere |= Q(**{f"{field}__icontains": spelling})
        condition &= somewhere
    return condition
