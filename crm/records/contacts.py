"""What happens to people and organisations."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records import changes, timeline
from crm.records.models import Organisation, Person

# Providers of private addresses: such a domain says nothing about where somebody works.
PUBLIC_DOMAINS = frozenset(
    (
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com", "aol.com"),
        *("gmx.de", "gmx.net", "web.de", "t-online.de", "proton.me", "protonmail.com", "orange.fr", "free.fr", "libero.it", "seznam.cz"),
        *("mail.ru", "yandex.ru", "yandex.com", "bk.ru", "list.ru", "inbox.ru", "rambler.ru", "ukr.net", "wp.pl", "onet.pl"),
    )
)


def company_domain(email: str) -> str:
    """The domain of a company's address; empty for private providers."""
    domain = email.rpartition("@")[2].lower()
    return "" if domain in PUBLIC_DOMAINS else domain


def same_email(user: User, email: str, *, besides: Person | None = None) -> list[Person]:
    """People whom the user may see and who have that address already, at most three."""
    people = Person.objects.visible_to(user).with_address([email]).exclude(pk=besides.pk if besides else None)
    return list(people.select_related("organisation")[:3]) if email else []


def keep_organisation(organisation: Organisation | None, *, actor: User, now: datetime, domain: str = "") -> Organisation | None:
    """Save an organisation that was created by typing its name; one that exists already is returned as it is."""
    if organisation is None or organisation.pk:
        return organisation
    organisation.domain = organisation.domain or domain
    organisation.visibility = actor.default_visibility
    return save_organisation(organisation=organisation, actor=actor, now=now)


@transaction.atomic
def save_organisation(*, organisation: Organisation, actor: User, now: datetime) -> Organisation:
    """Create or change an organisation; its timeline says so."""
    watch = changes.Watch(organisation) if organisation.pk else None
    organisation.save()
    if watch:
        watch.note(actor=actor, now=now)
    else:
        timeline.log(kind="created", text=_("Organisation added"), organisation=organisation, actor=actor, at=now)
    return organisation


@transaction.atomic
def save_person(*, person: Person, organisation: Organisation | None, actor: User, now: datetime) -> Person:
    """Create or change a person at an organisation (one that is not saved yet is created first)."""
    watch = changes.Watch(person) if person.pk else None
    person.organisation = keep_organisation(organisation, actor=actor, now=now, domain=company_domain(person.email))
    person.save()
    if watch:
        watch.note(actor=actor, now=now)
    else:
        timeline.log(kind="created", text=_("Contact added"), person=person, actor=actor, at=now)
    return person


def keep_person(person: Person | None, *, organisation: Organisation | None, actor: User, now: datetime) -> Person | None:
    """Save a person who was created by typing a name; one who exists already is returned as they are."""
    if person is None or person.pk:
        return person
    person.visibility = actor.default_visibility
    return save_person(person=person, organisation=organisation, actor=actor, now=now)
