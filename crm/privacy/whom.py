"""Whom an address names: the contacts who have it, and which other addresses are theirs alone."""

from dataclasses import dataclass

from crm.records.models import Person


@dataclass(frozen=True)
class Whom:
    """The contacts behind an address, and every address that is theirs: the one that was named first, all in lower case."""

    people: list[Person]
    emails: list[str]


def find(email: str) -> Whom:
    """By any of their addresses. An address that others have as well is not taken for theirs, unless it is the one named."""
    email = email.strip().casefold()
    people = list(Person.objects.with_address([email]).prefetch_related("points").order_by("pk"))
    further = {one for person in people for one in person.emails} - {email}
    others = Person.objects.with_address(further).exclude(pk__in=[person.pk for person in people]).prefetch_related("points")
    shared = {one for person in others for one in person.emails} if further else set()
    return Whom(people, [email, *sorted(further - shared)])
