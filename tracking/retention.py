"""Hits that are kept no longer: their rows go, and numbers stay in their place, so that no counter of a sender changes."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet

from tracking import gathering
from tracking.models import Bygone, Event, TrackedMail
from tracking.verdicts import Verdict

MAILS_AT_ONCE = 100  # in one transaction
COUNTED = Q(counts=True)
UNDECIDED = Q(counts=False, is_settled=True, verdict=Verdict.UNKNOWN)
Key = tuple[int, int, int | None, str]


def purge(*, before: datetime) -> dict[str, int]:
    """Delete the hits that are older; answers how many of how many mails. May be interrupted and begun again."""
    hits = mails = last = 0
    older = TrackedMail.objects.filter(created_at__lt=before).order_by("pk")
    while batch := list(older.filter(pk__gt=last).values_list("pk", flat=True)[:MAILS_AT_ONCE]):
        deleted, of_mails = _step(batch, before)
        hits, mails, last = hits + deleted, mails + of_mails, batch[-1]
    return {"hits": hits, "mails": mails}


@transaction.atomic
def _step(batch: Sequence[int], before: datetime) -> tuple[int, int]:
    concerned = set(Event.objects.filter(mail__in=batch, at__lt=before).order_by().values_list("mail", flat=True).distinct())
    if not concerned:
        return 0, 0
    gathering.lock(concerned)
    old = Event.objects.filter(mail__in=concerned, at__lt=before)
    for is_undecided, which in ((False, COUNTED), (True, UNDECIDED)):
        _keep_numbers(old.filter(which), is_undecided=is_undecided)
    return old.delete()[0], len(concerned)


def _keep_numbers(hits: QuerySet[Event], *, is_undecided: bool) -> None:
    """Add up what is about to go, copy by copy and link by link."""
    keys = ("mail", "copy", "link", "kind")
    sums = hits.order_by().values_list(*keys).annotate(count=Count("pk"), first=Min("at"), last=Max("at"))
    mails = hits.order_by().values("mail")
    known = {_key(one): one for one in Bygone.objects.filter(mail__in=mails, is_undecided=is_undecided)}
    rows = []
    for mail, copy, link, kind, count, first, last in sums:
        fresh = Bygone(
            mail_id=mail, copy_id=copy, link_id=link, kind=kind, count=0, first_at=first, last_at=last, is_undecided=is_undecided
        )
        row = known.get((mail, copy, link, kind), fresh)
        row.count, row.first_at, row.last_at = row.count + count, min(row.first_at, first), max(row.last_at, last)
        rows.append(row)
    Bygone.objects.bulk_create([row for row in rows if row.pk is None])
    Bygone.objects.bulk_update([row for row in rows if row.pk], ["count", "first_at", "last_at"], batch_size=200)


def _key(one: Bygone) -> Key:
    return one.mail_id, one.copy_id, one.link_id, one.kind
