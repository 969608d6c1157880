"""The order of a list: by any column, nothing last, names whatever their capitals."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Lower, NullIf

from crm.accounts.models import User
from crm.records.fields.book import TITLES, Kind
from crm.records.lists.columns import Column
from crm.records.models import RECORDS, ContactPoint, CustomValue, Person

# never null: without a clause about nulls the databases walk along an index
ALWAYS = ("name", "title", "created_at", "updated_at", "value", "visibility", "currency", "status", "days_in_stage", "pipeline")
CUSTOM = {  # kind of a custom field → what of its value to sort by
    Kind.TEXT: Lower("text"),
    Kind.NUMBER: F("number"),
    Kind.MONEY: F("number"),
    Kind.DATE: F("date"),
    Kind.CHOICE: F("choice__position"),
    Kind.PERSON: Lower("to_person__name"),
    Kind.ORGANISATION: Lower("to_organisation__name"),
}


@dataclass(frozen=True)
class Sort:
    """The column that a list is sorted by; as text "name" or, the other way round, "-name"."""

    column: str
    is_reversed: bool = False

    def __str__(self) -> str:
        return f"-{self.column}" if self.is_reversed else self.column


def ordered(queryset: QuerySet[Any, Any], column: Column, sort: Sort, *, kind: str, user: User, now: datetime) -> QuerySet[Any, Any]:
    """The records in the order of a column, the newest of equals by the same direction."""
    if column.expression:
        queryset = queryset.alias(**{column.key: column.expression(user, now)})
    downwards = sort.is_reversed is not column.is_age  # the longer in a stage, the earlier it came there
    order = [_directed(key, column, downwards) for key in _keys(column, kind, user)]
    return queryset.order_by(*order, "-pk" if downwards else "pk")


def _directed(key: Any, column: Column, downwards: bool) -> Any:
    nulls_last = None if column.key in ALWAYS else True
    return key.desc(nulls_last=nulls_last) if downwards else key.asc(nulls_last=nulls_last)


def _keys(column: Column, kind: str, user: User) -> list[Any]:
    if column.field is not None and column.field.custom is not None:
        return [_custom(column, kind)]
    match column.kind:
        case Kind.TEXT | Kind.LINES | Kind.EMAIL | Kind.PHONE:
            return [Lower(column.path) if column.key == TITLES[kind] else _filled(column.path)]
        case Kind.USER | Kind.PERSON | Kind.ORGANISATION:
            return [Lower(f"{column.path}__name")]
        case Kind.STAGE:
            return [F("stage__pipeline__position"), F("stage__position")]
        case Kind.TAGS | Kind.PEOPLE:
            return [_first_of(column, kind, user)]
        case Kind.POINTS:
            return [_filled(column.path) if column.path else _first_point(column, kind)]
        case _:
            return [F("stage__pipeline__position") if column.key == "pipeline" else F(column.path or column.key)]


def _filled(path: str) -> Any:
    """In small letters; an empty text counts for nothing."""
    return NullIf(Lower(path), Value(""))


def _first_of(column: Column, kind: str, user: User) -> Subquery:
    """The first by name of what is linked, and of people of those whom the user sees."""
    through = RECORDS[kind]._meta.get_field(column.path).remote_field.through  # type: ignore[union-attr]
    target = "tag" if column.kind == Kind.TAGS else "person"
    rows = through.objects.filter(**{kind: OuterRef("pk")})
    rows = rows if target == "tag" else rows.filter(person__in=Person.objects.visible_to(user))
    return Subquery(rows.order_by().values(kind).annotate(first=Min(Lower(f"{target}__name"))).values("first"))


def _first_point(column: Column, kind: str) -> Subquery:
    point = column.field.point if column.field else ""
    rows = ContactPoint.objects.filter(**{kind: OuterRef("pk")}, kind=point).order_by("position", "pk")
    return Subquery(rows.values("folded")[:1])


def _custom(column: Column, kind: str) -> Subquery:
    custom = column.field.custom if column.field else None
    rows = CustomValue.objects.filter(**{kind: OuterRef("pk")}, field=custom).order_by()
    if column.kind == Kind.CHOICES:
        return Subquery(rows.values(kind).annotate(first=Min("choice__position")).values("first"))
    return Subquery(rows.annotate(key=CUSTOM[column.kind]).values("key")[:1])
