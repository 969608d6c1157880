"""Coarse copies: of what they are asked for, the day of the last opening is kept, and the one before is overwritten. Nothing else."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime

from django.db.models import Max, OuterRef, Q, Subquery

from tracking import telling
from tracking.gathering import KnownCopy, Sources
from tracking.hits import OPEN, Hit
from tracking.models import Copy, TrackedMail
from tracking.ourselves import OurSide
from tracking.verdicts import COUNTING, judge


def note(groups: Iterable[tuple[KnownCopy, list[Hit]]], ours: OurSide) -> None:
    """Take in hits of coarse copies; the caller holds their mails locked. A few statements, and none on a day that is known."""
    sources = Sources(ours, ())
    fresh: dict[date, list[KnownCopy]] = defaultdict(list)
    for copy, hits in groups:
        days = [_day(hit) for hit in hits if _is_by_a_person(hit, copy, sources)]
        if days and (copy.last_open_on is None or max(days) > copy.last_open_on):
            fresh[max(days)].append(copy)
    for day, copies in fresh.items():
        older = Q(last_open_on=None) | Q(last_open_on__lt=day)
        Copy.objects.filter(pk__in=[copy.pk for copy in copies]).update(last_open_on=day)
        TrackedMail.objects.filter(older, pk__in={copy.mail_id for copy in copies}).update(last_open_on=day)
    telling.refresh({copy.mail_id for copies in fresh.values() for copy in copies})


def recount(mail_ids: Iterable[int]) -> None:
    """Set the day of these mails to the last of their copies'."""
    days = Copy.objects.filter(mail=OuterRef("pk")).order_by().values("mail").annotate(last=Max("last_open_on")).values("last")
    TrackedMail.objects.filter(pk__in=list(mail_ids)).update(last_open_on=Subquery(days))


def _is_by_a_person(hit: Hit, copy: KnownCopy, sources: Sources) -> bool:
    return hit.kind == OPEN and judge(sources.arriving(hit, copy, None), copy.facts).verdict in COUNTING


def _day(hit: Hit) -> date:
    return datetime.fromtimestamp(hit.at, UTC).date()
