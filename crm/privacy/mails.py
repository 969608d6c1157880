"""Candor's own mails to recipients: plain text, untracked, by Django's mail settings as invitations are."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from crm.accounts.invitations import SILENT_BACKENDS
from crm.consent.models import Settings as Company
from crm.records.models import Person

SPOKEN_IN = {"RU": "ru", "BY": "ru"}  # countries whose people are written to in another language than the installation's
logger = logging.getLogger(__name__)


class CannotMail(Exception):
    """The mail did not leave the house."""


@contextmanager
def language(code: str) -> Iterator[None]:
    """Speak the recipient's language where it is one of ours."""
    with translation.override(code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        yield


def language_of(email: str) -> str:
    """What a contact probably reads, as far as is known."""
    people = Person.objects.with_address([email])
    countries = {own or firm for own, firm in people.values_list("country", "organisation__country")}
    return next((SPOKEN_IN[one] for one in countries if one in SPOKEN_IN), settings.LANGUAGE_CODE)


def ask(*, email: str, words: str, link: str, days: int) -> None:
    """Put the question of consent. Raises CannotMail."""
    _send(_("May we see when you open our mails?"), "ask", email, {"words": words, "link": link, "days": days})


def export(*, email: str, link: str, days: int) -> None:
    """Say where the person finds what is stored about them. Raises CannotMail."""
    _send(_("What is stored about you"), "export", email, {"link": link, "days": days})


def receipt(*, email: str, lines: list[tuple[str, int]], title: str, at: Any) -> None:
    """Tell a person what was done. Raises CannotMail."""
    _send(_("Your request has been carried out"), "receipt", email, {"lines": lines, "title": title, "at": at})


def _send(subject: str, template: str, email: str, values: dict[str, Any]) -> None:
    company = Company.load()
    body = render_to_string(f"privacy/{template}.txt", {**values, "company": company.company, "contact": company.contact})
    try:
        send_mail(subject, body, None, [email])
    except (OSError, SMTPException) as error:  # the error itself may name the address
        logger.error("A mail to a recipient could not be sent (%s); check EMAIL_URL.", type(error).__name__)
        raise CannotMail from None
    if settings.EMAIL_BACKEND in SILENT_BACKENDS:
        raise CannotMail
