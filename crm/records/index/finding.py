"""The rows that are worth ranking: of a common word the newest and those with it in their names, never all 20,000."""
# ruff: noqa: S608 -- statements are put together from names of our own; what was typed is always a parameter

from collections.abc import Iterable, Sequence

from django.db import connection

from crm.records.index.asking import Place, Term, condition
from crm.records.index.kinds import Kind


def candidates(kinds: Iterable[Kind], terms: Sequence[Term], *, seen_by: Sequence[str] | None, limit: int) -> dict[str, list[int]]:
    """By kind's name, primary keys of rows with all terms: `limit` newest, and where there are more, as many by their names.

    Words that stand for others do not get that far: nobody asks for those who has not found enough already.
    """
    found = _newest(kinds, terms, Place.ANYWHERE, seen_by, limit)
    for place in () if any(term.wholes for term in terms) else (Place.NAME, Place.FIRST):
        crowded = [kind for kind in kinds if kind.title and len(found.get(kind.name, ())) >= limit]
        for name, ids in (_newest(crowded, terms, place, seen_by, limit) if crowded else {}).items():
            found[name] = list(dict.fromkeys((*ids, *found[name])))
    return found


def older(kind: Kind, terms: Sequence[Term], *, than: int, limit: int) -> list[int]:
    """The next ones, for whoever may see few of them."""
    return _newest([kind], terms, Place.ANYWHERE, None, limit, than).get(kind.name, [])


def _newest(
    kinds: Iterable[Kind], terms: Sequence[Term], place: Place, seen_by: Sequence[str] | None, limit: int, than: int | None = None
) -> dict[str, list[int]]:
    key = "rowid" if connection.vendor == "sqlite" else "id"
    has_alternatives = any(term.wholes or len(term.beginnings) > 1 for term in terms)
    fence = " OFFSET 0" if has_alternatives and connection.vendor == "postgresql" else ""  # which takes each of them for common
    parts, parameters = [], []
    for kind in kinds:
        where, asked = condition(kind, terms, place=place, seen_by=seen_by)
        before = f" AND {key} < {than:d}" if than is not None else ""
        matching = f"SELECT {key} AS id FROM {kind.index} WHERE {where}{before}"
        inner = f"SELECT id FROM ({matching}{fence}) AS matching ORDER BY id DESC LIMIT {limit:d}"
        parts.append(f"SELECT '{kind.name}' AS kind, id FROM ({inner}) AS newest")
        parameters.append(asked)
    found: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        for name, pk in cursor.fetchall():
            found.setdefault(name, []).append(pk)
    return found
