"""What happens to leads: noted down, changed, archived, and converted into deals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records import agenda, archive, changes, contacts, pipeline, timeline
from crm.records.fields import book, reading, writing
from crm.records.fields.values import Point, folded
from crm.records.models import (
    Activity,
    Deal,
    FieldChange,
    Lead,
    Note,
    Organisation,
    OwnedQuerySet,
    Person,
    StoredFile,
    Tag,
    TimelineEntry,
)
from crm.records.sentences import say

BELONGINGS = (Note, StoredFile, Activity, TimelineEntry, FieldChange)  # what a lead's deal takes over


class Converted(Exception):
    """The lead has become a deal, and stays as it was then; the message is a sentence for people."""


def waiting(leads: OwnedQuerySet) -> OwnedQuerySet:
    """Neither converted nor archived: the inbox."""
    return leads.current().filter(converted_at=None)


@dataclass(frozen=True)
class Contact:
    """Whom a form named: people and organisations that are known, else the names that were typed."""

    person: Person | None = None
    person_name: str = ""
    organisation: Organisation | None = None
    organisation_name: str = ""

    def put_into(self, lead: Lead) -> None:
        """Without saving; of a known person the organisation is taken where none was named."""
        lead.person, lead.person_name = self.person, self.person_name
        lead.organisation, lead.organisation_name = self.organisation, self.organisation_name
        if self.person and not (self.organisation or self.organisation_name):
            lead.organisation = self.person.organisation


@transaction.atomic
def create_lead(*, lead: Lead, contact: Contact, tags: Sequence[Tag] = (), actor: User, now: datetime) -> Lead:
    """Put a new lead into the inbox."""
    contact.put_into(lead)
    lead.created_at = now
    lead.save()
    lead.tags.set(tags)
    timeline.log(kind="created", text=say("lead_added"), lead=lead, actor=actor, at=now)
    return lead


@transaction.atomic
def change_lead(*, lead: Lead, contact: Contact, tags: Sequence[Tag] | None = None, actor: User, now: datetime) -> Lead:
    """Save what a form changed. Raises Converted."""
    _lock(lead)
    watch = changes.Watch(lead)
    contact.put_into(lead)
    lead.save()
    if tags is not None:
        lead.tags.set(tags)
    watch.note(actor=actor, now=now)
    return lead


@transaction.atomic
def archive_lead(*, lead: Lead, actor: User, now: datetime) -> None:
    """Out of the inbox, for it leads nowhere now. Does nothing to an archived one; raises Converted."""
    archive.archive(record=_lock(lead), actor=actor, now=now)


@transaction.atomic
def restore_lead(*, lead: Lead, actor: User, now: datetime) -> None:
    """Back into the inbox. Does nothing to one that is there; raises Converted."""
    archive.restore(record=_lock(lead), actor=actor, now=now, sentence=say("back_in_inbox"))


@transaction.atomic
def convert_lead(
    *,
    lead: Lead,
    deal: Deal,
    person: Person | None,
    organisation: Organisation | None,
    activity: Activity | None = None,
    actor: User,
    now: datetime,
) -> Deal:
    """Make a deal of a lead; a person and an organisation that are not saved yet are created with what the lead knows of them.

    What was said, planned, kept and changed is the lead's and the deal's from then on. Raises Converted.
    """
    current = _lock(lead)
    for fresh in (person, organisation):
        if fresh is not None and fresh.pk is None:
            fresh.owner = deal.owner
    organisation = contacts.keep_organisation(organisation, actor=actor, now=now, domain=contacts.company_domain(current.email))
    person = _keep_person(current, person, organisation, actor, now)
    made = pipeline.create_deal(deal=deal, organisation=organisation, person=person, tags=current.tags.all(), actor=actor, now=now)
    made.followers.set(current.followers.all())
    _hand_over(current, made)
    _tell(current, made, actor, now)
    Lead.objects.filter(pk=current.pk).update(
        deal=made, person=made.person, organisation=made.organisation, converted_at=now, converted_by=actor, archived_at=None
    )
    if activity is not None:
        agenda.save(activity=activity, person=made.person, organisation=made.organisation, deal=made)
    return made


def known_person(lead: Lead, user: User) -> Person | None:
    """The contact that the lead names, else the one with its address, among those whom the user may see."""
    people = Person.objects.visible_to(user)
    named: Person | None = people.filter(pk=lead.person_id).first()
    if named is not None or not lead.email:
        return named
    found: Person | None = people.current().with_address([lead.email]).order_by("pk").first()
    return found


def known_organisation(lead: Lead, person: Person | None, user: User) -> Organisation | None:
    """The organisation that the lead names, else the one of that name or of its address's domain, else the person's."""
    visible = Organisation.objects.visible_to(user)
    named: Organisation | None = visible.filter(pk=lead.organisation_id).first()
    if named is not None:
        return named
    current, domain = visible.current().order_by("pk"), contacts.company_domain(lead.email)
    found: Organisation | None = current.filter(name__iexact=lead.organisation_name).first() if lead.organisation_name else None
    found = found or (current.filter(domain__iexact=domain).first() if domain else None)
    return found or (visible.filter(pk=person.organisation_id).first() if person and not lead.organisation_name else None)


def _lock(lead: Lead) -> Lead:
    """The lead as the database has it now, ours until the end of the transaction."""
    current = cast(Lead, Lead.objects.select_for_update().get(pk=lead.pk))
    if current.converted_at is not None:
        raise Converted(_("“{lead}” has been converted already.").format(lead=current.title))
    return current


def _keep_person(lead: Lead, person: Person | None, organisation: Organisation | None, actor: User, now: datetime) -> Person | None:
    if person is None:
        return None
    if person.pk is None:
        person.email, person.phone, person.job_title = lead.email, lead.phone, lead.job_title
        person.visibility = lead.visibility
        return contacts.save_person(person=person, organisation=organisation, actor=actor, now=now)
    _add_points(lead, person, actor, now)
    return person


def _add_points(lead: Lead, person: Person, actor: User, now: datetime) -> None:
    """A known contact learns the address and the number under which the lead came, if the user may change them."""
    if not Person.objects.changeable_by(actor).filter(pk=person.pk).exists():
        return
    fields, values = book.by_key("person"), {}
    for key, new in (("emails", lead.email), ("phones", lead.phone)):
        known = reading.read(person, fields[key])
        if new and folded(new, fields[key].point) not in {folded(one.value, fields[key].point) for one in known}:
            values[key] = [*known, Point(new)]
    if values:
        writing.change(record=person, values=values, actor=actor, now=now)


def _hand_over(lead: Lead, deal: Deal) -> None:
    """The lead keeps them too: its page shows them as long as it is there."""
    for model in BELONGINGS:
        model.objects.filter(lead=lead, deal=None).update(deal=deal)  # type: ignore[attr-defined]


def _tell(lead: Lead, deal: Deal, actor: User, now: datetime) -> None:
    common: dict[str, Any] = {"kind": "converted", "actor": actor, "at": now}
    timeline.log(**common, text=say("converted", deal=deal.title), url=deal.get_absolute_url(), lead=lead)
    timeline.log(**common, text=say("from_lead", lead=lead.title), url=lead.get_absolute_url(), deal=deal)
