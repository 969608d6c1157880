"""What happens to people and organisations."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from django.db import transaction

from crm.accounts.models import User
from crm.records import changes, timeline
from crm.records.fields import book, writing
from crm.records.fields.values import Point
from crm.records.models import Organisation, Person
from crm.records.models.contacts import ContactQuerySet
from crm.records.removal import as_link
from crm.records.sentences import Sentence, say

AnyContact = TypeVar("AnyContact", Person, Organisation)
NOTHING: Mapping[str, Any] = MappingProxyType({})

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


def same_email(user: User, *emails: str, besides: Person | None = None) -> list[Person]:
    """People whom the user may see and who have one of the addresses already, at most three."""
    given = [email for email in emails if email]
    people = Person.objects.visible_to(user).with_address(given).exclude(pk=besides.pk if besides else None)
    return list(people.select_related("organisation")[:3]) if given else []


def by_address(people: ContactQuerySet, emails: Iterable[str]) -> dict[str, list[Person]]:
    """Those among the people who have one of the addresses, by the address in small letters; in the order of the query."""
    wanted = {email.lower() for email in emails}
    found: dict[str, list[Person]] = {}
    for person in people.with_address(wanted).prefetch_related("points") if wanted else ():
        for email in wanted.intersection(person.emails):
            found.setdefault(email, []).append(person)
    return found


def keep_organisation(organisation: Organisation | None, *, actor: User, now: datetime, domain: str = "") -> Organisation | None:
    """Save an organisation that was created by typing its name; one that exists already is returned as it is."""
    if organisation is None or organisation.pk:
        return organisation
    organisation.domain = organisation.domain or domain
    organisation.visibility = actor.default_visibility
    return save_organisation(organisation=organisation, actor=actor, now=now)


Values = Mapping[str, Any]  # by keys of `fields.book`, as `fields.writing.change` takes them


@transaction.atomic
def save_organisation(*, organisation: Organisation, actor: User, now: datetime, values: Values = NOTHING) -> Organisation:
    """Create or change an organisation; its timeline says so. `values` holds what stands in other tables: points, tags, custom fields."""
    return _save(organisation, values, created=say("organisation_added"), actor=actor, now=now)


@transaction.atomic
def save_person(*, person: Person, organisation: Organisation | None, actor: User, now: datetime, values: Values = NOTHING) -> Person:
    """Create or change a person at an organisation (one that is not saved yet is created first). `values` as above."""
    emails = values.get("emails", [Point(person.email)])
    domain = company_domain(emails[0].value) if emails else ""
    person.organisation = keep_organisation(organisation, actor=actor, now=now, domain=domain)
    return _save(person, values, created=say("person_added"), actor=actor, now=now)


def _save(record: AnyContact, values: Values, *, created: Sentence, actor: User, now: datetime) -> AnyContact:
    """Save the object and the values in one go, so that each change of both is noted."""
    known = book.by_key(changes.kind_of(record))
    fields = [(known[key], value) for key, value in values.items()]
    watch = changes.Watch(record) if record.pk else None
    writing.set_columns(record, fields)
    record.save()
    writing.set_relations(record, fields)
    if watch:
        watch.note(actor=actor, now=now)
    else:
        timeline.log(kind="created", text=created, actor=actor, at=now, **as_link(record))
    return record


def keep_person(person: Person | None, *, organisation: Organisation | None, actor: User, now: datetime) -> Person | None:
    """Save a person who was created by typing a name; one who exists already is returned as they are."""
    if person is None or person.pk:
        return person
    person.visibility = actor.default_visibility
    return save_person(person=person, organisation=organisation, actor=actor, now=now)
