"""Words of names that somebody may have meant who typed another one.

What is found here is nobody's to see as it stands: a word counts only once a record is found by it that the user may see.
"""
# ruff: noqa: S608 -- statements are put together from names of our own; what was typed is always a parameter

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from django.db import connection
from rapidfuzz.distance import OSA

from crm.records.index.asking import Term, others_only
from crm.records.index.kinds import WORDS

MOST = 12  # words for one that was typed
LOOKED_AT = 4_000  # words compared with it
MISTAKES = {4: 1, 5: 1, 6: 2, 7: 2, 8: 2}  # letters of the word: how many may be wrong; below none
MOST_MISTAKES = 3
UNFINISHED = 0.5  # what a word is farther away for that was not typed to its end


def distance(typed: str, word: str) -> float:
    """How many letters are wrong, missing, too many or swapped; the end of the word may still be missing."""
    whole = float(OSA.distance(typed, word))
    if len(word) <= len(typed):
        return whole
    begun = min(OSA.distance(typed, word[: len(typed) + more]) for more in (-1, 0, 1))
    return min(whole, begun + UNFINISHED)


def allowed(typed: str) -> int:
    return MISTAKES.get(len(typed), MOST_MISTAKES if len(typed) > max(MISTAKES) else 0)


def meant(terms: Sequence[Term]) -> list[Term] | None:
    """The same terms with similar words as alternatives; None when there are none."""
    found = [replace(term, wholes=tuple(_similar(term))) for term in terms]
    return others_only(found) if any(term.wholes for term in found) else None


def _similar(term: Term) -> list[str]:
    """The closest words first."""
    ranked: dict[str, float] = {}
    for typed in (words[0] for words in term.beginnings if term.word and allowed(words[0])):
        for word in _like(typed):
            away = distance(typed, word)
            if away <= allowed(typed):
                ranked[word] = min(away, ranked.get(word, away))
    return sorted(ranked, key=lambda word: (ranked[word], word))[:MOST]


def _like(typed: str) -> list[str]:
    """Words that begin with the same letter, and those that have some piece in common."""
    lengths = (len(typed) - allowed(typed), len(typed) + allowed(typed) + 2)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(SQLITE, [typed[0], typed[0] + "\U0010ffff", *lengths, _pieces(typed), *lengths])
        elif _has_grams(connection.alias, str(connection.settings_dict["NAME"])):
            cursor.execute(POSTGRESQL + GRAMS, [f"{typed[0]}%", *lengths, typed, *lengths])
        else:
            cursor.execute(POSTGRESQL, [f"{typed[0]}%", *lengths])
        return [word for (word,) in cursor.fetchall()]


SQLITE = f"""
    SELECT * FROM (SELECT word FROM {WORDS} WHERE word >= %s AND word < %s AND length(word) BETWEEN %s AND %s LIMIT {LOOKED_AT})
    UNION SELECT * FROM (SELECT word FROM {WORDS}_grams WHERE word MATCH %s AND length(word) BETWEEN %s AND %s LIMIT {LOOKED_AT})"""
POSTGRESQL = f"(SELECT word FROM {WORDS} WHERE word LIKE %s AND length(word) BETWEEN %s AND %s LIMIT {LOOKED_AT})"
GRAMS = f" UNION (SELECT word FROM {WORDS} WHERE word %% %s AND length(word) BETWEEN %s AND %s LIMIT {LOOKED_AT})"


def _pieces(typed: str) -> str:
    return " OR ".join(f'"{typed[start : start + 3]}"' for start in range(1, len(typed) - 2)) or f'"{typed[1:]}"'


@cache
def _has_grams(alias: str, database: str) -> bool:
    """Whether PostgreSQL compares words by their trigrams; see `postgresql.grams`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        return cursor.fetchone() is not None
