"""What administrators do for a person: erase their tracking or all of them, restrict the use of their data. Each leaves a receipt.

Erasing cannot read: words that people wrote into other records (a note on a deal, its title) stay, and the receipt says how many name
the person, so that somebody looks.
"""

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from crm.accounts import audit
from crm.accounts.models import AuditEntry, User
from crm.consent import ledger
from crm.privacy import whom
from crm.privacy.models import Request
from crm.records import disk
from crm.records.models import Activity, Deal, FieldChange, Lead, Note, Person, StoredFile, TimelineEntry
from mail import erasing as mail
from notifications import feed
from notifications.models import Card
from tracking import erasing as tracking

Kind = Request.Kind


@transaction.atomic
def erase_tracking(*, email: str, note: str, by: User, now: datetime) -> Request:
    """Forget when somebody opened and followed what, whoever sent it."""
    copies = sum(
        tracking.erase(email=one, now=now)["copies"] for one in whom.find(email).emails
    )  # how often they opened would itself be tracking
    audit.note("tracking_erased", actor=by, about=email)
    return _done(Kind.ERASE_TRACKING, email, note, by, now, {"copies": copies})


@transaction.atomic
def erase_person(*, email: str, note: str, by: User, now: datetime) -> Request:
    """Forget a person; what they refused goes on being respected."""
    email, found = email.strip().casefold(), whom.find(email)
    people, names = found.people, {*found.emails, *(person.name for person in found.people)} - {""}
    counts = _count_records(people)
    counts["copies"] = sum(tracking.erase(email=one, now=now)["copies"] for one in found.emails)
    for one in found.emails:
        for name, count in mail.erase(email=one, now=now).items():
            counts[name] = counts.get(name, 0) + count
    counts["cards"] = _erase_cards(people, names)
    counts["entries"] = sum(ledger.erase(email=one, now=now) for one in found.emails)
    counts["lines"] += _erase_lines(people, names)
    counts["changes"] += _erase_changes(people, names)
    counts["leads"] = _unname_leads(people, found.emails)
    disk.take_along(StoredFile.objects.filter(person__in=people))
    Person.objects.filter(pk__in=[person.pk for person in people]).delete()
    counts["mentions"] = _count_mentions(names)
    request = _done(Kind.ERASE_PERSON, email, note, by, now, counts)
    for one in found.emails:
        _forget_address(one)
    _forget_merging(names)
    audit.note("person_erased", actor=by, about=request.digest)
    request.refresh_from_db()
    return request


@transaction.atomic
def restrict(*, email: str, note: str, by: User, now: datetime) -> Request:
    """Let what is stored lie there, unused."""
    for one in whom.find(email).emails:
        ledger.restrict(email=one, note=note, now=now)
    audit.note("restricted", actor=by, about=email)
    return _done(Kind.RESTRICT, email, note, by, now, {})


@transaction.atomic
def lift(*, email: str, note: str, by: User, now: datetime) -> Request:
    """End a restriction."""
    for one in whom.find(email).emails:
        ledger.lift(email=one, now=now)
    audit.note("restriction_lifted", actor=by, about=email)
    return _done(Kind.LIFT, email, note, by, now, {})


def _done(kind: str, email: str, note: str, by: User, now: datetime, receipt: dict[str, int]) -> Request:
    return Request.objects.begin(kind=kind, email=email, asked_at=now, done_at=now, by=by, by_name=by.name, note=note, receipt=receipt)


def _count_records(people: list[Person]) -> dict[str, int]:
    of: dict[str, Any] = {
        "notes": Note,
        "activities": Activity,
        "files": StoredFile,
        "lines": TimelineEntry,
        "changes": FieldChange,
        "deals": Deal,
    }
    return {"contacts": len(people)} | {name: model.objects.filter(person__in=people).count() for name, model in of.items()}


def _erase_cards(people: list[Person], names: set[str]) -> int:
    """Cards that lead to the contact, or that name them by more than a word, which others may bear too."""
    urls, full = {person.get_absolute_url() for person in people}, {name for name in names if " " in name or "@" in name}
    cards = Card.objects.filter(_named(full, "title", "detail") | Q(url__in=urls)).select_related("user")
    gone = [card for card in cards if card.url in urls or _is_named(full, card.title, card.detail)]
    feed.withdraw_all([(card.user, card.group_key) for card in gone])
    return len(gone)


def _erase_lines(people: list[Person], names: set[str]) -> int:
    """Lines that name them and stand with their deals and organisations alone."""
    beside = Q(deal__person__in=people) | Q(organisation__people__in=people)
    lines = TimelineEntry.objects.filter(_named(names, "text") & beside).exclude(person__in=people).distinct()
    gone = [line.pk for line in lines if _is_named(names, line.text)]
    TimelineEntry.objects.filter(pk__in=gone).delete()
    return len(gone)


def _erase_changes(people: list[Person], names: set[str]) -> int:
    """What was noted of fields elsewhere and names them, such as the contact of a deal."""
    full = {name for name in names if " " in name or "@" in name}
    beside = FieldChange.objects.filter(_named(full, "before", "after")).exclude(person__in=people)
    gone = [row.pk for row in beside if _is_named(full, row.before, row.after)]
    FieldChange.objects.filter(pk__in=gone).delete()
    return len(gone)


def _unname_leads(people: list[Person], emails: list[str]) -> int:
    """Leads stay, without the person."""
    leads = Lead.objects.annotate(low=Lower("email")).filter(Q(person__in=people) | Q(low__in=emails))
    pks = list(leads.values_list("pk", flat=True))
    return Lead.objects.filter(pk__in=pks).update(person=None, person_name="", email="", phone="", job_title="")


def _count_mentions(names: set[str]) -> int:
    places: tuple[tuple[Any, tuple[str, ...]], ...] = ((Note, ("text",)), (Activity, ("subject", "note")), (Deal, ("title",)))
    return sum(
        _is_named(names, *(getattr(row, field) for field in fields))
        for model, fields in places
        for row in model.objects.filter(_named(names, *fields))
    )


def _named(names: set[str], *fields: str) -> Q:
    found = Q(pk__in=[])
    for name in names:
        for field in fields:
            found |= Q(**{f"{field}__icontains": name})
    return found


def _is_named(names: set[str], *texts: str) -> bool:
    """As a word of its own: Al is not in “All”."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for name in names for text in texts)


def _forget_merging(names: set[str]) -> None:
    """Names in the audit log's lines on merging."""
    for entry in AuditEntry.objects.filter(action="merged"):
        if entry.about in names or entry.details.get("former") in names:
            AuditEntry.objects.filter(pk=entry.pk).update(about="", details={})


def _forget_address(email: str) -> None:
    """The address in receipts and in the audit log becomes its hash; links of exports and mails that wait end."""
    digest = ledger.digest(email)
    Request.objects.about(email).update(email="", link_digest="", due_at=None)
    AuditEntry.objects.filter(about__iexact=email).update(about=digest)
