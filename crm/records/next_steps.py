"""What is to be done next about each record of a list."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from crm.accounts.models import User
from crm.records.models import Activity, ActivityQuerySet, Deal, Organisation, OwnedQuerySet, Person


def annotated(records: OwnedQuerySet, user: User) -> OwnedQuerySet:
    """Adds `next_due_at`, `next_subject`, `next_kind`: of the earliest activity not done, overdue ones included. To sort and filter by.

    A person's is one about them or a deal of theirs, an organisation's one about it, its people or its deals.
    """
    planned = Activity.objects.visible_to(user).undone().filter(_about_outer(records.model)).order_by("due_at", "pk")
    annotated: OwnedQuerySet = records.annotate(
        next_due_at=Subquery(planned.values("due_at")[:1]),
        next_subject=Subquery(planned.values("subject")[:1]),
        next_kind=Subquery(planned.values("kind")[:1]),
    )
    return annotated


def _about_outer(model: Any) -> Q:
    outer = OuterRef(OuterRef("pk"))
    if model is Person:
        return Q(person=OuterRef("pk")) | Q(deal__in=Deal.objects.filter(person=outer).values("pk"))
    if model is Organisation:
        people, deals = Person.objects.filter(organisation=outer), Deal.objects.filter(organisation=outer)
        return Q(organisation=OuterRef("pk")) | Q(person__in=people.values("pk")) | Q(deal__in=deals.values("pk"))
    return Q(**{model._meta.model_name: OuterRef("pk")})


def attach(records: Sequence[Any], user: User, *, now: datetime) -> None:
    """Gives each record of one kind `next_activity` (an Activity or None) and `is_overdue`; one query for a whole page of a list."""
    found = _earliest(records, user) if records else {}
    for record in records:
        record.next_activity = found.get(record.pk)
        record.is_overdue = record.next_activity is not None and record.next_activity.due_at < now


def _earliest(records: Sequence[Any], user: User) -> dict[int, Activity]:
    name, wanted = records[0]._meta.model_name, {record.pk for record in records}
    ways = WAYS.get(name, (f"{name}_id",))
    about = Q()
    for way in ways:
        about |= Q(**{f"{way.removesuffix('_id')}__in": wanted})
    planned: ActivityQuerySet = Activity.objects.visible_to(user).undone().filter(about)
    earliest: dict[int, Activity] = {}
    for activity in planned.select_related("custom_kind", "person", "deal").order_by("due_at", "pk"):
        for pk in _concerned(activity, ways):
            earliest.setdefault(pk, activity)
    return earliest


# by which ways an activity is about such a record
WAYS = {
    "person": ("person_id", "deal__person_id"),
    "organisation": ("organisation_id", "person__organisation_id", "deal__organisation_id"),
}


def _concerned(activity: Activity, ways: Iterable[str]) -> set[int]:
    found = set()
    for way in ways:
        first, _dots, rest = way.partition("__")
        held = getattr(activity, first)
        pk = getattr(held, rest) if rest and held else held
        if isinstance(pk, int):
            found.add(pk)
    return found
