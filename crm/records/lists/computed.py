"""Columns that no field holds: they are counted or looked up, of what the user sees."""

from datetime import datetime
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from crm.accounts.models import User
from crm.records.models import Activity, Deal, OwnedQuerySet, Person


def next_activity(link: str, user: User) -> Any:
    """When the next activity of a record is due, overdue ones included; `link` is the record's kind."""
    planned = Activity.objects.visible_to(user).undone().filter(**{link: OuterRef("pk")})
    return Subquery(planned.order_by("due_at", "pk").values("due_at")[:1])


def count(related: OwnedQuerySet, link: str) -> Coalesce:
    """How many of the related records point at the record of the outer query."""
    counts: QuerySet[Any, Any] = related.filter(**{link: OuterRef("pk")}).order_by().values(link)
    return Coalesce(Subquery(counts.annotate(number=Count("pk")).values("number")), 0)


def open_deals(link: str, user: User) -> Coalesce:
    return count(Deal.objects.visible_to(user).current().filter(status=Deal.Status.OPEN), link)


def people(user: User) -> Coalesce:
    return count(Person.objects.visible_to(user).current(), "organisation")


def weighted_value(user: User, now: datetime) -> Any:
    """A deal's value by its probability."""
    chance = Coalesce(F("probability"), F("stage__probability"))
    return ExpressionWrapper(F("value") * chance / 100, output_field=DecimalField(max_digits=20, decimal_places=2))
