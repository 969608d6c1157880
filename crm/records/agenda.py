"""Activities: planned, done, undone; and how a day's work is laid out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from crm.records import reminding
from crm.records.models import Activity, ActivityQuerySet, Deal, Lead, Organisation, Person


@dataclass(frozen=True)
class Agenda:
    """Activities by when they are due."""

    overdue: list[Activity] = field(default_factory=list)
    today: list[Activity] = field(default_factory=list)
    planned: list[Activity] = field(default_factory=list)
    done: list[Activity] = field(default_factory=list)

    @property
    def open_count(self) -> int:
        return len(self.overdue) + len(self.today) + len(self.planned)


def end_of_today(now: datetime) -> datetime:
    """Midnight that ends the current day of the active time zone."""
    return timezone.make_aware(datetime.combine(timezone.localdate(now) + timedelta(days=1), time.min))


def overdue(activities: ActivityQuerySet, now: datetime) -> ActivityQuerySet:
    """Not done, and their time has passed."""
    return activities.undone().filter(due_at__lt=now)


def today(activities: ActivityQuerySet, now: datetime) -> ActivityQuerySet:
    """Not done, and due in what is left of today."""
    return activities.undone().filter(due_at__gte=now, due_at__lt=end_of_today(now))


def planned(activities: ActivityQuerySet, now: datetime) -> ActivityQuerySet:
    """Not done, and due after today."""
    return activities.undone().filter(due_at__gte=end_of_today(now))


def done(activities: ActivityQuerySet) -> ActivityQuerySet:
    """Done, the latest first."""
    return activities.exclude(done_at=None).order_by("-done_at", "-pk")


def counts(activities: ActivityQuerySet, now: datetime) -> dict[str, int]:
    """How many are overdue, due today, planned for later, in one query."""
    midnight = end_of_today(now)
    return activities.undone().aggregate(
        overdue=Count("pk", filter=Q(due_at__lt=now)),
        today=Count("pk", filter=Q(due_at__gte=now, due_at__lt=midnight)),
        planned=Count("pk", filter=Q(due_at__gte=midnight)),
    )


def parts(activities: Iterable[Activity], now: datetime) -> Agenda:
    """Sort activities into overdue, today, planned and done, each in the order given."""
    agenda, midnight = Agenda(), end_of_today(now)
    for activity in activities:
        _part(agenda, activity, now, midnight).append(activity)
    return agenda


def _part(agenda: Agenda, activity: Activity, now: datetime, midnight: datetime) -> list[Activity]:
    if activity.done_at is not None:
        return agenda.done
    if activity.due_at < now:
        return agenda.overdue
    return agenda.today if activity.due_at < midnight else agenda.planned


def lay_out(activities: ActivityQuerySet, now: datetime) -> Agenda:
    """All that are not done, in one query."""
    return parts(activities.undone().order_by("due_at", "pk"), now)


def suggested_time(now: datetime) -> datetime:
    """A time to offer for something new: tomorrow at nine, in the active zone."""
    return timezone.make_aware(datetime.combine(timezone.localdate(now) + timedelta(days=1), time(9)))


@transaction.atomic
def save(
    *,
    activity: Activity,
    person: Person | None = None,
    organisation: Organisation | None = None,
    deal: Deal | None = None,
    lead: Lead | None = None,
) -> Activity:
    """Plan or change an activity, which belongs to the given records from now on.

    It stays with its lead. At another time it is reminded of anew.
    """
    activity.person, activity.organisation, activity.deal, activity.lead = person, organisation, deal, lead or activity.lead
    if activity.pk:
        former = Activity.objects.select_for_update().get(pk=activity.pk)
        is_same = (former.due_at, former.remind_minutes) == (activity.due_at, activity.remind_minutes)
        activity.reminded_at, activity.done_at = former.reminded_at if is_same else None, former.done_at
    activity.save()
    return activity


@transaction.atomic
def move(*, activity: Activity, day: date) -> Activity:
    """Put an activity on another day, at the same time of the clock in the active zone."""
    current: Activity = Activity.objects.select_for_update().get(pk=activity.pk)
    clock = timezone.localtime(current.due_at).time()
    due_at = timezone.make_aware(datetime.combine(day, clock))
    if due_at != current.due_at:
        current.due_at, current.reminded_at = due_at, None
        current.save(update_fields=["due_at", "reminded_at", "updated_at"])
    return current


@transaction.atomic
def set_done(*, activity: Activity, is_done: bool, now: datetime) -> Activity:
    """Tick an activity off, or put it back; a second tick changes nothing."""
    current: Activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if (current.done_at is not None) != is_done:
        current.done_at = now if is_done else None
        current.save(update_fields=["done_at", "updated_at"])
        if is_done:
            reminding.settle(current, now=now)
    return current


@transaction.atomic
def delete(*, activity: Activity, now: datetime) -> None:
    """Drop an activity, and the reminder of it."""
    reminding.settle(activity, now=now)
    activity.delete()
