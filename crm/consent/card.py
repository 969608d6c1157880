"""What a contact's page says of their consent."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from crm.accounts.models import User
from crm.consent import ledger
from crm.consent.models import Consent
from crm.records.models import Person

TAGS = {Consent.State.GRANTED: "tag-good", Consent.State.REFUSED: "tag-danger", Consent.State.WITHDRAWN: "tag-danger"}


@dataclass(frozen=True)
class State:
    """What holds for one address."""

    email: str
    entry: Consent | None  # in force
    is_restricted: bool
    label: str
    tag: str


@dataclass(frozen=True)
class Card:
    """The states in force, the first address first, and everything that was ever said."""

    states: list[State]
    history: list[Consent]


def of(person: Person, user: User) -> Card:
    """The card that the user sees of a contact whom they may see."""
    emails = person.emails
    entries, restricted = ledger.in_force(emails), ledger.restricted(emails)
    states = [_state(email, entries.get(email), is_restricted=email in restricted) for email in emails]
    return Card(states=states, history=list(history(person, user)))


def _state(email: str, entry: Consent | None, *, is_restricted: bool) -> State:
    return State(
        email=email,
        entry=entry,
        is_restricted=is_restricted,
        label=entry.get_state_display() if entry else str(Consent.State.UNKNOWN.label),
        tag=TAGS.get(Consent.State(entry.state), "") if entry else "",
    )


def history(person: Person, user: User) -> QuerySet[Consent]:
    """Entries about the contact's addresses, and about those that they had before, the latest first."""
    about = Q(person=person) | Q(email__in=person.emails)
    return Consent.objects.visible_to(user).filter(about).order_by("-at", "-pk")
