"""All recorded hits judged anew from their facts, after a change of the rules or their tables."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Min, QuerySet

from tracking import counting, gathering, rejudging, telling
from tracking.models import Event
from tracking.ourselves import OurSide
from tracking.rejudging import Outcome
from tracking.verdicts import RULES_VERSION

COPIES_AT_ONCE = 100  # in one transaction: the site goes on meanwhile


def outdated() -> QuerySet[Event]:
    """Hits that were judged by other rules than today's."""
    return Event.objects.exclude(rules_version=RULES_VERSION)


def reclassify(events: QuerySet[Event], *, now: datetime, is_trial: bool = False) -> Iterator[Outcome]:
    """Judge these hits anew, and those whose verdict may depend on them; yields what each step has changed.

    Counters, icons, cards and timelines follow in the same step; the bell does not ring for what is long past.
    A trial writes nothing. Running it twice, or beside the site, does no harm.
    """
    last = 0
    while copies := list(events.filter(copy__gt=last).order_by("copy").values_list("copy", flat=True).distinct()[:COPIES_AT_ONCE]):
        yield _step(events.filter(copy__in=copies), now=now, is_trial=is_trial)
        last = copies[-1]


@transaction.atomic
def _step(events: QuerySet[Event], *, now: datetime, is_trial: bool) -> Outcome:
    mails = gathering.lock(set(events.values_list("mail", flat=True)))
    since = dict(events.filter(mail__in=mails).order_by().values("copy").annotate(first=Min("at")).values_list("copy", "first"))
    copies = gathering.copies(pk__in=since)
    ours = OurSide.load({copy.owner_id for copy in copies.values()}, now=now)
    outcome = Outcome()
    for pk, first in since.items():
        _whole_copy(pk, first, copies, ours, now, outcome)
    counting.recount(outcome.mails)
    telling.tell(outcome.mails, now=now)
    transaction.set_rollback(is_trial)
    return outcome


def _whole_copy(pk: int, first: datetime, copies: dict[int, gathering.KnownCopy], ours: OurSide, now: datetime, outcome: Outcome) -> None:
    since: datetime | None = first
    while since:
        rest = rejudging.rejudge(copies[pk], since, ours, now=now, outcome=outcome)
        since = rest if rest and rest > since else None  # a thousand hits of one moment: they are judged, and leave nothing to move on to
