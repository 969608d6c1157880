"""Tracked mails, their copies and links, and every hit upon them. All of it belongs to the sender alone."""

import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.models import Person


def new_public_id() -> int:
    """63 random bits: what tokens carry instead of a primary key, so that nothing can be counted from outside."""
    return secrets.randbits(63)


class Preferences(models.Model):
    """A user's three options (all off until turned on) and their last choice for each."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tracking_preferences")
    open_tracking = models.BooleanField(_("Open tracking"), default=False)
    link_tracking = models.BooleanField(_("Link tracking"), default=False)
    notify_activity = models.BooleanField(_("Notifications about tracking activity"), default=False)
    last_track_opens = models.BooleanField(default=True)  # the state at the last sending: default of the next mail
    last_track_links = models.BooleanField(default=True)


class TrackedMailQuerySet(models.QuerySet["TrackedMail"]):
    """Tracked mails."""

    def visible_to(self, user: User) -> Self:
        """The sender's alone, whatever the other's role."""
        return self.filter(owner=user)


class TrackedMail(models.Model):
    """What tracking knows of a sent mail: whose it is, its subject, the path back to it, its counters."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=300, blank=True)
    tracks_opens = models.BooleanField()
    tracks_links = models.BooleanField()
    created_at = models.DateTimeField(default=timezone.now)
    open_count = models.PositiveIntegerField(default=0)
    click_count = models.PositiveIntegerField(default=0)
    first_opened_at = models.DateTimeField(null=True, blank=True)
    last_opened_at = models.DateTimeField(null=True, blank=True)
    first_clicked_at = models.DateTimeField(null=True, blank=True)
    last_clicked_at = models.DateTimeField(null=True, blank=True)

    objects = TrackedMailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="tracking_mail_opened", condition=Q(first_opened_at__isnull=False)),
            models.Index(fields=["owner", "-created_at"], name="tracking_mail_clicked", condition=Q(first_clicked_at__isnull=False)),
        ]


class Copy(models.Model):
    """One instrumented body: of one recipient, or shared by several (then `person` and `email` are empty)."""

    mail = models.ForeignKey(TrackedMail, on_delete=models.CASCADE, related_name="copies")
    public_id = models.BigIntegerField(unique=True, default=new_public_id)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    email = models.EmailField(blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)  # when the server answered 250


class TrackedLink(models.Model):
    """A link of a tracked mail, numbered from 0 in the order of the body."""

    mail = models.ForeignKey(TrackedMail, on_delete=models.CASCADE, related_name="links")
    number = models.PositiveSmallIntegerField()
    target = models.CharField(max_length=2000)
    text = models.CharField(max_length=200, blank=True)
    click_count = models.PositiveIntegerField(default=0)
    first_clicked_at = models.DateTimeField(null=True, blank=True)
    last_clicked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["mail", "number"], name="tracking_link_number")]


class Event(models.Model):
    """One hit as it was, with the facts that a verdict needs."""

    class Kind(models.TextChoices):
        OPEN = "open", _("Opened")
        CLICK = "click", _("Link followed")

    hit_id = models.UUIDField(unique=True)  # given by the edge: makes recording idempotent
    mail = models.ForeignKey(TrackedMail, on_delete=models.CASCADE, related_name="events")
    copy = models.ForeignKey(Copy, on_delete=models.CASCADE, related_name="events")
    link = models.ForeignKey(TrackedLink, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    user_agent = models.CharField(max_length=500, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    headers = models.JSONField(default=dict)  # only those that a verdict reads
    viewer_id = models.BigIntegerField(null=True, blank=True)  # signed-in user of ours, by the viewer cookie
    counts = models.BooleanField()
    reason = models.CharField(max_length=30)  # why it counts or not; a key of `recording.REASONS`

    class Meta:
        indexes = [models.Index(fields=["mail", "-at"], name="tracking_event_of_mail")]


class SpoolFile(models.Model):
    """How far a spool file has been recorded, in the transaction of its events: exactly once."""

    name = models.CharField(max_length=64, primary_key=True)
    offset = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)
