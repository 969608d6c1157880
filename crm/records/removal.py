"""Deleting people, organisations, deals and leads: what goes, what stays. Tracked links live in themselves and go on working."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from crm.accounts import audit
from crm.accounts.models import User
from crm.records import disk
from crm.records.models import Activity, Deal, FieldChange, Lead, Note, Organisation, Person, Record, StoredFile, TimelineEntry

LINKS = ("person", "organisation", "deal", "lead")
# Only these hold a note or an activity when the record goes: a line of the timeline tells of the record itself.
SHARED = (Note, Activity, StoredFile)
# A lead and the deal that it became tell one story: what goes with one of them stays with the other.
TOLD = (TimelineEntry, FieldChange)


@dataclass(frozen=True)
class Consequences:
    """How much is deleted with a record, and how much stays without it."""

    notes: int
    activities: int
    files: int = 0
    people_left: int = 0
    deals_left: int = 0


def link_of(record: Record) -> str:
    """The name of the field by which others point at such a record."""
    return record._meta.model_name or ""


def as_link(record: Record) -> dict[str, Any]:
    """The record as a keyword argument, for example {"deal": deal}."""
    return {link_of(record): record}


def _also_elsewhere(link: str) -> Q:
    """Rows that belong to another record too."""
    elsewhere = Q()
    for other in LINKS:
        if other != link:
            elsewhere |= Q(**{f"{other}__isnull": False})
    return elsewhere


def _only_here(model: Any, record: Record) -> QuerySet[Any]:
    link = link_of(record)
    own: QuerySet[Any] = model.objects.filter(**{link: record}).exclude(_also_elsewhere(link))
    return own


def consequences(record: Record) -> Consequences:
    """What deleting the record would do."""
    return Consequences(
        notes=_only_here(Note, record).count(),
        activities=_only_here(Activity, record).count(),
        files=_only_here(StoredFile, record).count(),
        people_left=record.people.count() if isinstance(record, Organisation) else 0,
        deals_left=0 if isinstance(record, Deal | Lead) else record.deals.count(),
    )


def _name_for_log(record: Record) -> str:
    """A person's address where there is one: by it the log forgets them, should they ask for it later."""
    return (record.email if isinstance(record, Person) else "") or str(record)


@transaction.atomic
def delete(record: Record, *, actor: User) -> None:
    """Delete a record with its own notes, activities, files and timeline; what belongs to another record too stays there."""
    audit.note("record_deleted", actor=actor, about=_name_for_log(record), kind=link_of(record))
    link = link_of(record)
    disk.take_along(_only_here(StoredFile, record))
    for model in SHARED:
        model.objects.filter(_also_elsewhere(link), **{link: record}).update(**{link: None})
    if isinstance(record, Lead | Deal):
        for told in TOLD:
            told.objects.filter(**{link: record, f"{'deal' if link == 'lead' else 'lead'}__isnull": False}).update(**{link: None})
    if isinstance(record, Organisation):  # lines about its people and deals are theirs; they named it in passing
        TimelineEntry.objects.filter(_also_elsewhere(link), organisation=record).update(organisation=None)
    record.delete()
