"""Reminders of activities, as cards of the Sales Assistant: once for each time an activity is due, whoever finds it first."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.records.models import Activity
from notifications import feed, switches
from notifications.models import Card

LATE = timedelta(days=1)  # after which a reminder has no point any more
MOST = 200  # at once


def remind(*, now: datetime) -> int:
    """Tell the owners of what is due soon; answers how many were told."""
    return sum(_tell(activity, now) for activity in _due(now))


def _due(now: datetime) -> list[Activity]:
    waiting = Activity.objects.undone().filter(reminded_at=None, due_at__gt=now - LATE, owner__is_active=True).exclude(remind_minutes=None)
    leads = waiting.order_by().values_list("remind_minutes", flat=True).distinct()
    due = Q(pk__in=[])
    for minutes in leads:
        due |= Q(remind_minutes=minutes, due_at__lte=now + timedelta(minutes=minutes))
    found = waiting.filter(due).select_related("owner", "person", "organisation", "deal", "lead", "custom_kind")
    return list(found.order_by("due_at", "pk")[:MOST])


@transaction.atomic
def _tell(activity: Activity, now: datetime) -> bool:
    """Claim the reminder and show it; False where somebody else did, or where it was done or moved meanwhile."""
    claim = Activity.objects.undone().filter(pk=activity.pk, reminded_at=None, due_at=activity.due_at)
    if not claim.filter(remind_minutes=activity.remind_minutes).update(reminded_at=now):
        return False
    owner = activity.owner
    if not switches.is_on(owner, "reminder"):
        return False
    with translation.override(owner.language), timezone.override(owner.zone):
        feed.notify(
            user=owner,
            kind="reminder",
            title=f"{activity.kind_name}: {activity.subject}",
            detail=_detail(activity, now),
            group_key=_key(activity),
            url=activity.get_absolute_url(),
            now=now,
        )
    return True


def _key(activity: Activity) -> str:
    return f"reminder:{activity.pk}:{int(activity.due_at.timestamp())}"


def _detail(activity: Activity, now: datetime) -> str:
    due = timezone.localtime(activity.due_at)
    clock = date_format(due, "H:i")
    days = (due.date() - timezone.localdate(now)).days
    when = {0: _("Today {clock}"), 1: _("Tomorrow {clock}")}.get(days, date_format(due, "j E, H:i")).format(clock=clock)
    about = str(activity.record) if activity.record else ""
    return " · ".join(part for part in (when, activity.location, about) if part)


def settle(activity: Activity, *, now: datetime) -> None:
    """What is done or gone needs no reminder any more: its card is put away."""
    cards = Card.objects.visible_to(activity.owner).filter(kind="reminder", group_key__startswith=f"reminder:{activity.pk}:")
    feed.put_away(list(cards.select_related("user")), now=now)
