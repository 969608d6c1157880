"""Cuts and drops the addresses that hits came from, when their copies promised it."""

from datetime import datetime, timedelta

from django.db import transaction

from crm.consent.models import Rule
from tracking import gathering, keeping
from tracking.models import Event

AT_ONCE = 1000  # in one transaction
STEPS = 100  # in one run: where very many are due, hits are recorded meanwhile


def minimise(*, now: datetime) -> int:
    """Cut or drop each address that is due; answers how many. Of very many the oldest, and the next run does the rest."""
    done = 0
    for _number in range(STEPS):
        found = _step(now)
        done += found
        if found < AT_ONCE:
            break
    return done


@transaction.atomic
def _step(now: datetime) -> int:
    due = Event.objects.filter(address_due_at__lte=now)
    gathering.lock(due.order_by("address_due_at").values_list("mail", flat=True)[:AT_ONCE])  # whoever judges them again writes to them too
    shown = ("address", "address_due_at", "at", "copy__kept", "copy__kept_days")
    events = list(due.select_related("copy").only(*shown).order_by("address_due_at")[:AT_ONCE])
    for event in events:
        event.address, event.address_due_at = _rest(event, now)
    Event.objects.bulk_update(events, ["address", "address_due_at"], batch_size=200)
    return len(events)


def _rest(event: Event, now: datetime) -> tuple[str | None, datetime | None]:
    """What is left of an address, and until when."""
    days = event.copy.kept_days
    until = None if days is None else event.at + timedelta(days=days)
    if event.copy.kept != Rule.Kept.NETWORK or (until and until <= now):
        return None, None
    rest = keeping.network(event.address or "") or None
    return rest, until if rest else None
