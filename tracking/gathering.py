"""The facts that verdicts are made from: one place for hits that arrive and for hits that are stored, so that both are judged alike."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, QuerySet

from crm.lib.networks import is_in, read_address
from tracking.hits import CLICK, Hit
from tracking.models import Copy, Event, TrackedLink, TrackedMail
from tracking.ourselves import OurSide
from tracking.verdicts import CopyFacts, HitFacts
from tracking.verdicts.networks import UNSPECIFIC

REACH = timedelta(minutes=10)  # a hit says something about others this long before and after it, at most
MOST = 10_000  # hits that are looked at beside a batch: a flood upon one copy must not slow down the others
SPREAD = 60.0  # seconds within which one source came to several recipients
ENOUGH = 10  # other recipients: nobody counts further
COPY_COLUMNS = (
    *("pk", "mail_id", "mail__owner_id", "email", "dispatched_at", "returned_at", "mail__is_local"),
    *("is_coarse", "kept", "kept_days", "last_open_on"),
)


class KnownCopy(NamedTuple):
    """A copy, and what a verdict needs to know of it."""

    pk: int
    mail_id: int
    owner_id: int
    email: str  # empty when several recipients share it
    facts: CopyFacts
    is_coarse: bool
    kept: int  # of addresses, a `Rule.Kept`
    kept_days: int | None
    last_open_on: date | None  # of a coarse one


class Stored(NamedTuple):
    """A recorded hit: its facts as they are kept, and what has been made of it."""

    pk: int
    mail_id: int
    copy_id: int
    link_id: int | None
    kind: str
    at: datetime
    method: str
    user_agent: str
    address: str | None
    headers: dict[str, str]
    viewer_id: int | None
    is_own_network: bool
    verdict: str
    reasons: list[str]
    rules_version: int
    counts: bool
    is_settled: bool
    look_again_at: datetime | None
    correction: str

    @property
    def is_click(self) -> bool:
        return self.kind == CLICK


class Visit(NamedTuple):
    """A click as far as it tells where its source went."""

    address: str
    at: float
    recipient: str


def copies(**which: Any) -> dict[int, KnownCopy]:
    """Copies by their primary keys."""
    return {row[0]: known_copy(row) for row in Copy.objects.filter(**which).values_list(*COPY_COLUMNS)}


def watched_copies(public_ids: Iterable[int]) -> dict[int, KnownCopy]:
    """Copies by what their tokens carry, without those that are not tracked, or no longer: nothing of their hits is kept."""
    watched = Copy.objects.filter(public_id__in=public_ids, is_tracked=True, stopped_at=None)
    rows = watched.values_list("public_id", *COPY_COLUMNS)
    return {public_id: known_copy(rest) for public_id, *rest in rows}


def known_copy(row: Sequence[Any]) -> KnownCopy:
    """A copy from the values of COPY_COLUMNS."""
    pk, mail_id, owner_id, email, dispatched_at, returned_at, is_local, *promised = row
    facts = CopyFacts(
        dispatched_at=dispatched_at.timestamp() if dispatched_at else None, is_returned=returned_at is not None, is_local=is_local
    )
    return KnownCopy(pk, mail_id, owner_id, email, facts, *promised)


def lock(mail_ids: Iterable[int]) -> set[int]:
    """Keep other recorders from these mails until the transaction ends; returns those that are still there."""
    ids = set(mail_ids)
    if not connection.features.has_select_for_update:  # SQLite: the transaction holds the whole database
        return ids
    rows = TrackedMail.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")  # in one order: no deadlock
    return set(rows.values_list("pk", flat=True))


def lock_of(public_ids: Iterable[int]) -> None:
    """Likewise of the mails of these copies, which are to be read afterwards: whoever stops one meanwhile is waited for."""
    if connection.features.has_select_for_update:
        mails = Copy.objects.filter(public_id__in=public_ids).values("mail")
        locked = TrackedMail.objects.select_for_update(no_key=True).filter(pk__in=mails).order_by("pk")
        list(locked.values_list("pk"))


def link_ids(mail_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """Primary keys of links by their mail and number."""
    rows = TrackedLink.objects.filter(mail_id__in=mail_ids).values_list("mail_id", "number", "pk")
    return {(mail_id, number): pk for mail_id, number, pk in rows}


def stored(events: QuerySet[Event]) -> list[Stored]:
    """Recorded hits in the order of their times."""
    rows = map(Stored._make, events.values_list(*Stored._fields))
    return sorted(rows, key=lambda row: (row.at, row.pk))


def stored_around(mail_ids: Iterable[int], begin: float, end: float) -> dict[int, list[Stored]]:
    """By copy, what has been recorded of some mails around a stretch of time (seconds since 1970), oldest first."""
    since, until = datetime.fromtimestamp(begin, UTC) - REACH, datetime.fromtimestamp(end, UTC) + REACH
    newest = Event.objects.filter(mail_id__in=mail_ids, at__gte=since, at__lte=until).order_by("-at", "-pk")[:MOST]
    found: dict[int, list[Stored]] = defaultdict(list)
    for row in stored(newest):
        found[row.copy_id].append(row)
    return found


class Sources:
    """Whose the sources of some hits are: our own people's, and how many recipients each of them came to."""

    def __init__(self, ours: OurSide, visits: Sequence[Visit]) -> None:
        self._ours = ours
        self._visits = _times(visits)

    def arriving(self, hit: Hit, copy: KnownCopy, link_id: int | None) -> HitFacts:
        """The facts of a hit from the spool."""
        address = known_address(hit.address) or ""
        at = round(hit.at, 6)  # as the database keeps it
        _id, kind, _public_id, _number, _at, method, user_agent, _address, headers, viewer_id = hit
        viewer = self._ours.viewer(viewer_id, owner_id=copy.owner_id, recipient=copy.email)
        is_own = self._ours.is_own_network(address, owner_id=copy.owner_id, recipient=copy.email)
        others = self._others(address, at, copy.email) if kind == CLICK else 0
        return HitFacts(at, kind, method, user_agent, address, headers, link_id, viewer, is_own, None, others)

    def recorded(self, row: Stored, copy: KnownCopy) -> HitFacts:
        """The facts of a recorded hit."""
        at, address = row.at.timestamp(), row.address or ""
        viewer = self._ours.viewer(row.viewer_id, owner_id=copy.owner_id, recipient=copy.email)
        others = self._others(address, at, copy.email) if row.is_click else 0
        return HitFacts(
            at, row.kind, row.method, row.user_agent, address, row.headers, row.link_id, viewer, row.is_own_network, None, others
        )

    def _others(self, address: str, at: float, recipient: str) -> int:
        others = 0
        for other, times in self._visits.get(address, {}).items():
            place = bisect_left(times, at - SPREAD)
            others += other != recipient and place < len(times) and times[place] <= at + SPREAD
            if others == ENOUGH:
                break
        return others


