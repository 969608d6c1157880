"""The calendar feed: a user's activities for the calendar programs of their own, at a secret address."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from crm.accounts.models import User
from crm.lib.encryption import CannotDecrypt
from crm.records.models import RECORDS, Activity, ActivityQuerySet, CalendarFeed

BEHIND, AHEAD = timedelta(days=90), timedelta(days=730)
MOST = 2000  # activities
NOTED = timedelta(minutes=15)  # how exactly it is kept when the feed was read
EVERY = timedelta(minutes=15)  # how often a program may ask, as the feed says itself


@transaction.atomic
def renew(*, user: User, now: datetime) -> CalendarFeed:
    """Give the user a new secret address; the one before ends at once."""
    CalendarFeed.objects.filter(user=user).delete()
    token = secrets.token_urlsafe(32)
    return CalendarFeed.objects.create(user=user, token=token, digest=_digest(token), created_at=now)


@transaction.atomic
def end(*, user: User) -> None:
    """Switch the feed off."""
    CalendarFeed.objects.filter(user=user).delete()


def of_token(token: str) -> CalendarFeed | None:
    """The feed with this token, of somebody who may still sign in."""
    digest = _digest(token)
    feed = CalendarFeed.objects.select_related("user").filter(digest=digest, user__is_active=True).first()
    return feed if feed and hmac.compare_digest(feed.digest, digest) else None


def address(feed: CalendarFeed) -> str:
    """The secret address in full; "" when the key that it is encrypted with is lost."""
    try:
        return settings.SITE_URL + reverse("records:calendar", args=[feed.token])
    except CannotDecrypt:
        return ""


def note_reading(feed: CalendarFeed, *, now: datetime) -> None:
    """Keep that a program has read the feed, so that its owner sees whether it works."""
    if feed.read_at is None or now - feed.read_at > NOTED:
        CalendarFeed.objects.filter(pk=feed.pk).update(read_at=now)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def activities(user: User, *, now: datetime) -> ActivityQuerySet:
    """The user's own, done and open, of the last three months and the next two years, the earliest first."""
    own = Activity.objects.visible_to(user).filter(owner=user, due_at__gte=now - BEHIND, due_at__lt=now + AHEAD)
    return own.select_related("person", "organisation", "deal", "lead", "custom_kind").order_by("due_at", "pk")


def content(user: User, *, now: datetime) -> bytes:
    """The feed as iCalendar (RFC 5545), in the user's language; times are in UTC, which every program turns into its own zone."""
    with translation.override(user.language), timezone.override(user.zone):
        calendar = Calendar()
        calendar.add("prodid", "-//Candor//Activities//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", _("Candor: {name}").format(name=user))
        calendar.add("x-wr-timezone", user.time_zone)
        calendar.add("x-published-ttl", f"PT{int(EVERY.total_seconds() // 60)}M")
        for activity in activities(user, now=now)[:MOST]:
            calendar.add_component(_event(activity))
        return bytes(calendar.to_ical())


def _event(activity: Activity) -> Event:
    event = Event()
    host = settings.SITE_HOST.partition(":")[0]
    event.add("uid", f"activity-{activity.pk}@{host}")
    event.add("dtstamp", activity.updated_at.astimezone(UTC))
    event.add("last-modified", activity.updated_at.astimezone(UTC))
    event.add("dtstart", activity.due_at.astimezone(UTC))
    if activity.duration_minutes:
        event.add("dtend", (activity.due_at + timedelta(minutes=activity.duration_minutes)).astimezone(UTC))
    event.add("summary", f"✓ {activity.subject}" if activity.done_at else activity.subject)
    event.add("description", _description(activity))
    event.add("url", settings.SITE_URL + reverse("records:activity_detail", args=[activity.pk]))
    event.add("transp", "OPAQUE" if activity.duration_minutes and not activity.done_at else "TRANSPARENT")
    event.add("categories", [activity.kind_name])
    if activity.location:
        event.add("location", activity.location)
    return event


def _description(activity: Activity) -> str:
    about = [str(record) for name in RECORDS if (record := getattr(activity, name))]
    return "\n".join([line for line in (activity.kind_name, " · ".join(about), activity.note) if line])
