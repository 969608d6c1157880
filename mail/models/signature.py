"""What stands below a mail."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from mail.models.account import Account


class SignatureQuerySet(models.QuerySet["Signature"]):
    """Signatures."""

    def visible_to(self, user: User) -> Self:
        """Those of the user's own accounts."""
        return self.filter(account__owner=user)


class Signature(models.Model):
    """One of an account's signatures; at most one stands below new mails by itself, and one below replies."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="signatures")
    name = models.CharField(_("name"), max_length=100)
    html = models.TextField(_("signature"))
    is_default = models.BooleanField(_("below new mails"), default=False)
    is_default_for_replies = models.BooleanField(_("below replies"), default=False)

    objects = SignatureQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(is_default=True), name="mail_signature_default"),
            models.UniqueConstraint(fields=["account"], condition=Q(is_default_for_replies=True), name="mail_signature_replies"),
        ]

    def __str__(self) -> str:
        return self.name
