"""The ledger of consent: what is in force for an address, and how an entry is added."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.consent.models import Consent, Question, Remembered, Restriction
from crm.consent.signals import no_more
from crm.records import contacts
from crm.records.models import Person

CLOCKS_DIFFER = timedelta(minutes=5)
State, Source = Consent.State, Consent.Source


class CannotRecord(Exception):
    """The entry would say what cannot be; `sentence` tells the person why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def in_force(emails: Iterable[str]) -> dict[str, Consent]:
    """The entry that holds for each address that has one, by the address in lower case.

    The latest said holds. What recipients refused or withdrew themselves, only they can grant again.
    """
    wanted = {email.casefold() for email in emails}
    holds = _remembered(wanted)
    for entry in Consent.objects.about(wanted):
        if not _is_overruled(entry, holds.get(entry.email)):
            holds[entry.email] = entry
    return {email: entry for email, entry in holds.items() if entry.state != State.UNKNOWN}


def _remembered(emails: set[str]) -> dict[str, Consent]:
    """What those among them said who were erased since, as entries that are in no ledger."""
    digests = {digest(email): email for email in emails}
    kept = Remembered.objects.filter(digest__in=digests)
    own = Source.PAGE  # whoever is erased has said it themselves, or nobody knows any more who did: only they can grant again
    return {digests[one.digest]: Consent(email=digests[one.digest], state=one.state, source=own, at=one.at) for one in kept}


def digest(email: str) -> str:
    """What is kept of an address that was erased."""
    return hashlib.sha256(email.strip().casefold().encode()).hexdigest()


def _is_overruled(entry: Consent, before: Consent | None) -> bool:
    return before is not None and before.is_own and before.is_no and not entry.is_own and not entry.is_no


@transaction.atomic
def record(
    *,
    email: str,
    state: str,
    source: str,
    at: datetime,
    actor: User | None = None,
    note: str = "",
    wording: str = "",
    wording_version: str = "",
    evidence: File | None = None,  # type: ignore[type-arg]
) -> Consent:
    """Add an entry. Raises CannotRecord."""
    email = email.strip().casefold()
    _check(email, state, source, at)
    entry = Consent(
        email=email,
        person=Person.objects.with_address([email]).order_by("pk").first(),
        state=state,
        source=source,
        at=at,
        actor=actor,
        actor_name=actor.name if actor else "",
        note=note[:1000],
        wording=wording,
        wording_version=wording_version,
    )
    if evidence:
        entry.evidence.save(evidence.name or "evidence", evidence, save=False)
    entry.save()
    if entry.is_no:
        no_more.send(Consent, email=email, at=at)
    return entry


def _check(email: str, state: str, source: str, at: datetime) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise CannotRecord(_("“%(email)s” is no email address.") % {"email": email}) from None
    if at > timezone.now() + CLOCKS_DIFFER:
        raise CannotRecord(_("Consent cannot be given in the future."))
    before = in_force([email]).get(email)
    if before and before.is_own and before.is_no and state in (State.GRANTED, State.UNKNOWN) and source not in Consent.OWN:
        raise CannotRecord(only_they(email))


def only_they(email: str) -> str:
    """Why nobody else can enter that they agreed."""
    return _("%(email)s refused by themselves, and only they can allow it again.") % {"email": email}


@dataclass(frozen=True)
class Saying:
    """One of many entries; the address is one, in lower case."""

    email: str
    state: str
    at: datetime
    note: str = ""
    wording: str = ""
    wording_version: str = ""


@transaction.atomic
def record_all(sayings: Sequence[Saying], *, source: str, actor: User) -> int:
    """Add many entries that others than the recipients know of; what recipients refused themselves is left out. Answers how many."""
    final = refused_themselves(saying.email for saying in sayings)
    people = _many(_people, [saying.email for saying in sayings])
    entries = [
        Consent(
            **{**asdict(saying), "note": saying.note[:1000]},
            person=people.get(saying.email),
            source=source,
            actor=actor,
            actor_name=actor.name,
        )
        for saying in sayings
        if saying.email not in final or saying.state in (State.REFUSED, State.WITHDRAWN)
    ]
    Consent.objects.bulk_create(entries, batch_size=200)
    for entry in entries:
        if entry.is_no:
            no_more.send(Consent, email=entry.email, at=entry.at)
    return len(entries)


def refused_themselves(emails: Iterable[str]) -> set[str]:
    """Those for whom nobody else can enter that they agreed."""
    return {email for email, entry in _many(in_force, emails).items() if entry.is_own and entry.is_no}


def _many(find: Callable[[Iterable[str]], dict[str, Any]], emails: Iterable[str]) -> dict[str, Any]:
    """What `find` knows of all of them, asked for so many at once that each database answers."""
    wanted, found = sorted(set(emails)), {}
    for start in range(0, len(wanted), 500):
        found.update(find(wanted[start : start + 500]))
    return found


def _people(emails: Iterable[str]) -> dict[str, Person]:
    return {email: found[0] for email, found in contacts.by_address(Person.objects.order_by("pk"), emails).items()}


@transaction.atomic
def restrict(*, email: str, note: str = "", now: datetime) -> Restriction:
    """From now on the address's data lies there and is not used; its mails record nothing any more."""
    email = email.strip().casefold()
    standing = Restriction.objects.standing().filter(email=email).first()
    no_more.send(Restriction, email=email, at=now)
    return standing or Restriction.objects.create(email=email, note=note[:1000], began_at=now)


def lift(*, email: str, now: datetime) -> bool:
    """End an address's restriction; answers whether there was one."""
    return bool(Restriction.objects.standing().filter(email=email.strip().casefold()).update(ended_at=now))


def restricted(emails: Iterable[str]) -> set[str]:
    """Those whose data is restricted, in lower case."""
    wanted = {email.casefold() for email in emails}
    return set(Restriction.objects.standing().filter(email__in=wanted).values_list("email", flat=True))


@transaction.atomic
def erase(*, email: str, now: datetime) -> int:
    """Forget an address's entries with their evidence, its questions and restrictions; answers how many entries went.

    A no, and that the data was restricted, is remembered by the hash of the address: else the next mail would be tracked again.
    """
    email = email.strip().casefold()
    entry, is_restricted = in_force([email]).get(email), email in restricted([email])
    if is_restricted or (entry and entry.is_no):
        kept = {"state": entry.state if entry and entry.is_no else State.REFUSED, "at": entry.at if entry and entry.is_no else now}
        Remembered.objects.update_or_create(digest=digest(email), defaults=kept)
    else:
        Remembered.objects.filter(digest=digest(email)).delete()  # they have agreed since
    entries = Consent.objects.about([email])
    for name in entries.exclude(evidence="").values_list("evidence", flat=True):
        transaction.on_commit(partial(default_storage.delete, name))
    Restriction.objects.filter(email=email).delete()
    Question.objects.filter(email=email).delete()
    return entries.erase()
