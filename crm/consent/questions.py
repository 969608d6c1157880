"""Asking somebody for their consent: by a link in a fresh mail to that very address, which works once.

A link that stands in many mails proves nothing: it can be forwarded, and the sender has it too.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.consent import ledger
from crm.consent.models import Consent, Question
from crm.consent.models import Settings as Company

WORDING_VERSION = "2026-11"
LASTS = timedelta(days=30)
ASK_AGAIN = timedelta(days=183)  # CNIL, deliberation 2026-042: whoever did not answer is asked again after six months at the earliest
ASK_START = "/p/ask/"  # the page where it is answered


class AlreadyAnswered(Exception):
    """The link was used before, or its time is over."""


def wording(sender: str) -> str:
    """The question as recipients are shown it, in the language that is active."""
    return _(
        "May %(sender)s see when you open our mails and follow the links in them? "
        "You can say no, and take a yes back at any time; you get our mail either way."
    ) % {"sender": who(sender)}


def who(sender: str) -> str:
    """The sender, with the company where recipients know one."""
    company = Company.load().company
    return f"{sender} ({company})" if company else sender


@transaction.atomic
def ask(*, email: str, words: str, now: datetime, asked_by: User | None = None) -> str:
    """Remember a question; answers the token of its link, which nobody else may see."""
    token = secrets.token_urlsafe(24)
    Question.objects.create(
        digest=_digest(token),
        email=email.strip().casefold(),
        asked_by=asked_by,
        wording=words,
        wording_version=WORDING_VERSION,
        asked_at=now,
        expires_at=now + LASTS,
    )
    return token


def find(token: str, *, now: datetime) -> Question | None:
    """The question that the token belongs to, while it can be answered."""
    return Question.objects.filter(digest=_digest(token), answered_at=None, expires_at__gt=now).first()


@transaction.atomic
def answer(token: str, *, agrees: bool, now: datetime) -> Consent:
    """Put the answer into the ledger; the link is used up. Raises AlreadyAnswered."""
    question = find(token, now=now)
    if question is None or not Question.objects.filter(pk=question.pk, answered_at=None).update(answered_at=now):
        raise AlreadyAnswered
    return ledger.record(
        email=question.email,
        state=Consent.State.GRANTED if agrees else Consent.State.REFUSED,
        source=Consent.Source.MAIL,
        at=now,
        wording=question.wording,
        wording_version=question.wording_version,
    )


def take_back(*, email: str, asked_by: User, since: datetime) -> None:
    """Forget the open questions of mails that did not reach anybody after all."""
    Question.objects.filter(email=email.strip().casefold(), asked_by=asked_by, answered_at=None, asked_at__gte=since).delete()


def emails_of(tokens: Iterable[str]) -> set[str]:
    """Whom the questions of these links were put to, in lower case."""
    return set(Question.objects.filter(digest__in=map(_digest, tokens)).values_list("email", flat=True))


def waiting(emails: Iterable[str], *, since: datetime) -> dict[str, datetime]:
    """Who was asked since then and did not answer, and when last, by the address in lower case."""
    asked = Question.objects.filter(email__in={email.casefold() for email in emails}, answered_at=None, asked_at__gte=since)
    return dict(asked.order_by("asked_at").values_list("email", "asked_at"))


def forget(*, now: datetime) -> int:
    """Delete questions that have no bearing any more on whether somebody is asked again; answers how many."""
    return Question.objects.filter(expires_at__lt=now, asked_at__lt=now - ASK_AGAIN).delete()[0]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
