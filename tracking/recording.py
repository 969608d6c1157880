"""Hits become events and counters, and their owner is told; the caller's transaction holds all of it.

An opening counts at once. A click is being checked for some seconds (see `settling`). A hit that changes what is
thought of an earlier one is marked to be looked at again, at once.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from tracking import bulk, coarse, gathering, keeping, telling
from tracking.arrivals import Arrival
from tracking.gathering import KnownCopy, Sources, Stored
from tracking.hits import CLICK, Hit
from tracking.models import Event
from tracking.ourselves import OurSide
from tracking.verdicts import HitFacts, Judgement, Verdict, judge_together

CHECKING = 10.0  # seconds after which a click is settled: by then a scanner has asked for the other links as well
FOLDED = 360.0  # seconds before a hit in which it may change what others are
DISMISSED = frozenset({Verdict.MACHINE, Verdict.SELF, Verdict.NONE})


class SomeAreKnown(Exception):
    """Not every hit was new (a spool file came back from a backup): roll back and record those `without_known`."""


class _Fresh(NamedTuple):
    """A hit that arrives, among the recorded ones of its copy."""

    hit: Hit
    link_id: int | None
    facts: HitFacts


def record(hits: list[Hit], *, now: datetime) -> int:
    """Store hits of watched copies, raise the counters, tell the owners; returns how many were stored. Raises SomeAreKnown."""
    groups = _by_copy(hits)
    if not groups:
        return 0
    ours = OurSide.load({copy.owner_id for copy, _hits in groups}, now=now)
    arrivals = _judged([group for group in groups if not group[0].is_coarse], ours)
    if bulk.insert_events(arrivals) < len(arrivals):
        raise SomeAreKnown
    bulk.add_counts(arrivals)
    telling.tell_of(arrivals, now=now)
    coarse.note([group for group in groups if group[0].is_coarse], ours)
    return len(arrivals)


def without_known(hits: list[Hit]) -> list[Hit]:
    """Those that have not been recorded yet."""
    ids = Event.objects.filter(hit_id__in=[hit.hit_id for hit in hits]).values_list("hit_id", flat=True)
    known = {hit_id.hex for hit_id in ids}
    return [hit for hit in hits if hit.hit_id not in known]


def _by_copy(hits: Iterable[Hit]) -> list[tuple[KnownCopy, list[Hit]]]:
    """The hits of each copy in the order of their times. Of a copy that is not tracked, was stopped or is gone, nothing is kept."""
    by_copy: dict[int, list[Hit]] = defaultdict(list)
    for hit in sorted(hits, key=lambda hit: hit.at):
        by_copy[hit.public_id].append(hit)
    gathering.lock_of(by_copy)
    copies = gathering.watched_copies(by_copy)
    return [(copies[public_id], group) for public_id, group in by_copy.items() if public_id in copies]


def _judged(groups: list[tuple[KnownCopy, list[Hit]]], ours: OurSide) -> list[Arrival]:
    """The hits with their verdicts, a copy at a time."""
    if not groups:
        return []
    begin, end = min(hits[0].at for _copy, hits in groups), max(hits[-1].at for _copy, hits in groups)
    recorded = gathering.stored_around({copy.mail_id for copy, _hits in groups}, begin, end)
    clicks = [(hit, copy) for copy, hits in groups for hit in hits if hit.kind == CLICK]
    beside = [row for copy, _hits in groups for row in recorded.get(copy.pk, ())]
    sources = Sources(ours, gathering.visits(clicks, beside))
    links = gathering.link_ids({copy.mail_id for _hit, copy in clicks})
    arrivals: list[Arrival] = []
    for copy, hits in groups:
        fresh = []
        for hit in hits:
            link_id = links.get((copy.mail_id, hit.number)) if hit.kind == CLICK else None
            fresh.append(_Fresh(hit, link_id, sources.arriving(hit, copy, link_id)))
        arrivals += _beside(copy, fresh, [(row, sources.recorded(row, copy)) for row in recorded.get(copy.pk, ())])
    return arrivals


def _beside(copy: KnownCopy, fresh: list[_Fresh], recorded: list[tuple[Stored, HitFacts]]) -> list[Arrival]:
    """The fresh hits of one copy, judged together with those that are recorded."""
    facts = [*(facts for _row, facts in recorded), *(one.facts for one in fresh)]
    judgements = judge_together(facts, copy.facts)
    arrivals = [_arrival(one, copy, judgement) for one, judgement in zip(fresh, judgements[len(recorded) :], strict=True)]
    if _changes(recorded, judgements, fresh[0].hit.at):
        arrivals[0] = arrivals[0]._replace(look_again_at=arrivals[0].hit.at)
    return arrivals


def _changes(recorded: list[tuple[Stored, HitFacts]], judgements: list[Judgement], first: float) -> bool:
    """Whether recorded hits are something else now that others have come."""
    return any(
        facts.at >= first - FOLDED
        and not row.correction
        and (row.verdict != judgement.verdict or (row.is_settled and row.counts != judgement.counts))
        for (row, facts), judgement in zip(recorded, judgements, strict=False)
    )


def _arrival(fresh: _Fresh, copy: KnownCopy, judgement: Judgement) -> Arrival:
    hit, link_id, facts = fresh
    verdict, reasons, counts = judgement
    is_checked = hit.kind == CLICK and verdict not in DISMISSED
    # a hit may overtake the row that says when its copy was sent
    look_again_at = hit.at + CHECKING if is_checked or copy.facts.dispatched_at is None else None
    return Arrival(
        hit,
        copy.pk,
        copy.mail_id,
        link_id,
        facts.is_own_network,
        verdict,
        reasons,
        counts and not is_checked,
        not is_checked,
        look_again_at,
        keeping.due_at(copy, hit.at),
    )
