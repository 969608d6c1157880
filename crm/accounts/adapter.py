"""How allauth behaves here: accounts are made by administrators, nobody signs up, and every refusal is a plain sentence."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.lib.proxies import client_address

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Closes the sign-up page, words the errors, and survives a mail server that is down."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is switched off. Ask your administrator."),
        "email_password_mismatch": _("This email and password do not belong together. Check both, or reset your password."),
        "too_many_login_attempts": _("Too many wrong passwords. Wait five minutes, or reset your password."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "rate_limited": _("That was too often. Wait a minute and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of allauth's mails; when the mail server is down the page says so and the fault is logged."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            logger.exception("Candor's own mail could not be sent; check EMAIL_URL.")
            sentence = _("The mail could not be sent, because our mail server does not answer. Try again later, or ask your administrator.")
            messages.error(self.request, sentence)
