"""Whose pictures a user always wants to see."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from crm.accounts.models import User


class TrustedSenderQuerySet(models.QuerySet["TrustedSender"]):
    """Trusted senders."""

    def visible_to(self, user: User) -> Self:
        """Only one's own."""
        return self.filter(owner=user)


class TrustedSender(models.Model):
    """An address whose mails show this user their pictures from the web at once; their trackers stay blocked."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField()  # in lower case
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TrustedSenderQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "email"], name="mail_trustedsender_once")]

    def __str__(self) -> str:
        return self.email
