"""The found letters within what is shown, marked."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from crm.records.index.asking import SHORTEST_MIDDLE, Term
from crm.searching.results import Group, Result
from mail.searching import marked


def pattern(terms: Sequence[Term], understood: str) -> re.Pattern[str] | None:
    """Finds what was typed, or what was understood instead, in a folded text: beginnings of words, middles of three letters and more."""
    words = {word for term in terms for words in term.beginnings for word in words} | set(understood.split())
    pieces = [_piece(word) for word in sorted(words, key=len, reverse=True)]
    return re.compile("|".join(pieces)) if pieces else None


def _piece(word: str) -> str:
    if word.isdecimal():
        return r"[\W_]*".join(word)  # numbers are written with blanks and dashes
    return re.escape(word) if len(word) >= SHORTEST_MIDDLE else rf"(?<![^\W_]){re.escape(word)}"


def groups(found: Iterable[Group], wanted: re.Pattern[str] | None) -> list[Group]:
    return [replace(group, results=results(group.results, wanted)) for group in found]


def results(found: Iterable[Result], wanted: re.Pattern[str] | None) -> list[Result]:
    return [replace(one, marked_title=marked(one.title, wanted), marked_hint=marked(one.hint, wanted)) for one in found]
