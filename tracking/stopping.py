"""No more of a recipient who refused: what their copies are asked for from then on is answered and not recorded."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower

from tracking import gathering
from tracking.models import Copy


@transaction.atomic
def stop(*, emails: Iterable[str], at: datetime) -> int:
    """Stop all copies that went to these addresses; answers how many."""
    wanted = {email.casefold() for email in emails} - {""}
    return _stop(Copy.objects.annotate(low=Lower("email")).filter(low__in=wanted), at)


@transaction.atomic
def stop_copies(pks: Iterable[int], *, at: datetime) -> int:
    """Stop these: a copy that several share names none of them, and one who refuses speaks for all."""
    return _stop(Copy.objects.filter(pk__in=list(pks)), at)


def heed(sender: object, *, email: str, at: datetime, **_more: object) -> None:
    """Follow the ledger: see `crm.consent.signals.no_more`."""
    stop(emails=[email], at=at)


def _stop(copies: QuerySet[Copy], at: datetime) -> int:
    found = dict(copies.filter(stopped_at=None).values_list("pk", "mail_id"))
    gathering.lock(found.values())  # a recorder that has read a copy is waited for; the next one reads that it is stopped
    return Copy.objects.filter(pk__in=found, stopped_at=None).update(stopped_at=at)
