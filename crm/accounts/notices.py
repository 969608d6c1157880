"""Mails of Candor's own to a user about their account, in the user's language."""

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation

from crm.accounts.models import User

logger = logging.getLogger(__name__)


def send(*, user: User, name: str, context: dict[str, Any] | None = None) -> bool:
    """Mail `accounts/mails/<name>_subject.txt` and `…_message.txt`; False when it did not leave the house."""
    values = {"user": user, "site": settings.SITE_URL, **(context or {})}
    with translation.override(user.language), timezone.override(user.zone):
        subject = " ".join(render_to_string(f"accounts/mails/{name}_subject.txt", values).split())
        body = render_to_string(f"accounts/mails/{name}_message.txt", values).strip() + "\n"
    try:
        send_mail(subject, body, None, [user.email])
    except (OSError, SMTPException):
        logger.exception("Candor's own mail could not be sent; check EMAIL_URL.")
        return False
    return True
