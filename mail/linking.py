"""Which contacts a mail belongs to: people by their addresses, organisations by the domain."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Lower

from crm.accounts.models import User
from crm.records import contacts
from crm.records.models import Organisation, Person
from mail import correspondents
from mail.models import Account, Message, Recipient, Thread


class NoSuchAddress(Exception):
    """The address is not in the conversation, is one's own, or belongs to a contact already."""


@transaction.atomic
def add_contact(*, thread: Thread, email: str, actor: User, now: datetime) -> Person:
    """Make a contact of somebody in a conversation, at the organisation with that domain if there is one. Raises NoSuchAddress."""
    name = _name_in(thread, email)
    own = Account.objects.visible_to(actor).filter(email__iexact=email).exists()
    if name is None or own or contacts.same_email(actor, email):
        raise NoSuchAddress
    person = Person(name=(name or email)[:200], email=email.lower(), owner=actor)
    person = contacts.save_person(person=person, organisation=organisation_of(email, user=actor), actor=actor, now=now)
    attach(person)
    return person


@transaction.atomic
def attach(person: Person) -> int:
    """Link the recipients with one of a person's addresses to them, in the mail of those who may see them; returns how many.

    Wanted whenever a person is created or an address changes; what is linked to somebody stays. Senders are found by their address.
    """
    emails = correspondents.addresses_of(person, [person])
    if not emails:
        return 0
    found = Recipient.objects.annotate(address=Lower("email")).filter(address__in=emails, person=None)
    owners = User.objects.filter(pk__in=found.order_by().values("message__owner"))
    readers = [owner.pk for owner in owners if Person.objects.visible_to(owner).filter(pk=person.pk).exists()]
    pks = list(found.filter(message__owner__in=readers).values_list("pk", flat=True))
    return Recipient.objects.filter(pk__in=pks, person=None).update(person=person)


def attach_changed(*, since: datetime) -> None:
    """Do so for everybody who was created or changed since then: the pages of people know nothing of mail."""
    for person in Person.objects.filter(updated_at__gte=since):
        attach(person)


def organisation_of(email: str, *, user: User) -> Organisation | None:
    """The organisation with the address's domain among those that the user may see; providers of private addresses have none."""
    domain = contacts.company_domain(email)
    if not domain:
        return None
    found: Organisation | None = Organisation.objects.visible_to(user).filter(domain__iexact=domain).order_by("pk").first()
    return found


def _name_in(thread: Thread, email: str) -> str | None:
    """The name that stands with an address in a conversation; None when the address does not."""
    messages = Message.objects.filter(thread=thread)
    names = list(messages.filter(from_email__iexact=email).values_list("from_name", flat=True)) if email else []
    names += list(Recipient.objects.filter(message__in=messages, email__iexact=email).values_list("name", flat=True)) if email else []
    return next((name for name in names if name), names[0] if names else None)
