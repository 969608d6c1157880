"""Hits become events and counters, and their owner is told; the caller's transaction holds all of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from tracking import bulk, telling
from tracking.arrivals import Arrival
from tracking.hits import CLICK, Hit
from tracking.models import Copy, Event, TrackedLink
from tracking.ourselves import OurSide
from tracking.verdicts import CopyFacts, HitFacts, judge

COPY_COLUMNS = ("pk", "mail_id", "mail__owner_id", "email", "dispatched_at", "returned_at", "mail__is_local")


class SomeAreKnown(Exception):
    """Not every hit was new (a spool file came back from a backup): roll back and record those `without_known`."""


class _Copy(NamedTuple):
    pk: int
    mail_id: int
    owner_id: int
    email: str
    dispatched_at: datetime | None
    returned_at: datetime | None
    is_local: bool


def record(hits: list[Hit], *, now: datetime) -> int:
    """Store hits of known copies, raise the counters, tell the owners; returns how many were stored. Raises SomeAreKnown."""
    arrivals = _arrivals(hits, now)
    if bulk.insert_events(arrivals) < len(arrivals):
        raise SomeAreKnown
    counted = [arrival for arrival in arrivals if arrival.counts]
    bulk.add_counts(counted)
    telling.tell(counted, now=now)
    return len(arrivals)


def without_known(hits: list[Hit]) -> list[Hit]:
    """Those that have not been recorded yet."""
    ids = Event.objects.filter(hit_id__in=[hit.hit_id for hit in hits]).values_list("hit_id", flat=True)
    known = {hit_id.hex for hit_id in ids}
    return [hit for hit in hits if hit.hit_id not in known]


def _arrivals(hits: Iterable[Hit], now: datetime) -> list[Arrival]:
    hits = list(hits)
    copies = _copies({hit.public_id for hit in hits})
    links = _links({copies[hit.public_id].mail_id for hit in hits if hit.kind == CLICK and hit.public_id in copies})
    ours = OurSide.load({copy.owner_id for copy in copies.values()}, now=now)
    arrivals = []
    for hit in hits:
        copy = copies.get(hit.public_id)
        if copy:  # else its mail was deleted: nothing is kept
            link_id = links.get((copy.mail_id, hit.number)) if hit.kind == CLICK else None
            facts = _facts(hit, copy, ours)
            arrivals.append(Arrival(hit, copy.pk, copy.mail_id, link_id, *judge(facts, _copy_facts(copy)), facts.is_own_network))
    return arrivals


def _facts(hit: Hit, copy: _Copy, ours: OurSide) -> HitFacts:
    viewer = ours.viewer(hit.viewer_id, owner_id=copy.owner_id, recipient=copy.email)
    is_own_network = ours.is_own_network(hit.address, owner_id=copy.owner_id, recipient=copy.email)
    link = hit.number if hit.kind == CLICK else None
    return HitFacts(hit.at, hit.kind, hit.method, hit.user_agent, hit.address, hit.headers, link, viewer, is_own_network)


def _copy_facts(copy: _Copy) -> CopyFacts:
    dispatched_at = copy.dispatched_at.timestamp() if copy.dispatched_at else None
    return CopyFacts(dispatched_at, is_returned=copy.returned_at is not None, is_local=copy.is_local)


def _copies(public_ids: set[int]) -> dict[int, _Copy]:
    rows = Copy.objects.filter(public_id__in=public_ids).values_list("public_id", *COPY_COLUMNS)
    return {public_id: _Copy(*rest) for public_id, *rest in rows}


def _links(mail_ids: set[int]) -> dict[tuple[int, int], int]:
    if not mail_ids:
        return {}
    rows = TrackedLink.objects.filter(mail_id__in=mail_ids).values_list("mail_id", "number", "pk")
    return {(mail_id, number): pk for mail_id, number, pk in rows}
