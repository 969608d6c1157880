"""The sender's own word on a hit: it overrules the rules' verdict until it is taken back."""

from datetime import datetime, timedelta

from django.db import transaction

from tracking import counting, gathering, rejudging, telling
from tracking.models import Event
from tracking.ourselves import OurSide
from tracking.verdicts import Verdict
from tracking.verdicts.windows import REPEAT_WITHIN

BY_HAND = (Verdict.SELF, Verdict.MACHINE)  # "this was me", "not a person"
NO_LONGER = timedelta(seconds=REPEAT_WITHIN)
NEARBY = 300  # repeats before and after the hit that are taken along, at most


class CannotCorrect(ValueError):
    """Nobody can say that of a hit by hand."""


@transaction.atomic
def correct(event: Event, *, verdict: str, now: datetime) -> None:
    """Say who made a hit: `self`, `machine`, or "" to leave it to the rules again. Raises CannotCorrect.

    One reading loads the pixel again and again: what is said of a hit holds for its repeats as well. Counters, icons, card
    and timeline follow; the bell does not ring for what one did oneself.
    """
    if verdict and verdict not in BY_HAND:
        raise CannotCorrect(verdict)
    gathering.lock([event.mail_id])
    reading = _reading_of(event)
    Event.objects.filter(pk__in=[one.pk for one in reading]).update(correction=verdict)
    copy = gathering.copies(pk=event.copy_id)[event.copy_id]
    outcome = rejudging.Outcome()
    ours, freed = OurSide.load({copy.owner_id}, now=now), {one.pk for one in reading if one.correction and not verdict}
    rejudging.rejudge(copy, reading[0].at, ours, now=now, outcome=outcome, freed=freed)
    counting.recount([event.mail_id])
    telling.tell([event.mail_id], now=now)


def _reading_of(event: Event) -> list[Event]:
    """The hit and its repeats: the same program asking for the same, never longer apart than a reading pauses."""
    alike = Event.objects.filter(copy=event.copy_id, kind=event.kind, link=event.link_id, user_agent=event.user_agent)
    near = alike.order_by("at", "pk")
    before = _unbroken(event, list(near.filter(at__lte=event.at).exclude(pk=event.pk).reverse()[:NEARBY]))
    after = _unbroken(event, list(near.filter(at__gt=event.at)[:NEARBY]))
    return [*reversed(before), event, *after]


def _unbroken(event: Event, others: list[Event]) -> list[Event]:
    """Those of the others, nearest first, that no pause parts from the event."""
    found, previous = [], event
    for other in others:
        if abs(other.at - previous.at) > NO_LONGER:
            break
        found.append(other)
        previous = other
    return found
