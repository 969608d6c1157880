"""What a contact's page says of their consent."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from crm.accounts.models import User
from crm.consent import ledger
from crm.consent.models import Consent
from crm.records.models import Person

TAGS = {Consent.State.GRANTED: "tag-good", Consent.State.REFUSED: "tag-danger", Consent.State.WITHDRAWN: "tag-danger"}


@dataclass(frozen=True)
class Card:
    """The state in force and everything that was ever said."""

    entry: Consent | None  # in force
    history: list[Consent]
    is_restricted: bool
    label: str
    tag: str


def of(person: Person, user: User) -> Card:
    """The card that the user sees of a contact whom they may see."""
    email = person.email.casefold()
    entry = ledger.in_force([email]).get(email) if email else None
    return Card(
        entry=entry,
        history=list(history(person, user)),
        is_restricted=bool(email and ledger.restricted([email])),
        label=entry.get_state_display() if entry else str(Consent.State.UNKNOWN.label),
        tag=TAGS.get(Consent.State(entry.state), "") if entry else "",
    )


def history(person: Person, user: User) -> QuerySet[Consent]:
    """Entries about the contact's address, and about those that they had before, the latest first."""
    about = Q(person=person) | Q(email=person.email.casefold()) if person.email else Q(person=person)
    return Consent.objects.visible_to(user).filter(about).order_by("-at", "-pk")
