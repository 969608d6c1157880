"""When an account is synced, and by whom: claims that are renewed while a worker lives, pauses that grow with failures.

A row is due, or in the hands of the worker whose claim it bears; one that was not renewed in time is anybody's again, so
a killed worker delays an account by LEASE.
"""

import random
import uuid
from datetime import datetime, timedelta

from django.db.models import F, Q

from mail.faults import NOT_LET_IN, Kind, ServerFault
from mail.models import SyncState

LEASE = timedelta(minutes=2)  # no single question to a server takes longer
POLL = timedelta(minutes=2)  # beside IDLE, which misses flags on some servers
SOON = timedelta(seconds=2)  # between two slices of a first sync: others have their turn
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
THROTTLED = timedelta(minutes=15)  # for servers that ask for patience without saying how much
MOST = 200  # accounts that are woken at once


class ClaimLost(Exception):
    """Another worker has the account by now: this one changes nothing more."""


def due(now: datetime) -> list[int]:
    """Accounts that are to be synced now and are in nobody's hands."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE)
    rows = SyncState.objects.running().filter(free, due_at__lte=now)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:MOST])


def claim(account_pk: int, *, now: datetime) -> SyncState | None:
    """Take an account into this worker's hands; None when it is not due, or another one has it."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE)
    rows = SyncState.objects.running().filter(free, pk=account_pk, due_at__lte=now)
    mine = uuid.uuid4()
    if not rows.update(claim=mine, claimed_at=now):
        return None
    return SyncState.objects.select_related("account__owner").get(pk=account_pk)


def renew(state: SyncState, *, now: datetime) -> None:
    """Say that this worker is still at it. Raises ClaimLost."""
    _mine(state, claimed_at=now)


def went_well(state: SyncState, *, is_complete: bool, now: datetime) -> None:
    """Everything new has come in; `is_complete`: and all of before. Only this ends a back-off. Raises ClaimLost."""
    due_at = now + (POLL if is_complete else SOON)
    _mine(state, claim=None, claimed_at=None, synced_at=now, failures=0, failing_since=None, error="", **_next(state, due_at))


def failed(state: SyncState, error: ServerFault, *, now: datetime) -> None:
    """Try again later, the later the more often it failed; as late as the server asks for. Raises ClaimLost."""
    pause = _pause(state.failures, error)
    since = state.failing_since or now
    _mine(
        state,
        claim=None,
        claimed_at=None,
        failures=F("failures") + 1,
        failing_since=since,
        error=error.sentence[:500],
        **_next(state, now + pause),
    )


def _next(state: SyncState, due_at: datetime) -> dict[str, datetime]:
    """Unless somebody asked for it meanwhile: then it is due at once."""
    was_woken = SyncState.objects.filter(pk=state.pk).exclude(due_at=state.due_at).exists()
    return {} if was_woken else {"due_at": due_at}


def _pause(failures: int, error: ServerFault) -> timedelta:
    asked = error.reply.wait if error.reply else None
    if asked or error.kind == Kind.QUOTA:
        return max(asked or THROTTLED, FIRST_PAUSE)
    if error.kind in NOT_LET_IN:
        return LONGEST_PAUSE  # the same password again and again locks accounts
    pause = min(FIRST_PAUSE * 2 ** min(failures, 10), LONGEST_PAUSE)
    return timedelta(seconds=pause.total_seconds() * random.uniform(0.8, 1.2))  # noqa: S311 - so that accounts of one server do not return all at once


def _mine(state: SyncState, **changes: object) -> None:
    if not SyncState.objects.filter(pk=state.pk, claim=state.claim).update(**changes):
        raise ClaimLost
