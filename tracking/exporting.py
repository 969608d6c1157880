"""What tracking knows about one address, for the person whose address it is."""

from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch
from django.db.models.functions import Lower

from tracking import describing, wording
from tracking.models import Answer, Bygone, Copy, Event


def of(email: str) -> list[dict[str, Any]]:
    """Each copy of a mail that went to the address, oldest first, with all that is kept of it; JSON can hold it."""
    events = Event.objects.select_related("link").order_by("at", "pk")
    copies = Copy.objects.annotate(low=Lower("email")).filter(low=email.strip().casefold()).exclude(email="")
    found = copies.select_related("mail__owner").prefetch_related(
        Prefetch("events", events),
        Prefetch("bygones", Bygone.objects.select_related("link").order_by("pk")),
        Prefetch("answers", Answer.objects.order_by("at", "pk")),
    )
    return [_copy(copy) for copy in found.order_by("mail__created_at", "pk")]


def _copy(copy: Copy) -> dict[str, Any]:
    mail = copy.mail
    return {
        "subject": mail.subject,
        "email": copy.email,
        "sent_at": _written(copy.dispatched_at),
        "returned_at": _written(copy.returned_at),
        "sender": {"name": mail.owner.name, "email": mail.owner.email},
        "decision": _decision(copy),
        "last_open_on": _written(copy.last_open_on),
        "hits": [_hit(event) for event in copy.events.all()],
        "no_longer_kept": [_bygone(one) for one in copy.bygones.all()],
        "answered_at": [_written(answer.at) for answer in copy.answers.all()],
    }


def _decision(copy: Copy) -> dict[str, Any]:
    return {
        "is_tracked": copy.is_tracked,
        "reason": copy.reason,
        "words": wording.decided(copy),
        "only_day_of_last_opening": copy.is_coarse,
        "address_kept": wording.kept(copy),
        "address_kept_days": copy.kept_days,
        "stopped_at": _written(copy.stopped_at),
    }


def _hit(event: Event) -> dict[str, Any]:
    return {
        "what": event.kind,
        "at": _written(event.at),
        "link": event.link.target if event.link else "",
        "by": str(describing.verdict(event)) if event.is_settled else wording.being_looked_at(),
        "client": describing.client(event),
        "program": event.user_agent,
        "address": event.address or "",
    }


def _bygone(one: Bygone) -> dict[str, Any]:
    return {
        "what": one.kind,
        "link": one.link.target if one.link else "",
        "times": one.count,
        "by_a_person": not one.is_undecided,
        "first_at": _written(one.first_at),
        "last_at": _written(one.last_at),
    }


def _written(moment: datetime | date | None) -> str | None:
    return moment.isoformat() if moment else None
