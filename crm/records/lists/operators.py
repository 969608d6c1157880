"""How columns can be asked: which operators each has, what they are called and what they take."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.records.fields.book import Kind
from crm.records.lists.columns import Column


class Takes(StrEnum):
    """What stands behind an operator."""

    NOTHING = "nothing"
    TEXT = "text"
    NUMBER = "number"
    NUMBERS = "numbers"  # two, from and to
    DATE = "date"
    DATES = "dates"  # two, from and to
    DAYS = "days"  # how many
    PERIOD = "period"  # a key of PERIODS
    KEYS = "keys"  # of a list of choices
    RECORDS = "records"  # pks of people or organisations
    ONE = "one"  # key of a list of choices


@dataclass(frozen=True)
class Operator:
    """One way to ask."""

    key: str
    label: str | Promise
    takes: Takes


CONTAINS = Operator("contains", _("contains"), Takes.TEXT)
EMPTY = Operator("empty", _("is empty"), Takes.NOTHING)
FILLED = Operator("filled", _("is not empty"), Takes.NOTHING)
ANY_OF = Operator("any_of", _("is any of"), Takes.KEYS)
NONE_OF = Operator("none_of", _("is none of"), Takes.KEYS)
TEXT = (
    CONTAINS,
    Operator("lacks", _("does not contain"), Takes.TEXT),
    Operator("is", _("is"), Takes.TEXT),
    Operator("is_not", _("is not"), Takes.TEXT),
    Operator("begins", _("begins with"), Takes.TEXT),
    EMPTY,
    FILLED,
)
NUMBER = (
    Operator("eq", "=", Takes.NUMBER),
    Operator("ne", "≠", Takes.NUMBER),
    Operator("lt", "<", Takes.NUMBER),
    Operator("lte", "≤", Takes.NUMBER),
    Operator("gt", ">", Takes.NUMBER),
    Operator("gte", "≥", Takes.NUMBER),
    Operator("within", _("is between"), Takes.NUMBERS),
    EMPTY,
    FILLED,
)
DAY = (
    Operator("on", _("is on"), Takes.DATE),
    Operator("before", _("is before"), Takes.DATE),
    Operator("after", _("is after"), Takes.DATE),
    Operator("between", _("is between"), Takes.DATES),
    Operator("in", _("is"), Takes.PERIOD),
    Operator("last", _("is in the last … days"), Takes.DAYS),
    Operator("next", _("is in the next … days"), Takes.DAYS),
    EMPTY,
    FILLED,
)
CHOICE = (ANY_OF, NONE_OF, EMPTY, FILLED)
MANY = (
    Operator("has_any", _("has any of"), Takes.KEYS),
    Operator("has_all", _("has all of"), Takes.KEYS),
    Operator("has_none", _("has none of"), Takes.KEYS),
    EMPTY,
    FILLED,
)
LINK = (
    Operator("named", _("has in its name"), Takes.TEXT),
    Operator("any_of", _("is any of"), Takes.RECORDS),
    Operator("none_of", _("is none of"), Takes.RECORDS),
    EMPTY,
    FILLED,
)
ARCHIVE = (Operator("is", _("is"), Takes.ONE),)
BY_KIND: Mapping[Kind, tuple[Operator, ...]] = {
    **dict.fromkeys((Kind.TEXT, Kind.LINES, Kind.EMAIL, Kind.PHONE, Kind.POINTS), TEXT),
    **dict.fromkeys((Kind.NUMBER, Kind.MONEY), NUMBER),
    **dict.fromkeys((Kind.DATE, Kind.MOMENT), DAY),
    **dict.fromkeys((Kind.CHOICE, Kind.USER, Kind.STAGE), CHOICE),
    **dict.fromkeys((Kind.CHOICES, Kind.TAGS), MANY),
    **dict.fromkeys((Kind.PERSON, Kind.PEOPLE, Kind.ORGANISATION), LINK),
}
NEVER_EMPTY = frozenset(
    (
        *("name", "title", "owner", "visibility", "created_at", "updated_at", "currency", "value", "stage", "status", "pipeline"),
        *("days_in_stage", "people_count", "deal_count", "weighted_value"),
    )
)
NEGATED = {  # operator → the one that it is the contrary of
    "lacks": "contains",
    "is_not": "is",
    "empty": "filled",
    "ne": "eq",
    "none_of": "any_of",
    "has_none": "has_any",
}


def of(column: Column) -> dict[str, Operator]:
    """The operators of a column by their keys, the usual one first."""
    if column.key == "archived":
        return {one.key: one for one in ARCHIVE}
    offered = BY_KIND[column.kind]
    return {one.key: one for one in offered if column.key not in NEVER_EMPTY or one not in (EMPTY, FILLED)}
