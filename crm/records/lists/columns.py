"""What a list can show, sort by and filter by: the fields of the book and a few columns that are computed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.fields import book, reading
from crm.records.fields.book import Field, Kind
from crm.records.fields.values import Money
from crm.records.lists import computed
from crm.records.models import ListChoice, Pipeline

MOST = 40  # columns of one list
Expression = Callable[[User, datetime], Any]


@dataclass(frozen=True)
class Column:
    """One column of one kind of record."""

    key: str
    label: str | Promise
    kind: Kind
    path: str = ""  # from the record, as a look-up
    field: Field | None = None  # of the book; None: computed
    expression: Expression | None = None  # annotates the records with the column's key
    is_age: bool = False  # days since the moment at `path`
    is_filter: bool = False  # to filter by only, never shown

    @property
    def is_number(self) -> bool:
        """Stands at the right of its column."""
        return self.kind in (Kind.NUMBER, Kind.MONEY)


def _next(link: str) -> Column:
    return Column("next_activity", _("Next activity"), Kind.MOMENT, expression=lambda user, now: computed.next_activity(link, user))


def _deals(link: str) -> Column:
    return Column("deal_count", _("Open deals"), Kind.NUMBER, expression=lambda user, now: computed.open_deals(link, user))


ARCHIVED = Column("archived", _("Archived"), Kind.CHOICE, "archived_at", is_filter=True)
COMPUTED: Mapping[str, tuple[Column, ...]] = {
    "person": (_next("person"), _deals("person"), ARCHIVED),
    "organisation": (
        Column("people_count", _("People"), Kind.NUMBER, expression=lambda user, now: computed.people(user)),
        _deals("organisation"),
        _next("organisation"),
        ARCHIVED,
    ),
    "deal": (
        Column("pipeline", _("Pipeline"), Kind.CHOICE, "stage__pipeline"),
        Column("days_in_stage", _("Days in stage"), Kind.NUMBER, "stage_changed_at", is_age=True),
        Column("weighted_value", _("Weighted value"), Kind.MONEY, expression=computed.weighted_value),
        _next("deal"),
        ARCHIVED,
    ),
    "lead": (_next("lead"), ARCHIVED),
}
SHIPPED: Mapping[str, tuple[str, ...]] = {
    "person": ("name", "organisation", "emails", "phones", "owner", "created_at"),
    "organisation": ("name", "domain", "people_count", "deal_count", "owner", "created_at"),
    "deal": ("title", "value", "stage", "organisation", "person", "owner", "expected_close_on"),
    "lead": ("title", "person_name", "organisation_name", "source", "value", "owner", "created_at"),
}
FORMER: Mapping[str, str] = {  # names in addresses that people may have kept
    "added": "created_at",
    "email": "emails",
    "people": "people_count",
    "deals": "deal_count",
    "close": "expected_close_on",
}


def known(kind: str) -> dict[str, Column]:
    """Every column of a kind of record by its key, the company's own fields included."""
    found = [Column(field.key, field.label, field.kind, field.path, field) for field in book.of(kind)]
    return {column.key: column for column in (*found, *COMPUTED[kind])}


def shown(kind: str, keys: Iterable[str], columns: Mapping[str, Column]) -> list[Column]:
    """The columns of these names in this order, unknown ones left out; what a record is called stands first."""
    title = book.TITLES[kind]
    wanted = dict.fromkeys([title, *(key for key in keys if key in columns and not columns[key].is_filter)])
    return [columns[key] for key in list(wanted)[:MOST]]


def remember(*, user: User, kind: str, keys: Iterable[str]) -> None:
    """Keep somebody's columns of a kind of record; none at all brings back the shipped ones."""
    ListChoice.objects.update_or_create(user=user, kind=kind, defaults={"columns": list(keys)[:MOST]})


def annotations(columns: Iterable[Column], user: User, now: datetime) -> dict[str, Any]:
    """What to annotate records with, so that these columns can be read."""
    return {column.key: column.expression(user, now) for column in columns if column.expression}


def value(record: Any, column: Column, now: datetime) -> Any:
    """What a record holds in a column."""
    if column.field is not None:
        return reading.read(record, column.field)
    if column.is_age:
        return max(0, (now - getattr(record, column.path)).days)
    if column.key == "pipeline":
        return record.stage.pipeline
    found = getattr(record, column.key)
    return Money(Decimal(found), record.currency) if column.kind == Kind.MONEY else found


def words(found: Any, column: Column) -> str:
    """A value for people, in one line."""
    if isinstance(found, Pipeline):
        return found.name
    return reading.words(found, column.field or Field(column.key, column.label, column.kind))


def plain(found: Any, column: Column) -> str:
    """A value for a file: days by ISO 8601 in the zone in use, numbers without grouping."""
    match column.kind:
        case _ if found is None:
            return ""
        case Kind.MOMENT:
            return timezone.localtime(found).isoformat(sep=" ", timespec="minutes")[:16]
        case Kind.DATE:
            return str(found.isoformat())
        case Kind.MONEY:
            return _digits(found.amount)
        case Kind.NUMBER:
            return _digits(Decimal(found))
        case Kind.LINES:
            return str(found)
        case _:
            return "; ".join(_one(one) for one in found) if isinstance(found, list) else words(found, column)


def _one(one: Any) -> str:
    return str(getattr(one, "value", one))


def _digits(number: Decimal) -> str:
    return f"{number.normalize():f}"
