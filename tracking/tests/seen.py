"""Writes hits as if they had been recorded, for tests of what the sender is shown."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from crm.accounts.models import User
from crm.records.models import Person
from tracking.models import Copy, Event, TrackedLink, TrackedMail

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
COUNTS = {"human", "proxy_with_human"}


def hit(copy: Copy, at: datetime = NOON, *, link: TrackedLink | None = None, verdict: str = "human", **facts: Any) -> Event:
    """A hit on the copy, and the mail's counters as recording leaves them."""
    event = Event.objects.create(
        hit_id=uuid4(),
        mail=copy.mail,
        copy=copy,
        link=link,
        kind=Event.Kind.CLICK if link else Event.Kind.OPEN,
        at=at,
        **{"method": "GET", "verdict": verdict, "counts": verdict in COUNTS, "reasons": ["browser"], **facts},
    )
    if event.is_settled and (event.counts or verdict == "unknown"):
        _count(event, ("click" if link else "open") if event.counts else ("requested" if link else "loaded"))
    return event


def _count(event: Event, kind: str) -> None:
    past = {"open": "opened", "click": "clicked"}.get(kind, kind)
    for row in (TrackedMail.objects.get(pk=event.mail_id), *([event.link] if event.link and kind == "click" else [])):
        setattr(row, f"{kind}_count", getattr(row, f"{kind}_count") + 1)
        setattr(row, f"first_{past}_at", min(filter(None, (getattr(row, f"first_{past}_at"), event.at))))
        setattr(row, f"last_{past}_at", max(filter(None, (getattr(row, f"last_{past}_at"), event.at))))
        row.save()


def copy_of(mail: TrackedMail, name: str, owner: User | None = None) -> Copy:
    """The copy of one person."""
    email = f"{name.split()[0].lower()}@client.test"
    person = Person.objects.create(owner=owner or mail.owner, name=name, email=email)
    return Copy.objects.create(mail=mail, person=person, email=email)


def link_of(mail: TrackedMail, text: str = "Prices", number: int = 0) -> TrackedLink:
    return TrackedLink.objects.create(mail=mail, number=number, target=f"https://x.test/{text.lower()}", text=text)
