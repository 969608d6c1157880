"""Which of the found records come first.

The exact name, then the beginning of the name, the beginnings of its words, other fields, similar words; among equals what is open, what
was changed lately or is one's own; the archived last.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.records.index import finding, spelling
from crm.records.index.asking import Term
from crm.records.index.folding import folded, latin
from crm.records.models import RECORDS
from crm.records.models.about import seen_among
from crm.searching.sources import Source

AT_LEAST = 60  # rows of each kind that are ranked
OWN = timedelta(days=30)  # one's own counts as changed so much later
PAGES = 2  # of rows looked through for one who may see few of them


class Row(NamedTuple):
    """What ranking has to know of a record."""

    pk: int
    at: datetime
    owner: int
    name: str | None = None
    email: str | None = None
    archived: datetime | None = None
    closed: datetime | None = None
    more: str | None = None
    other: str | None = None


@dataclass(frozen=True)
class Hit:
    """A record that was found; the least order comes first."""

    pk: int
    order: tuple[Any, ...]

    @property
    def is_close(self) -> bool:
        """By its name, and not archived."""
        return not self.order[0] and self.order[1] < OTHER_FIELDS


EXACT, BEGINNING, WORDS, OTHER_FIELDS, SIMILAR = range(5)


def hits(
    user: User, terms: Sequence[Term], sources: Sequence[Source], *, seen_by: Sequence[str] | None, limit: int
) -> dict[str, list[Hit]]:
    """By source's name, the best first, one more than `limit` at most."""
    rows = _rows(user, terms, sources, seen_by=seen_by, limit=limit)
    found = {}
    for name, some in rows.items():
        ranked = (Hit(row.pk, _order(row, _grade(row, terms), user)) for row in some)
        found[name] = sorted(ranked, key=lambda hit: hit.order)[: limit + 1]
    return found


def similar(
    user: User, terms: Sequence[Term], sources: Sequence[Source], *, seen_by: Sequence[str] | None, limit: int
) -> tuple[dict[str, list[Hit]], str]:
    """The same for words that are like those typed, and which words those are: read from what the user sees, nowhere else."""
    meant = spelling.meant(terms)
    if meant is None:
        return {}, ""
    rows = _rows(user, meant, [source for source in sources if source.kind.title], seen_by=seen_by, limit=limit)
    best: tuple[float, str] | None = None
    found: dict[str, list[Hit]] = {}
    for name, some in rows.items():
        for row, (away, words) in ((row, _closest(row, meant)) for row in some):
            if words:
                best = min(best or (away, words), (away, words))
                found.setdefault(name, []).append(Hit(row.pk, _order(row, SIMILAR + away, user)))
    ranked = {name: sorted(some, key=lambda hit: hit.order)[: limit + 1] for name, some in found.items()}
    return ranked, best[1] if best else ""


def _rows(
    user: User, terms: Sequence[Term], sources: Sequence[Source], *, seen_by: Sequence[str] | None, limit: int
) -> dict[str, list[Row]]:
    """What the user may see of the candidates."""
    wanted = max(AT_LEAST, limit + 1)
    by_kind = finding.candidates([source.kind for source in sources], terms, seen_by=seen_by, limit=wanted)
    found = {}
    for source in sources:
        ids = by_kind.get(source.kind.name, [])
        rows = _visible(user, source, ids)
        if len(ids) >= wanted and not source.kind.scope_columns and len(rows) <= limit and not user.may(Permission.SEE_EVERYTHING):
            rows += _further(user, source, terms, than=min(ids), wanted=wanted)
        if rows:
            found[source.name] = rows
    return found


def _further(user: User, source: Source, terms: Sequence[Term], *, than: int, wanted: int) -> list[Row]:
    """Among older rows, of a kind whose index does not know who may see them."""
    found: list[Row] = []
    for _page in range(PAGES):
        ids = finding.older(source.kind, terms, than=than, limit=wanted * 4)
        found += _visible(user, source, ids)
        if len(found) >= wanted or len(ids) < wanted * 4:
            break
        than = min(ids)
    return found


def _visible(user: User, source: Source, ids: Sequence[int]) -> list[Row]:
    if not ids:
        return []
    columns = list(source.fields.values())
    if source.kind.scope_columns:
        values = source.model.objects.visible_to(user).filter(pk__in=ids).order_by().values("pk", *columns)
    else:
        every = source.model.objects.filter(pk__in=ids).values("pk", *columns, *(f"{name}_id" for name in RECORDS))
        values = seen_among(user, every)
    return [Row(pk=one["pk"], **{field: one[column] for field, column in source.fields.items()}) for one in values]


def _order(row: Row, grade: float, user: User) -> tuple[Any, ...]:
    at = row.at + OWN if row.owner == user.pk else row.at
    return (row.archived is not None, grade, row.closed is not None, -at.timestamp(), -row.pk)


def _grade(row: Row, terms: Sequence[Term]) -> int:
    name = folded(row.name or "")
    typed = " ".join(word for term in terms for word in term.beginnings[0])
    if typed in (name, latin(name)) or typed == folded(row.email or "-"):
        return EXACT
    if name.startswith(typed):
        return BEGINNING
    words = f"{name} {latin(name)}".split()
    return WORDS if all(_begins(words, term) for term in terms) else OTHER_FIELDS


def _begins(words: Sequence[str], term: Term) -> bool:
    """Whether one of the term's alternatives is there by the beginnings of its words."""
    return any(all(any(word.startswith(one) for word in words) for one in alternative) for alternative in term.beginnings)


def _closest(row: Row, terms: Sequence[Term]) -> tuple[float, str]:
    """How far a row's words are away from those that were typed, and which they are; "" where they cannot be told."""
    words = _words(row)
    away, chosen = 0.0, []
    for term in terms:
        if not term.word or _begins(words, term):
            chosen.append(term.word or " ".join(term.beginnings[0]))
            continue
        near = min(((spelling.distance(term.word, one), one) for one in _among(words, term)), default=None)
        if near is None:
            return 0, ""
        away += near[0]
        chosen.append(near[1])
    return away, " ".join(chosen)


def _among(words: Sequence[str], term: Term) -> Iterator[str]:
    likely = set(term.wholes)
    return (word for word in words if word in likely)


def _words(row: Row) -> list[str]:
    shown = folded(" ".join(filter(None, (row.name, row.email, row.more, row.other))))
    return f"{shown} {latin(shown)}".split()
