"""How much is kept of the address that a hit came from, and for how long: as its copy promised at sending."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network

from crm.consent.models import Rule
from crm.lib.networks import is_in, read_address
from tracking.gathering import REACH, KnownCopy, Stored

JUDGED = timedelta(hours=1)  # after a hit: nothing that comes later changes its verdict, and its spool file is gone
SIX_TO_FOUR = ("2002::/16",)  # a whole IPv4 address stands in the first 48 bits (RFC 3056)


def due_at(copy: KnownCopy, at: float) -> float | None:
    """When the address of a hit at that time is cut or dropped, in seconds since 1970; None: it stays as long as the hit."""
    if copy.kept != Rule.Kept.FULL:
        return at + JUDGED.total_seconds()
    return None if copy.kept_days is None else at + timedelta(days=copy.kept_days).total_seconds()


def network(address: str) -> str:
    """The first address of the network that an address is in: a /24 of IPv4, a /48 of IPv6."""
    found = read_address(address)
    if found is None:
        return ""
    length = 24 if found.version == 4 else 40 if is_in(found, SIX_TO_FOUR) else 48
    return str(ip_network((found, length), strict=False).network_address)


def is_cut(row: Stored, copy: KnownCopy, now: datetime) -> bool:
    """Whether something of a recorded hit's address was taken away, as promised."""
    lasts = None if copy.kept == Rule.Kept.FULL else JUDGED
    lasts = timedelta(days=copy.kept_days) if lasts is None and copy.kept_days is not None else lasts
    return lasts is not None and now >= row.at + lasts and (row.address is None or row.address == network(row.address))


def frozen(rows: Sequence[Stored], copy: KnownCopy, now: datetime) -> set[int]:
    """Those hits of a copy (oldest first) that keep their verdict: of the addresses that it was made from, too little is left.

    Their own address, or one of a hit so near that it may have said something about them; and that of hits upon other copies,
    which promised for themselves.
    """
    cut = [row.at for row in rows if is_cut(row, copy, now)]
    return {row.pk for row in rows if _is_near(cut, row.at) or ("many_recipients" in row.reasons and now >= row.at + JUDGED)}


def _is_near(times: list[datetime], at: datetime) -> bool:
    place = bisect_left(times, at - REACH)
    return place < len(times) and times[place] <= at + REACH
