"""Tracked mails, their copies and links, and every hit upon them. All of it belongs to the sender alone."""

import secrets
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.consent.models import Rule
from crm.records.models import Person
from tracking.verdicts import Verdict

ENOUGH_DAYS = 2  # to work somewhere: one visit to a customer makes nobody at home in their guest network
FORGOTTEN = timedelta(days=60)  # places that nobody came from for so long


def new_public_id() -> int:
    """63 random bits: what tokens carry instead of a primary key, so that nothing can be counted from outside."""
    return secrets.randbits(63)


class Preferences(models.Model):
    """A user's options (all off until turned on) and their last choice for each."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tracking_preferences")
    open_tracking = models.BooleanField(_("Open tracking"), default=False)
    link_tracking = models.BooleanField(_("Link tracking"), default=False)
    notify_activity = models.BooleanField(_("Notifications about tracking activity"), default=False)
    last_track_opens = models.BooleanField(default=True)  # the state at the last sending: default of the next mail
    last_track_links = models.BooleanField(default=True)
    last_tell_apart = models.BooleanField(default=True)  # a copy for each recipient, so that each opening has a name
    count_undecided = models.BooleanField(_("Count undecided openings"), default=False)  # opaque and audible as well


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
    host = models.CharField(max_length=200, blank=True)  # where its pixels and links lead: https://t.example.com; "" is TRACKING_URL
    is_local = models.BooleanField(default=False)  # by the demo's own server to this machine: no filter stands in between
    created_at = models.DateTimeField(default=timezone.now)
    open_count = models.PositiveIntegerField(default=0)
    click_count = models.PositiveIntegerField(default=0)
    first_opened_at = models.DateTimeField(null=True, blank=True)
    last_opened_at = models.DateTimeField(null=True, blank=True)
    first_clicked_at = models.DateTimeField(null=True, blank=True)
    last_clicked_at = models.DateTimeField(null=True, blank=True)
    loaded_count = models.PositiveIntegerField(default=0)  # openings that could not be decided
    first_loaded_at = models.DateTimeField(null=True, blank=True)
    last_loaded_at = models.DateTimeField(null=True, blank=True)
    requested_count = models.PositiveIntegerField(default=0)  # clicks that could not be decided
    first_requested_at = models.DateTimeField(null=True, blank=True)
    last_requested_at = models.DateTimeField(null=True, blank=True)
    last_open_on = models.DateField(null=True, blank=True)  # the last day on which a coarse copy was opened
    first_replied_at = models.DateTimeField(null=True, blank=True)  # whoever answers has read
    last_replied_at = models.DateTimeField(null=True, blank=True)

    objects = TrackedMailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="tracking_mail_opened", condition=Q(first_opened_at__isnull=False)),
            models.Index(fields=["owner", "-created_at"], name="tracking_mail_clicked", condition=Q(first_clicked_at__isnull=False)),
            models.Index(fields=["owner", "-created_at"], name="tracking_mail_replied", condition=Q(first_replied_at__isnull=False)),
            models.Index(fields=["last_opened_at"], name="tracking_mail_lately", condition=Q(last_opened_at__isnull=False)),
            models.Index(fields=["owner", "-created_at"], name="tracking_mail_opened_day", condition=Q(last_open_on__isnull=False)),
        ]


class Copy(models.Model):
    """One instrumented body: of one recipient, or shared by several (then `person` and `email` are empty)."""

    mail = models.ForeignKey(TrackedMail, on_delete=models.CASCADE, related_name="copies")
    public_id = models.BigIntegerField(unique=True, default=new_public_id)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    email = models.EmailField(blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)  # when the server answered 250
    returned_at = models.DateTimeField(null=True, blank=True)  # refused or bounced: whoever sees it from now on sees the returned mail
    # what was decided at sending, see `crm.consent.decisions`
    is_tracked = models.BooleanField(default=True, db_default=True)  # False: its body is as it was written
    is_coarse = models.BooleanField(default=False, db_default=False)  # only the day of its last opening is kept, its links are plain
    kept = models.PositiveSmallIntegerField(default=Rule.Kept.FULL, db_default=Rule.Kept.FULL)  # of the addresses that it is opened from
    kept_days = models.PositiveSmallIntegerField(null=True, blank=True)  # then nothing is kept of them; None: as long as the hit
    reason = models.CharField(max_length=12, blank=True, db_default="")  # of that decision: a `decisions.Reason`
    last_open_on = models.DateField(null=True, blank=True)  # all that a coarse copy knows
    stopped_at = models.DateTimeField(null=True, blank=True)  # its recipient refused since: nothing more is recorded

    class Meta:
        indexes = [models.Index(Lower("email"), name="tracking_copy_recipient")]

    @property
    def is_watched(self) -> bool:
        """Whether anything of it is recorded, from now on; what is not tracked goes out as it was written."""
        return self.is_tracked and self.stopped_at is None


class Answer(models.Model):
    """A person's answer to a tracked mail. Of one to whom the mail did not go nothing is kept but the time."""

    mail = models.ForeignKey(TrackedMail, on_delete=models.CASCADE, related_name="answers")
    copy = models.ForeignKey(Copy, null=True, blank=True, on_delete=models.SET_NULL, related_name="answers")  # where copies are told apart
    name = models.CharField(max_length=200, blank=True)  # of the recipient who answered; empty: somebody else
    at = models.DateTimeField()
    key = models.CharField(max_length=250)  # of the answering mail: taken in twice, it counts once

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mail", "key"], name="tracking_answer_once")]


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


