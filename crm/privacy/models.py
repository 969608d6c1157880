"""What recipients, and administrators for them, asked for; the receipt of what was done."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.consent.ledger import digest


class RequestQuerySet(models.QuerySet["Request"]):
    """Requests."""

    def about(self, email: str) -> Self:
        """Those of an address, the erased ones too."""
        return self.filter(digest=digest(email))

    def begin(self, *, kind: str, email: str, **fields: Any) -> "Request":
        """Write one down."""
        return self.create(kind=kind, email=email.strip().casefold(), digest=digest(email), **fields)


class Request(models.Model):
    """One right that was used. Those that end in a mail wait here for it: the rows are the queue."""

    class Kind(models.TextChoices):
        ASK = "ask", _("Asked to be asked for consent")
        EXPORT = "export", _("Export to the person")
        ERASE_TRACKING = "erase_tracking", _("Tracking erased")
        ERASE_PERSON = "erase_person", _("Person erased")
        RESTRICT = "restrict", _("Use restricted")
        LIFT = "lift", _("Restriction lifted")

    kind = models.CharField(max_length=14, choices=Kind.choices)
    email = models.EmailField(blank=True)  # in lower case; empty once the person is erased
    digest = models.CharField(max_length=64, db_index=True)  # SHA-256 of it: finds the receipt again for whoever knows the address
    asked_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=150, blank=True)  # stays when the user goes; empty: the recipient
    note = models.CharField(_("note"), max_length=1000, blank=True)
    language = models.CharField(max_length=10, blank=True)  # of the mail
    due_at = models.DateTimeField(null=True, blank=True)  # when its mail is to be tried; None: no mail waits
    done_at = models.DateTimeField(null=True, blank=True)  # of those with a mail: when it was sent
    fetched_at = models.DateTimeField(null=True, blank=True)  # an export, the first time
    link_digest = models.CharField(max_length=64, blank=True, db_index=True)  # SHA-256 of an export's link, while it works
    expires_at = models.DateTimeField(null=True, blank=True)  # and until when
    receipt = models.JSONField(default=dict, blank=True)  # counts by name; never anything of the tracking

    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["due_at"], name="privacy_request_due", condition=models.Q(due_at__isnull=False))]

    @property
    def short_digest(self) -> str:
        """How a receipt names a person who was erased."""
        return self.digest[:12]
