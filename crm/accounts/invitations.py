"""The link by which an invited user sets the first password, and the mail that carries it."""

import logging
from smtplib import SMTPException

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from crm.accounts.models import User

SILENT_BACKENDS = {"django.core.mail.backends.console.EmailBackend", "django.core.mail.backends.dummy.EmailBackend"}
logger = logging.getLogger(__name__)


def link(user: User) -> str:
    """Where the user sets a password; works once, for PASSWORD_RESET_TIMEOUT seconds."""
    key = default_token_generator.make_token(user)
    return settings.SITE_URL + reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])


def send(*, user: User, invited_by: User) -> bool:
    """Mail the link, in the user's language; False when it did not leave the house."""
    with translation.override(user.language):
        subject = _("%(name)s invites you to Candor") % {"name": invited_by.name}
        days = settings.PASSWORD_RESET_TIMEOUT // 86400
        body = render_to_string("accounts/invitation.txt", {"user": user, "invited_by": invited_by, "link": link(user), "days": days})
    try:
        send_mail(subject, body, None, [user.email])
    except (OSError, SMTPException):
        logger.exception("An invitation could not be mailed; check EMAIL_URL.")
        return False
    return settings.EMAIL_BACKEND not in SILENT_BACKENDS