class EventQuerySet(models.QuerySet["Event"]):
    """Hits."""

    def visible_to(self, user: User) -> Self:
        """The sender's alone, whatever the other's role."""
        return self.filter(mail__owner=user)


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
    is_own_network = models.BooleanField(default=False)  # as it was known at the time
    verdict = models.CharField(max_length=16, choices=[(one.value, one.name) for one in Verdict], default=Verdict.UNKNOWN)
    reasons = models.JSONField(default=list)  # keys of `verdicts.REASONS`, most telling first
    rules_version = models.PositiveSmallIntegerField(default=1)  # whoever records a hit says by which rules
    counts = models.BooleanField()  # a person's, settled, and no repetition
    is_settled = models.BooleanField(default=True)  # a click is "checking" for about ten seconds
    look_again_at = models.DateTimeField(null=True, blank=True)  # when the other hits of its mail are to be looked at again
    address_due_at = models.DateTimeField(null=True, blank=True)  # when the address is cut or dropped, as its copy was promised
    correction = models.CharField(max_length=16, blank=True, db_default="")  # the sender's own word: a verdict that overrules ours

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["mail", "-at"], name="tracking_event_of_mail"),
            models.Index(fields=["look_again_at"], name="tracking_event_open", condition=Q(look_again_at__isnull=False)),
            models.Index(fields=["address", "at"], name="tracking_event_source", condition=Q(kind="click")),
            models.Index(fields=["address_due_at"], name="tracking_event_address_due", condition=Q(address_due_at__isnull=False)),
        ]


class Bygone(models.Model):
    """Hits of one kind upon a copy that are no longer kept, as a number: so that the sender's counters stay what they were."""

    mail = models.ForeignKey(TrackedMail, on_delete=models.CASCADE, related_name="bygones")
    copy = models.ForeignKey(Copy, on_delete=models.CASCADE, related_name="bygones")
    link = models.ForeignKey(TrackedLink, null=True, blank=True, on_delete=models.CASCADE, related_name="bygones")
    kind = models.CharField(max_length=5, choices=Event.Kind.choices)
    is_undecided = models.BooleanField()  # else a person's, which counted
    count = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()


class KnownPlaceQuerySet(models.QuerySet["KnownPlace"]):
    """Places that users work from."""

    def visible_to(self, user: User) -> Self:
        """The user's own alone."""
        return self.filter(user=user)

    def kept(self, now: datetime) -> Self:
        """Those that are remembered and not removed."""
        return self.filter(is_removed=False, last_on__gte=(now - FORGOTTEN).date())

    def in_use(self, now: datetime) -> Self:
        """Those that hits are compared with: come from on two days or more, the last of them lately, and not removed."""
        return self.kept(now).filter(days__gte=ENOUGH_DAYS)


class KnownPlace(models.Model):
    """A public address that a user's signed-in browser came from: openings from there are their own."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    network = models.CharField(max_length=43)  # an IPv4 address, or a /64 of IPv6
    first_on = models.DateField()
    last_on = models.DateField()
    days = models.PositiveSmallIntegerField(default=1)  # on how many days
    is_removed = models.BooleanField(default=False)  # by the user: not to be learned again while they go on coming from there

    objects = KnownPlaceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "network"], name="tracking_known_place_once")]


class SpoolFile(models.Model):
    """How far a spool file has been recorded, in the transaction of its events: exactly once."""

    name = models.CharField(max_length=64, primary_key=True)
    offset = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)
