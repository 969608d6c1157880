"""Looks again at hits that are due: a click is settled after some seconds, and looked at a last time after five minutes."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Min

from tracking import counting, gathering, rejudging, telling
from tracking.models import Event
from tracking.ourselves import OurSide

MAILS_AT_ONCE = 100  # in one transaction


def settle(*, now: datetime) -> None:
    """Look again at every hit whose time has come. Two processes may do so at once."""
    while mails := _due_mails(now):
        _settle(mails, now)


def _due_mails(now: datetime) -> list[int]:
    due = Event.objects.filter(look_again_at__lte=now).order_by("look_again_at")
    return list(dict.fromkeys(due.values_list("mail", flat=True)[: 10 * MAILS_AT_ONCE]))[:MAILS_AT_ONCE]


@transaction.atomic
def _settle(mails: Iterable[int], now: datetime) -> None:
    mails = gathering.lock(mails)
    due = Event.objects.filter(mail__in=mails, look_again_at__lte=now)  # read now: another process may have been first
    since = dict(due.values("copy").annotate(first=Min("at")).values_list("copy", "first"))
    copies = gathering.copies(pk__in=since)
    ours = OurSide.load({copy.owner_id for copy in copies.values()}, now=now)
    outcome = rejudging.Outcome()
    for pk, first in since.items():
        rejudging.rejudge(copies[pk], first, ours, now=now, outcome=outcome)
    counting.recount(outcome.mails)
    telling.tell(outcome.mails, counted=outcome.counted, undecided=outcome.undecided, now=now)
