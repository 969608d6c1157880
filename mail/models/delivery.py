"""The outbox: one row per copy of a message on its way. The rows are the queue; Celery only wakes."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mail.models.message import Message, Recipient
from tracking.models import Copy


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries."""

    def due(self, now: datetime) -> Self:
        """Waiting, and their time has come."""
        return self.filter(status__in=[Delivery.Status.QUEUED, Delivery.Status.RETRY], next_attempt_at__lte=now)

    def of_running_accounts(self) -> Self:
        """Not of accounts that are paused, have to be connected again, or are being removed: theirs wait. Only for reading."""
        stands_still = Q(message__account__is_paused=True) | Q(message__account__needs_reconnecting=True)
        return self.exclude(stands_still | Q(message__account__leaving_at__isnull=False))


class Delivery(models.Model):
    """One envelope: a body on its way to one or several recipients by SMTP."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Sending")  # claimed by a worker; nothing irrevocable has happened
        TRANSMITTING = "transmitting", _("Transmitting")  # DATA has begun: a crash from here on leaves it uncertain
        RETRY = "retry", _("Will be tried again")  # a temporary error
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")  # a permanent error; told with the server's words
        UNCERTAIN = "uncertain", _("Perhaps sent")  # no answer after the final dot: never sent again by itself

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    recipients = models.ManyToManyField(Recipient, related_name="deliveries")
    copy = models.ForeignKey(Copy, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)  # what the days until giving up are counted from
    next_attempt_at = models.DateTimeField(default=timezone.now)
    claim = models.UUIDField(null=True, blank=True)  # who holds the row: a worker that lost it can change nothing any more
    claimed_at = models.DateTimeField(null=True, blank=True)
    searches = models.PositiveSmallIntegerField(default=0)  # how often Sent was searched for an uncertain mail
    sent_at = models.DateTimeField(null=True, blank=True)
    provider_message_id = models.CharField(max_length=250, blank=True)  # Outlook and SES give each envelope another one
    error = models.CharField(max_length=500, blank=True)  # for the person: what happened and what to do
    smtp_reply = models.CharField(max_length=500, blank=True)  # the server's own words

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="mail_delivery_open",
                condition=Q(status__in=["queued", "retry", "sending", "transmitting", "uncertain"]),
            ),
            models.Index(fields=["provider_message_id"], name="mail_delivery_provider_id"),
        ]
