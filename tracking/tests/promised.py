"""Copies as they are decided about, and requests for them through the edge, as recipients' programs make them."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from crm.consent.decisions import Decision, Reason
from crm.consent.models import Rule
from crm.records.models import Person
from tracking import draining, edge, tokens
from tracking.instrument import add_copy, mark_dispatched
from tracking.models import Copy, TrackedMail

THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0"
HOME = "203.0.113.9"
TARGET = "https://x.test/prices"


def decision(**changes: Any) -> Decision:
    """What is decided about Boris as shipped, unless said otherwise."""
    values: dict[str, Any] = {"email": "boris@client.test", "may_track": True, "reason": Reason.NOT_ASKED}
    values |= {"is_coarse": False, "kept": Rule.Kept.FULL, "kept_days": 90}
    return Decision(**values | changes)


def sent(mail: TrackedMail, at: datetime, *, name: str = "Boris Petrov", **changes: Any) -> Copy:
    """The copy of one person, decided and sent."""
    email = f"{name.split()[0].lower()}@client.test"
    person = Person.objects.get_or_create(email=email, defaults={"owner": mail.owner, "name": name})[0]
    copy = add_copy(mail=mail, person=person, email=email, decision=decision(email=email, **changes))
    mark_dispatched(copy=copy, at=at)
    copy.refresh_from_db()
    return copy


def asks(path: str, *, program: str = THUNDERBIRD, address: str = HOME, method: str = "GET") -> edge.Answer:
    """A program somewhere asks for a pixel or a link."""
    path, _, query = path.partition("?")
    return edge.answer(edge.Request(method, path, query, {"HTTP_USER_AGENT": program}, address))


def opens(copy: Copy, **request: str) -> edge.Answer:
    return asks(tokens.pixel_path(copy.public_id), **request)


def follows(copy: Copy, number: int = 0, **request: str) -> edge.Answer:
    return asks(tokens.link_path(copy.public_id, number, TARGET), **request)


def drain() -> int:
    return draining.drain(now=timezone.now())
