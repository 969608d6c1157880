"""Requests that end in a mail to the person: kept as rows, sent by the worker, so that a page takes as long for every address."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from crm.accounts import audit
from crm.accounts.models import User
from crm.consent import questions
from crm.privacy import mails
from crm.privacy.models import Request

Kind = Request.Kind
LASTS = timedelta(days=7)  # the link of an export
SALT = "privacy.export"
A_DAY = timedelta(days=1)
MOST_A_DAY = 3  # mails of a kind that a link can make us send to its recipient
AGAIN = timedelta(minutes=10)  # after a mail that could not be sent
GIVE_UP = timedelta(days=2)


@transaction.atomic
def invite(*, email: str, sender: str, language: str, now: datetime) -> None:
    """Have the question of consent mailed to the address, unless that was done often enough today."""
    _by_recipient(Kind.ASK, email, language, now, receipt={"sender": sender})


@transaction.atomic
def request_own(*, email: str, language: str, now: datetime) -> None:
    """Have a link to what is stored mailed to the address, unless that was done often enough today."""
    if _by_recipient(Kind.EXPORT, email, language, now, receipt={}):
        audit.note("export_sent", by=audit.RECIPIENT, about=email)


@transaction.atomic
def send_export(*, email: str, note: str, by: User, now: datetime) -> Request:
    """The same, by an administrator, who never sees the link."""
    audit.note("export_sent", actor=by, about=email)
    return Request.objects.begin(
        kind=Kind.EXPORT, email=email, asked_at=now, due_at=now, by=by, by_name=by.name, note=note, language=mails.language_of(email)
    )


def _by_recipient(kind: str, email: str, language: str, now: datetime, receipt: dict[str, str]) -> bool:
    email = email.casefold()
    before = Request.objects.about(email).filter(kind=kind, by=None, by_name="", asked_at__gt=now - A_DAY)
    if before.filter(done_at=None).exists() or before.count() >= MOST_A_DAY:
        return False
    Request.objects.begin(kind=kind, email=email, asked_at=now, due_at=now, language=language, receipt=receipt)
    return True


def send_due(*, clock: Callable[[], datetime]) -> int:
    """Send what waits; answers how many mails left. Any number of workers may run it."""
    sent = 0
    for request in Request.objects.filter(due_at__lte=clock(), done_at=None):
        now = clock()
        later = now + AGAIN if now - request.asked_at < GIVE_UP else None
        if Request.objects.filter(pk=request.pk, due_at=request.due_at).update(due_at=later):
            sent += _try(request, now)
    return sent


def _try(request: Request, now: datetime) -> bool:
    try:
        with transaction.atomic(), mails.language(request.language):
            (_ask if request.kind == Kind.ASK else _export)(request, now)
            Request.objects.filter(pk=request.pk).update(done_at=now, due_at=None)
    except mails.CannotMail:
        return False
    return True


def _ask(request: Request, now: datetime) -> None:
    words = questions.wording(request.receipt.get("sender", ""))
    token = questions.ask(email=request.email, words=words, now=now)
    link = settings.SITE_URL + reverse("privacy:ask", args=[token])
    mails.ask(email=request.email, words=words, link=link, days=questions.LASTS.days)


def _export(request: Request, now: datetime) -> None:
    token = signing.Signer(salt=SALT).sign(secrets.token_urlsafe(24))
    Request.objects.filter(pk=request.pk).update(link_digest=_digest(token), expires_at=now + LASTS)
    mails.export(email=request.email, link=settings.SITE_URL + reverse("privacy:data", args=[token]), days=LASTS.days)


def find_export(token: str, *, now: datetime) -> Request | None:
    """The export that a link belongs to, while it works."""
    try:
        signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None
    return Request.objects.filter(kind=Kind.EXPORT, link_digest=_digest(token), expires_at__gt=now).exclude(email="").first()


@transaction.atomic
def note_fetched(request: Request, *, now: datetime) -> None:
    """Write down that the person fetched their data: each time in the audit log, the first time on the receipt."""
    Request.objects.filter(pk=request.pk, fetched_at=None).update(fetched_at=now)
    audit.note("export_fetched", by=audit.RECIPIENT, about=request.email)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
