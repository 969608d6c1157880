"""How allauth behaves here: accounts are made by administrators, nobody signs up, and every refusal is a plain sentence."""

import logging
import time
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context as allauth_context
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.accounts import audit, tasks
from crm.accounts.models import User
from crm.lib.proxies import client_address

FRESH = 300.0  # seconds after a sign-in in which nobody is asked once more who they are
PER_ACCOUNT = settings.ACCOUNT_RATE_LIMITS["login_failed"].rpartition(",")[2]
logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Closes the sign-up page, words the errors, and survives a mail server that is down."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is switched off. Ask your administrator."),
        "email_password_mismatch": _("This email and password do not belong together. Check both, or reset your password."),
        "too_many_login_attempts": _("Too many wrong passwords or codes. Wait five minutes, or reset your password."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "rate_limited": _("That was too often. Wait a minute and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        address = client_address(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
        return address or "127.0.0.1"  # behind a socket there is none

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse more attempts than the limits allow; the owner of an account that reached its own is told."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            if self._is_locked(request, **credentials):
                tasks.tell(credentials.get("email", ""), self.get_client_ip(request))
            raise

    def _is_locked(self, request: HttpRequest, **credentials: Any) -> bool:
        key = self._get_login_attempts_cache_key(request, **credentials)
        common = {"app": "allauth.account", "action": "login_failed", "config": {"login_failed": PER_ACCOUNT}, "key": key}
        return ratelimit.consume(request, **common, dry_run=True) is None

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write it down; of an account that does not exist not what was typed, for it may be a password."""
        user = User.objects.filter(email__iexact=credentials.get("email", "")).first()
        audit.note("sign_in_failed", by=audit.STRANGER, about=user.email if user else "", address=self.get_client_ip(request))

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        """Not right after the sign-in: whoever is led from there to set up a second factor typed the password a moment ago."""
        request = self.request or allauth_context.request
        records = get_authentication_records(request, request.user)
        if records and time.time() - records[-1]["at"] < FRESH:
            return False
        return bool(super().is_reauthentication_required(app=app, **options))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of allauth's mails; when the mail server is down the page says so and the fault is logged."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            logger.exception("Candor's own mail could not be sent; check EMAIL_URL.")
            sentence = _("The mail could not be sent, because our mail server does not answer. Try again later, or ask your administrator.")
            messages.error(self.request, sentence)
