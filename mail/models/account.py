"""A user's mail account: how to send, and where Sent is."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.lib.encryption import EncryptedTextField


class Security(models.TextChoices):
    """How a connection is protected."""

    TLS = "tls", _("TLS (SSL)")  # from the first byte: 465, 993
    STARTTLS = "starttls", _("STARTTLS")  # required, never optional: 587, 143
    NONE = "none", _("None")  # loopback and trusted networks only


class KeptBy(models.TextChoices):
    """Who puts a copy of what is sent into the Sent folder."""

    USUAL = "", _("As this provider usually does")  # known by the SMTP server's name: `sent_copies.USUALLY_FILE`
    PROVIDER = "provider", _("The provider, by itself")
    CANDOR = "candor", _("Candor, by IMAP")


class SignIn(models.TextChoices):
    """How Candor proves to the servers that it may."""

    PASSWORD = "password", _("Password")
    GOOGLE = "google", "Google"  # OAuth 2: no password is known here
    MICROSOFT = "microsoft", "Microsoft"


class AccountQuerySet(models.QuerySet["Account"]):
    """Mail accounts."""

    def visible_to(self, user: User) -> Self:
        """Only the account's owner; not one that is being removed together with its mail."""
        return self.filter(owner=user, leaving_at=None)

    def running(self) -> Self:
        """Those whose servers may be asked: see `Account.is_running`; none of somebody who may not sign in any more."""
        return self.filter(is_paused=False, needs_reconnecting=False, leaving_at=None, owner__is_active=True)


class Account(models.Model):
    """Settings to send by SMTP and to file the clean copy by IMAP; passwords and tokens are encrypted at rest.

    A user's accounts stand in their order; the first one is what new mail is sent from.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_accounts")
    email = models.EmailField(_("email address"))
    sender_name = models.CharField(_("sender name"), max_length=150, blank=True)
    smtp_host = models.CharField(_("SMTP server"), max_length=200)
    smtp_port = models.PositiveIntegerField(_("SMTP port"), default=587)
    smtp_security = models.CharField(_("SMTP security"), max_length=10, choices=Security.choices, default=Security.STARTTLS)
    smtp_username = models.CharField(_("SMTP user name"), max_length=200, blank=True)
    smtp_password = EncryptedTextField(_("SMTP password"), blank=True)
    imap_host = models.CharField(_("IMAP server"), max_length=200, blank=True)
    imap_port = models.PositiveIntegerField(_("IMAP port"), default=993)
    imap_security = models.CharField(_("IMAP security"), max_length=10, choices=Security.choices, default=Security.TLS)
    imap_username = models.CharField(_("IMAP user name"), max_length=200, blank=True)
    imap_password = EncryptedTextField(_("IMAP password"), blank=True)
    sign_in = models.CharField(max_length=10, choices=SignIn.choices, default=SignIn.PASSWORD, editable=False)
    access_token = EncryptedTextField(blank=True, editable=False)  # OAuth 2, as the next two: see `tokens`
    refresh_token = EncryptedTextField(blank=True, editable=False)
    token_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    token_claimed_at = models.DateTimeField(null=True, blank=True, editable=False)  # since when a worker renews it
    needs_reconnecting = models.BooleanField(default=False, editable=False)  # the provider took the permission back
    is_paused = models.BooleanField(default=False, editable=False)  # by its owner: nothing is sent and nothing is looked for
    position = models.PositiveIntegerField(default=0, editable=False)
    leaving_at = models.DateTimeField(null=True, blank=True, editable=False)  # disconnected: its mail is being removed
    sent_kept_by = models.CharField(
        _("Copies in Sent are kept by"), max_length=10, choices=KeptBy.choices, blank=True, default=KeptBy.USUAL
    )
    is_demo = models.BooleanField(default=False, editable=False)  # of the demo mail server: reachable by construction
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    bounces_due_at = models.DateTimeField(null=True, blank=True, editable=False)  # when its Inbox is searched for returned mail
    bounces_uid = models.BigIntegerField(default=0, editable=False)  # the last report that was read there
    bounces_validity = models.BigIntegerField(default=0, editable=False)  # the UIDVALIDITY that it belongs to
    max_bytes = models.PositiveBigIntegerField(null=True, blank=True, editable=False)  # of a mail, as its SMTP server says (RFC 1870)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)  # when the first of the errors in a row came

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "email"], name="mail_account_once", condition=models.Q(leaving_at__isnull=True))
        ]
        indexes = [models.Index(fields=["bounces_due_at"], name="mail_account_bounces", condition=models.Q(bounces_due_at__isnull=False))]

    def __str__(self) -> str:
        return self.email

    @property
    def is_running(self) -> bool:
        """Whether its servers may be asked; while not, its mail waits in the outbox."""
        return not (self.is_paused or self.needs_reconnecting or self.leaving_at)

    @property
    def has_token(self) -> bool:
        """Whether it signs in by OAuth 2."""
        return self.sign_in != SignIn.PASSWORD
