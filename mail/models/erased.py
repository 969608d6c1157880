"""Which mails were erased with a person: they lie at the mail server still, and the sync leaves them there."""

from django.db import models

from mail.models.account import Account


class ErasedMail(models.Model):
    """A mail that does not enter again, known by a hash that says nothing of whom it was with."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="erased_mails")
    digest = models.CharField(max_length=64)  # SHA-256 of its Message-ID, a provider's, or its content's key

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="mail_erasedmail_once")]