def visits(arriving: Iterable[tuple[Hit, KnownCopy]], recorded: Iterable[Stored] = ()) -> list[Visit]:
    """Where the sources of these clicks went, by these clicks themselves and by what is recorded of all mails.

    Recipients that share a copy are one: nobody knows which of them it was.
    """
    found = [Visit(known_address(hit.address) or "", hit.at, copy.email) for hit, copy in arriving if hit.kind == CLICK]
    moments = [(visit.address, visit.at) for visit in found]
    moments += [(row.address or "", row.at.timestamp()) for row in recorded if row.is_click]
    moments = [(address, at) for address, at in moments if names_source(address)]
    if not moments:
        return []
    times = [at for _address, at in moments]
    since, until = (datetime.fromtimestamp(at, UTC) for at in (min(times) - SPREAD, max(times) + SPREAD))
    clicks = Event.objects.filter(kind=CLICK, address__in={address for address, _at in moments}, at__gte=since, at__lte=until)
    rows = clicks.order_by("-at").annotate(email=F("copy__email")).values_list("address", "at", "email")[:MOST]
    return [visit for visit in found if names_source(visit.address)] + [Visit(a or "", at.timestamp(), email) for a, at, email in rows]


def _times(visits: Iterable[Visit]) -> dict[str, dict[str, list[float]]]:
    """By address and recipient, when a source came, in order."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for visit in sorted(visits, key=lambda visit: visit.at):
        found[visit.address][visit.recipient].append(visit.at)
    return found


@lru_cache(maxsize=4096)
def known_address(value: str) -> str | None:
    """An address as the database keeps it, without its zone; None when it is none."""
    try:
        return str(ip_address(value.partition("%")[0]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def names_source(address: str) -> bool:
    """Whether hits from this address have one source."""
    return bool(address) and not is_in(read_address(address), UNSPECIFIC)
