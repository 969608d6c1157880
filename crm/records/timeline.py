"""The only writer of timelines."""

from datetime import datetime

from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Deal, Organisation, Person, TimelineEntry


def log(
    *,
    kind: str,
    text: str,
    url: str = "",
    person: Person | None = None,
    organisation: Organisation | None = None,
    deal: Deal | None = None,
    actor: User | None = None,
    only_for: User | None = None,
    at: datetime | None = None,
) -> TimelineEntry:
    """Add one line in finished words; `only_for` hides it from everybody else, managers and admins included."""
    return TimelineEntry.objects.create(
        kind=kind,
        text=text[:500],
        url=url,
        person=person,
        organisation=organisation or (person.organisation if person else None),
        deal=deal,
        actor=actor,
        only_for=only_for,
        at=at or timezone.now(),
    )
