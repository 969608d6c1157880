"""Places that users work from: the public addresses that their signed-in browsers came from on two days or more."""

import logging
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from ipaddress import ip_network

from django.db import DatabaseError, transaction
from django.db.models import F

from crm.accounts.models import User
from crm.lib.networks import is_public, read_address
from tracking.models import FORGOTTEN, KnownPlace

logger = logging.getLogger(__name__)
REMEMBERED = 10_000  # users and networks in the memory of one process


class _Process:
    """What this process noted today, so that a page costs no query."""

    seen: dict[tuple[int, str], date] = {}


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """What an address is remembered by: itself, or of IPv6 its /64, since devices change the rest daily (RFC 8981). "" unless public."""
    found = read_address(address)
    if found is None or not is_public(found):  # a proxy that nobody declared would otherwise hide everybody
        return ""
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))


def learn(*, user: User, address: str, now: datetime) -> None:
    """Note that a user's browser came from an address: at most one write a day for both; never raises for the database's sake."""
    network, today = network_of(address), now.astimezone(user.zone).date()
    if not network or _Process.seen.get((user.pk, network)) == today:
        return
    if len(_Process.seen) >= REMEMBERED:
        _Process.seen.clear()
    _Process.seen[user.pk, network] = today
    try:
        _note(user, network, today)
    except DatabaseError:  # the page was right without it; tomorrow is another day
        logger.warning("A place that somebody works from could not be noted.")


def of_owners(owner_ids: Iterable[int], *, now: datetime) -> dict[int, frozenset[str]]:
    """The networks that each of these users works from; one query."""
    rows = KnownPlace.objects.in_use(now).filter(user__in=owner_ids).values_list("user_id", "network")
    found: dict[int, set[str]] = {}
    for user_id, network in rows:
        found.setdefault(user_id, set()).add(network)
    return {user_id: frozenset(networks) for user_id, networks in found.items()}


def remove(*, place: KnownPlace) -> None:
    """Openings from there count again; the row stays while the user goes on working there, so that it is not learned anew."""
    KnownPlace.objects.filter(pk=place.pk).update(is_removed=True)


def forget(*, now: datetime) -> None:
    """Drop the places that nobody came from for two months."""
    KnownPlace.objects.filter(last_on__lt=(now - FORGOTTEN).date()).delete()


@transaction.atomic
def _note(user: User, network: str, today: date) -> None:
    rows = KnownPlace.objects.filter(user=user, network=network)
    if not rows.filter(last_on__lt=today).update(last_on=today, days=F("days") + 1):
        KnownPlace.objects.get_or_create(user=user, network=network, defaults={"first_on": today, "last_on": today})
