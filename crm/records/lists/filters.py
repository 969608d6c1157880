"""Filters of lists: trees of conditions, read strictly from JSON and applied to records.

A condition is {"field": …, "is": operator, "value": …}, a group {"all": […]} or {"any": […]}; the root is a group.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.lib.primary_keys import primary_key
from crm.records.fields.book import Kind
from crm.records.lists import columns, conditions, operators
from crm.records.lists.columns import Column
from crm.records.lists.operators import Operator, Takes
from crm.records.lists.periods import PERIODS

LONGEST = 6000  # characters of JSON: an address has to hold it
DEEPEST, MOST_CONDITIONS, MOST_KEYS, LONGEST_TEXT, MOST_DAYS = 3, 30, 50, 200, 3650
FIRST_YEAR, LAST_YEAR = 1900, 2200
ARCHIVED = ("no", "yes", "any")


class BadFilter(Exception):
    """The filter cannot be understood; the message is a sentence for people."""


@dataclass(frozen=True)
class Condition:
    """One question about one column."""

    column: Column
    operator: Operator
    value: Any  # as `Takes` says: str, Decimal, date, int, lists of these, None


@dataclass(frozen=True)
class Group:
    """Parts of which all have to hold, or any."""

    parts: tuple["Condition | Group", ...]
    is_any: bool = False

    def without(self, index: int) -> "Group":
        """The same without one of its parts."""
        return replace(self, parts=(*self.parts[:index], *self.parts[index + 1 :]))


def read(text: str, *, kind: str) -> Group | None:
    """The tree that JSON describes; None for nothing. Raises BadFilter."""
    if not text.strip():
        return None
    if len(text) > LONGEST:
        raise BadFilter(_("This filter is too long. Take some conditions out of it."))
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFilter(_("This filter cannot be read.")) from None
    tree = _group(raw, columns.known(kind), 1)
    if sum(1 for _one in each(tree)) > MOST_CONDITIONS:
        raise BadFilter(_("A filter has at most {most} conditions.").format(most=MOST_CONDITIONS))
    return tree if tree.parts else None


def _group(raw: Any, known: Mapping[str, Column], depth: int) -> Group:
    if not isinstance(raw, dict) or len(raw) != 1 or not isinstance(parts := raw.get("all", raw.get("any")), list):
        raise BadFilter(_("This filter cannot be read."))
    if depth > DEEPEST:
        raise BadFilter(_("Groups of conditions can stand inside each other {most} deep.").format(most=DEEPEST))
    if len(parts) > MOST_CONDITIONS:
        raise BadFilter(_("A filter has at most {most} conditions.").format(most=MOST_CONDITIONS))
    found = [_part(part, known, depth) for part in parts]
    return Group(tuple(part for part in found if not isinstance(part, Group) or part.parts), is_any="any" in raw)


def _part(raw: Any, known: Mapping[str, Column], depth: int) -> Condition | Group:
    if not isinstance(raw, dict) or "field" not in raw:
        return _group(raw, known, depth + 1)
    column = known.get(raw["field"]) if isinstance(raw["field"], str) else None
    if column is None:
        raise BadFilter(_("This filter asks for a field that is not there (any more)."))
    operator = operators.of(column).get(raw["is"]) if isinstance(raw.get("is"), str) else None
    if operator is None:
        raise BadFilter(_("{field} cannot be asked like that.").format(field=column.label))
    try:
        return Condition(column, operator, READERS[operator.takes](raw.get("value"), column))
    except (ValueError, TypeError, ArithmeticError):
        raise BadFilter(_("The value for {field} cannot be understood.").format(field=column.label)) from None


def _nothing(raw: Any, column: Column) -> None:
    return None


def _text(raw: Any, column: Column) -> str:
    if not isinstance(raw, str) or not raw.strip() or len(raw) > LONGEST_TEXT or "\0" in raw:
        raise ValueError
    return " ".join(raw.split())


def _number(raw: Any, column: Column) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str) or len(str(raw)) > 20:
        raise ValueError
    try:
        number = Decimal(str(raw).strip().replace(",", "."))
    except InvalidOperation:
        raise ValueError from None
    limit = 100_000 if column.is_age else 10**12
    if not number.is_finite() or abs(number) >= limit:
        raise ValueError
    return number


def _date(raw: Any, column: Column) -> date:
    if not isinstance(raw, str) or len(raw) != 10:
        raise ValueError
    day = date.fromisoformat(raw)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError
    return day


def _two(one: Any) -> Any:
    def read_two(raw: Any, column: Column) -> list[Any]:
        if not isinstance(raw, list) or len(raw) != 2:  # from, to
            raise ValueError
        return sorted(one(value, column) for value in raw)

    return read_two


def _days(raw: Any, column: Column) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | str) or not 1 <= int(raw) <= MOST_DAYS:
        raise ValueError
    return int(raw)


def _period(raw: Any, column: Column) -> str:
    if raw not in PERIODS:
        raise ValueError
    return str(raw)


def _archived(raw: Any, column: Column) -> str:
    if raw not in ARCHIVED:
        raise ValueError
    return str(raw)


def _keys(raw: Any, column: Column) -> list[str]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_KEYS:
        raise ValueError
    keys = list(dict.fromkeys(str(key) for key in raw if isinstance(key, str | int)))
    listed = column.field is not None and column.field.listed is not None
    allowed = {str(key) for key, _name in column.field.choices} if listed and column.field else set()
    words = ("me", "team") if column.kind == Kind.USER else ()
    if not all(key in allowed if listed else key in words or primary_key(key) for key in keys) or not keys:
        raise ValueError
    return keys


def _records(raw: Any, column: Column) -> list[str]:
    keys = _keys(raw, column)
    if not all(primary_key(key) for key in keys):
        raise ValueError
    return keys


READERS: Mapping[Takes, Any] = {
    Takes.NOTHING: _nothing,
    Takes.TEXT: _text,
    Takes.NUMBER: _number,
    Takes.NUMBERS: _two(_number),
    Takes.DATE: _date,
    Takes.DATES: _two(_date),
    Takes.DAYS: _days,
    Takes.PERIOD: _period,
    Takes.KEYS: _keys,
    Takes.RECORDS: _records,
    Takes.ONE: _archived,
}


def each(tree: Group) -> Iterator[Condition]:
    """All conditions of a tree."""
    for part in tree.parts:
        if isinstance(part, Group):
            yield from each(part)
        else:
            yield part


def mentions(tree: Group | None, key: str) -> bool:
    """Whether a column is asked for anywhere."""
    return tree is not None and any(part.column.key == key for part in each(tree))


def write(tree: Group | None) -> str:
    """The tree as JSON, as short as it can be; empty for nothing."""
    return json.dumps(as_json(tree), ensure_ascii=False, separators=(",", ":")) if tree and tree.parts else ""


def as_json(part: Group | Condition) -> dict[str, Any]:
    """A part of a tree as plain values."""
    if isinstance(part, Group):
        return {"any" if part.is_any else "all": [as_json(one) for one in part.parts]}
    value = [_plain(one) for one in part.value] if isinstance(part.value, list) else _plain(part.value)
    return {"field": part.column.key, "is": part.operator.key} | ({} if value is None else {"value": value})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def apply(queryset: Any, *, kind: str, tree: Group | None, user: User, now: datetime | None = None, keeps_archived: bool = False) -> Any:
    """The records of a queryset that fit; without a word about the archive the current ones, unless archived ones are wanted too."""
    moment = now or timezone.now()
    if not keeps_archived and not mentions(tree, "archived"):
        queryset = queryset.filter(archived_at=None)
    if tree is None:
        return queryset
    asked = {part.column.key: part.column for part in each(tree)}
    return queryset.alias(**columns.annotations(asked.values(), user, moment)).filter(_asked(tree, kind, user, moment))


def _asked(part: Group | Condition, kind: str, user: User, now: datetime) -> Q:
    if isinstance(part, Condition):
        return conditions.condition(part.column, part.operator.key, part.value, kind=kind, user=user, now=now)
    found = Q()
    for one in part.parts:
        asked = _asked(one, kind, user, now)
        found = found | asked if part.is_any else found & asked
    return found


def matching(queryset: QuerySet[Any, Any], text: str, *, kind: str, user: User) -> Any:
    """`apply` to the JSON of an address. Raises BadFilter."""
    return apply(queryset, kind=kind, tree=read(text, kind=kind), user=user)
