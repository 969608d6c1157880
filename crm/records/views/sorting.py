"""Lists sorted by a column's head."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Lower

from crm.records.models import OwnedQuerySet

WORDS = ("name", "title", "email", "organisation__name", "person__name")  # sorted without regard to capitals


@dataclass(frozen=True)
class Sort:
    """The column that a list is sorted by; as text "name" or, the other way round, "-name"."""

    column: str
    is_reversed: bool = False

    def __str__(self) -> str:
        return f"-{self.column}" if self.is_reversed else self.column


def sorted_by(queryset: OwnedQuerySet, wanted: str, columns: Mapping[str, str]) -> tuple[OwnedQuerySet, Sort]:
    """The queryset in the wanted order (the first column's for anything unknown) and what that order is."""
    column = wanted.removeprefix("-")
    sort = Sort(column, wanted.startswith("-")) if column in columns else Sort(next(iter(columns)))
    field = columns[sort.column]
    key = Lower(field) if field in WORDS else F(field)
    order = key.desc(nulls_last=True) if sort.is_reversed else key.asc(nulls_last=True)
    return queryset.order_by(order, "-pk" if sort.is_reversed else "pk"), sort
