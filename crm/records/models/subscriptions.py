"""The secret addresses at which calendar programs read activities."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from crm.lib.encryption import EncryptedTextField


class CalendarFeed(models.Model):
    """A user's secret address. Whoever knows it reads their activities, so it is found by its digest and kept encrypted."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token = EncryptedTextField()  # to be shown to its user again
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token, in hex
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)  # last, to the quarter of an hour
