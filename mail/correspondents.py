"""With whom one writes about a record: the people of a deal or a lead, and all their addresses."""

from collections.abc import Iterable

from crm.accounts.models import User
from crm.records.models import ContactPoint, Deal, Lead, Organisation, Person, Record
from mail.addresses import Mailbox


def people_of(record: Record) -> list[Person]:
    """A deal's contact and its participants, an organisation's people, a lead's contact; a person alone."""
    match record:
        case Person():
            return [record]
        case Organisation():
            return list(record.people.all())
        case Deal():
            return [*([record.person] if record.person else []), *record.participants.all()]
        case Lead():
            return [record.person] if record.person else []


def addresses_of(record: Record, people: Iterable[Person]) -> set[str]:
    """All addresses of these people, first and further ones, and a lead's own; in small letters."""
    people = list(people)
    further = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, person__in=people).values_list("folded", flat=True)
    own = [record.email] if isinstance(record, Lead) else record.emails if isinstance(record, Organisation) else []
    return {email.lower() for email in [*own, *(person.email for person in people)] if email} | set(further)


def mailboxes(record: Record, user: User) -> tuple[Mailbox | None, list[Mailbox]]:
    """To whom a mail about the record goes, and who else might get it; of those whom the user sees."""
    if isinstance(record, Organisation):
        return None, []
    if isinstance(record, Lead) and record.email:
        return Mailbox(record.email, record.person_name or (record.person.name if record.person else "")), []
    people = people_of(record)
    seen = set(Person.objects.visible_to(user).filter(pk__in=[person.pk for person in people]).values_list("pk", flat=True))
    found = {person.pk: Mailbox(person.email, person.name) for person in people if person.email and person.pk in seen}
    contact = record.pk if isinstance(record, Person) else record.person_id
    first = found.pop(contact, None) if contact else None
    return first, list(found.values())
