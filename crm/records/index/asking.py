"""What was typed, as questions to the index: each word has to be somewhere, by its beginning or, in names, by its middle."""
# ruff: noqa: S608, S611 -- statements are put together from names of our own; what was typed is always a parameter

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from django.db import connection
from django.db.models.expressions import RawSQL

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.records.index import folding
from crm.records.index.kinds import WORDS, Kind

MAX_WORDS = 6  # more make no search better, only slower
MAX_TEXT = 300
MIDDLES = 100  # words with the typed letters in their middle
SHORTEST_MIDDLE = 3  # letters: a trigram
NUMBER = re.compile(r"(?<!\w)(?:\+|\()?\d(?:[\s()/.\-]*\d){3,}(?!\w)")
COUNTRY_DIGITS = (1, 2, 3)
SHORTEST_NATIONAL = 5


class Place(Enum):
    """Where the words have to be."""

    ANYWHERE = "anywhere"
    NAME = "name"
    FIRST = "first"  # in the name, which begins with the first of them


@dataclass(frozen=True)
class Term:
    """One word, or one number: any of the alternatives will do, of each of which all words have to be there."""

    beginnings: tuple[tuple[str, ...], ...]
    wholes: tuple[str, ...] = ()  # words that will do as well, as they are
    is_other: bool = False  # only they will do: what has the word itself was found before

    @property
    def word(self) -> str:
        """As it was typed; "" of a number."""
        first = self.beginnings[0]
        return first[0] if len(first) == 1 and not first[0].isdecimal() else ""


def read(text: str) -> list[Term]:
    """The terms of a text; none when there is no letter and no digit in it."""
    text = text.replace("\0", " ")[:MAX_TEXT]
    numbers = [number for number in NUMBER.findall(text) if not number.isdecimal() or number.startswith("0")]
    for number in numbers:
        text = text.replace(number, " ")
    found = [_number(number) for number in numbers] + [_word(word) for word in dict.fromkeys(folding.folded(text).split())]
    return found[:MAX_WORDS]


def _word(word: str) -> Term:
    word = word[: folding.LONGEST_WORD]
    other = folding.latin(word)
    return Term(((word,), (other,)) if other else ((word,),))


def _number(number: str) -> Term:
    """By its digits, with or without the country's code or the 0 in front, or as the words that it may be instead, such as a date."""
    digits = folding.digits_of(number)
    bare = digits.lstrip("0") or digits
    found = [tuple(folding.folded(number).split()), (bare,)]
    if number.startswith("+") or digits.startswith("00"):
        found += [("0" + bare[code:],) for code in COUNTRY_DIGITS if len(bare) - code >= SHORTEST_NATIONAL]
    return Term(tuple(dict.fromkeys(found)))


def with_middles(terms: Sequence[Term], *, most: int = MIDDLES) -> list[Term]:
    """The same terms, which may also stand within words of names, of so many words each."""
    return [replace(term, wholes=(*term.wholes, *_words_around(term.word, most))) for term in terms]


def others_only(terms: Sequence[Term]) -> list[Term]:
    """The same without what was found before: thousands of rows that somebody must not see cost time all the same."""
    return [replace(terms[0], is_other=True)] if len(terms) == 1 and terms[0].wholes else list(terms)


def _words_around(word: str, most: int) -> list[str]:
    if len(word) < SHORTEST_MIDDLE:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"SELECT DISTINCT word FROM {WORDS}_grams WHERE word MATCH %s LIMIT {most:d}", [f'"{word}"'])
        else:
            sought = [f"%{word}%", f"{word}%"]
            cursor.execute(f"SELECT DISTINCT word FROM {WORDS} WHERE word LIKE %s AND word NOT LIKE %s LIMIT {most:d}", sought)
        return [found for (found,) in cursor.fetchall() if not found.startswith(word)]


def scope(user: User) -> tuple[str, ...] | None:
    """What the rows that the user may see have for a scope, "e*" being every one that begins so; None: they see everything.

    `visible_to` decides in the end; this spares it from looking at all that somebody must not see.
    """
    if user.may(Permission.SEE_EVERYTHING):
        return None
    mates = User.objects.filter(team=user.team_id).values_list("pk", flat=True) if user.team_id else []
    return ("e*", f"o{user.pk}", f"t{user.pk}", *(f"t{mate}" for mate in mates if mate != user.pk))


def condition(kind: Kind, terms: Sequence[Term], *, place: Place = Place.ANYWHERE, seen_by: Sequence[str] | None = None) -> tuple[str, str]:
    """WHERE for the kind's table of words, and its one parameter."""
    seen_by = seen_by if kind.scope_columns else None
    if connection.vendor == "sqlite":
        return f"{kind.index} MATCH %s", " AND ".join(_fts(terms, place, seen_by))
    return "vector @@ %s::tsquery", " & ".join(_tsquery(terms, place, seen_by))


def rows(kind: Kind, terms: Sequence[Term]) -> RawSQL:
    """The primary keys of all rows with the terms, whosesoever; to be filtered with."""
    where, asked = condition(kind, terms)
    return RawSQL(f"SELECT {'rowid' if connection.vendor == 'sqlite' else 'id'} FROM {kind.index} WHERE {where}", [asked])


def _fts(terms: Sequence[Term], place: Place, seen_by: Sequence[str] | None) -> Iterator[str]:
    if place is Place.FIRST:
        yield f"first : {_any(_fts_word(one[0] + '*') for one in terms[0].beginnings)}"
        terms = terms[1:]
    columns = "{name words}" if place is Place.ANYWHERE else "name"
    for term in terms:
        yield f"{columns} : {_any(' AND '.join(map(_fts_word, words)) for words in _alternatives(term))}"
    if seen_by is not None:
        yield f"scope : {_any(map(_fts_word, seen_by))}"


def _tsquery(terms: Sequence[Term], place: Place, seen_by: Sequence[str] | None) -> Iterator[str]:
    if place is Place.FIRST:
        yield _any((_lexeme("f:" + one[0] + "*") for one in terms[0].beginnings), " | ")
        terms = terms[1:]
    mark = "" if place is Place.ANYWHERE else "n:"
    for term in terms:
        yield _any((" & ".join(_lexeme(mark + word) for word in words) for words in _alternatives(term)), " | ")
    if seen_by is not None:
        yield _any((_lexeme("s:" + one) for one in seen_by), " | ")


def _alternatives(term: Term) -> Iterator[list[str]]:
    """Of words, those with a star by their beginnings."""
    yield from ([f"{word}*" for word in words] for words in (() if term.is_other else term.beginnings))
    yield from ([word] for word in term.wholes)


def _any(conditions: Iterable[str], either: str = " OR ") -> str:
    return f"({either.join(f'({one})' for one in conditions)})"


def _fts_word(word: str) -> str:
    return f'"{word[:-1]}" *' if word.endswith("*") else f'"{word}"'


def _lexeme(word: str) -> str:
    return f"'{word[:-1]}':*" if word.endswith("*") else f"'{word}'"
