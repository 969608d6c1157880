"""Hits become events and counters, and their owner is told; the caller's transaction holds all of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from tracking import bulk, telling
from tracking.arrivals import COUNTED, Arrival
from tracking.hits import CLICK, Hit
from tracking.models import Copy, Event, TrackedLink

REASONS = {
    COUNTED: _("A request as a reader's program makes it"),
    "method": _("Not the kind of request that shows an image or follows a link"),
    "prefetch": _("Loaded in advance; the program said so"),
    "self": _("Your own signed-in browser"),
}
PREFETCH = ("prefetch", "prerender", "preview")


class SomeAreKnown(Exception):
    """Not every hit was new (a spool file came back from a backup): roll back and record those `without_known`."""


class _Copy(NamedTuple):
    pk: int
    mail_id: int
    owner_id: int


def record(hits: list[Hit], *, now: datetime) -> int:
    """Store hits of known copies, raise the counters, tell the owners; returns how many were stored. Raises SomeAreKnown."""
    arrivals = _arrivals(hits)
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


def why(hit: Hit, owner_id: int) -> str:
    """The reason that a hit counts or not: a key of REASONS. Only "counted" counts."""
    if hit.method != "GET":
        return "method"
    if hit.headers and any(word in value.lower() for value in hit.headers.values() for word in PREFETCH):
        return "prefetch"
    return "self" if hit.viewer_id == owner_id else COUNTED


def _arrivals(hits: Iterable[Hit]) -> list[Arrival]:
    hits = list(hits)
    copies = _copies({hit.public_id for hit in hits})
    links = _links({copies[hit.public_id].mail_id for hit in hits if hit.kind == CLICK and hit.public_id in copies})
    arrivals = []
    for hit in hits:
        copy = copies.get(hit.public_id)
        if copy:  # else its mail was deleted: nothing is kept
            link_id = links.get((copy.mail_id, hit.number)) if hit.kind == CLICK else None
            arrivals.append(Arrival(hit, copy.pk, copy.mail_id, link_id, why(hit, copy.owner_id)))
    return arrivals


def _copies(public_ids: set[int]) -> dict[int, _Copy]:
    rows = Copy.objects.filter(public_id__in=public_ids).values_list("public_id", "pk", "mail_id", "mail__owner_id")
    return {public_id: _Copy(*rest) for public_id, *rest in rows}


def _links(mail_ids: set[int]) -> dict[tuple[int, int], int]:
    if not mail_ids:
        return {}
    rows = TrackedLink.objects.filter(mail_id__in=mail_ids).values_list("mail_id", "number", "pk")
    return {(mail_id, number): pk for mail_id, number, pk in rows}
