"""Recorded hits judged again: by today's rules, by what has come since, by what the sender says. The caller holds the mails locked."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from tracking import bulk, gathering, keeping
from tracking.gathering import REACH, KnownCopy, Sources, Stored
from tracking.models import Event
from tracking.ourselves import OurSide
from tracking.recording import CHECKING, DISMISSED
from tracking.verdicts import COUNTING, RULES_VERSION, Judgement, Verdict, judge_together
from tracking.verdicts.reasons import A_PERSON

SETTLED_AFTER = timedelta(seconds=CHECKING)
LAST_LOOK = timedelta(minutes=5)  # after a hit: by then a burst of its source has come as well
CONTEXT = 3 * REACH  # before the first hit that may change: what it is may depend on hits that depend on others
AT_ONCE = 1000  # hits of one copy that are looked at together, at most
AHEAD = 200  # of them are only looked at, where more follow


@dataclass
class Outcome:
    """What another look has changed."""

    mails: set[int] = field(default_factory=set)  # whose icons or words may be others now
    counted: set[int] = field(default_factory=set)  # mails with a hit that counts now and did not before
    undecided: set[int] = field(default_factory=set)  # mails with an opening that cannot be decided now and was something else before
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)  # from → to
    left: set[int] = field(default_factory=set)  # hits that keep their verdict, since too little is left of the addresses

    def note(self, row: Stored, thought: "Thought") -> None:
        """Take in one hit and what is thought of it now."""
        if (row.verdict, row.counts, row.is_settled) != (thought.verdict, thought.counts, thought.is_settled):
            self.mails.add(row.mail_id)
        if thought.counts and not row.counts:
            self.counted.add(row.mail_id)
        if row.verdict != thought.verdict:
            self.verdicts[row.verdict, thought.verdict] += 1
            if thought.verdict == Verdict.UNKNOWN and not row.is_click:
                self.undecided.add(row.mail_id)


class Thought(NamedTuple):
    """What is thought of a hit: the columns that another look may change."""

    verdict: str
    reasons: list[str]
    rules_version: int
    counts: bool
    is_settled: bool
    look_again_at: datetime | None


def rejudge(
    copy: KnownCopy, since: datetime, ours: OurSide, *, now: datetime, outcome: Outcome, freed: Collection[int] = ()
) -> datetime | None:
    """Judge again the hits of a copy around those from `since` on, and write down what has changed.

    Of very many the first are done; answers from when on the rest waits, None when nothing does. `freed` are hits of which
    the sender has just taken back what they said.
    """
    later = list(_stored(Q(copy=copy.pk, at__gte=since), AT_ONCE))
    earlier = list(_stored(Q(copy=copy.pk, at__lt=since, at__gte=since - CONTEXT), AT_ONCE, newest=True))
    firm = later if len(later) < AT_ONCE else later[:-AHEAD]
    changeable = [row.pk for row in earlier if row.at >= since - REACH] + [row.pk for row in firm]
    change(copy, [*earlier, *later], set(changeable), ours, now=now, outcome=outcome, freed=freed)
    return later[len(firm)].at if len(firm) < len(later) else None


def change(
    copy: KnownCopy,
    rows: list[Stored],
    changeable: set[int],
    ours: OurSide,
    *,
    now: datetime,
    outcome: Outcome,
    freed: Collection[int] = (),
) -> None:
    """Judge hits of one copy together and write down what is thought now of those that may change."""
    sources = Sources(ours, gathering.visits((), rows))
    judgements = judge_together([sources.recorded(row, copy) for row in rows], copy.facts)
    frozen = keeping.frozen(rows, copy, now)
    outcome.left |= frozen & changeable
    changes = []
    for row, judgement in zip(rows, judgements, strict=True):
        if row.pk not in changeable:
            continue
        thought = _think_frozen(row, judgement, now, is_freed=row.pk in freed) if row.pk in frozen else think(row, judgement, now)
        if thought != _before(row):
            outcome.note(row, thought)
            changes.append((row.pk, tuple(thought)))
    bulk.update_events(changes)


def think(row: Stored, judgement: Judgement, now: datetime) -> Thought:
    """What to think of a recorded hit; the sender's own word always wins."""
    again = _next_look(row, now)
    if row.correction:
        return Thought(row.correction, list(judgement.reasons), RULES_VERSION, False, True, again)
    is_settled = row.is_settled or not row.is_click or judgement.verdict in DISMISSED or now >= row.at + SETTLED_AFTER
    return Thought(judgement.verdict.value, list(judgement.reasons), RULES_VERSION, judgement.counts and is_settled, is_settled, again)


def _think_frozen(row: Stored, judgement: Judgement, now: datetime, *, is_freed: bool) -> Thought:
    """The same where too little is left to judge: it stays what it was. That it was ourselves is known without an address."""
    if row.correction:
        return think(row, judgement, now)._replace(reasons=row.reasons, rules_version=row.rules_version)
    if judgement.verdict == Verdict.SELF:
        return think(row, judgement, now)
    verdict = _beneath(row, judgement) if is_freed else Verdict(row.verdict)
    is_one = verdict in COUNTING and "repeat" not in row.reasons
    counts = row.counts if row.is_settled and not is_freed else is_one
    stands = Judgement(verdict, tuple(row.reasons), counts)
    return think(row, stands, now)._replace(rules_version=row.rules_version)


def _beneath(row: Stored, judgement: Judgement) -> Verdict:
    """What the rules had said before the sender did, by their reasons."""
    first = row.reasons[0] if row.reasons else ""
    if first in A_PERSON:
        return Verdict.PROXY if first == "proxy" else Verdict.HUMAN
    return Verdict.UNKNOWN if judgement.verdict in COUNTING else judgement.verdict


def _next_look(row: Stored, now: datetime) -> datetime | None:
    if row.look_again_at is None or row.look_again_at > now:
        return row.look_again_at
    return row.at + LAST_LOOK if now < row.at + LAST_LOOK else None


def _before(row: Stored) -> Thought:
    return Thought(row.verdict, row.reasons, row.rules_version, row.counts, row.is_settled, row.look_again_at)


def _stored(which: Q, limit: int, *, newest: bool = False) -> Iterable[Stored]:
    order = ("-at", "-pk") if newest else ("at", "pk")
    return gathering.stored(Event.objects.filter(which).order_by(*order)[:limit])
