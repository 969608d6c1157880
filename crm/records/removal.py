"""Deleting people, organisations and deals: what goes, what stays. Tracked links live in themselves and go on working."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from crm.records import disk
from crm.records.models import Activity, Deal, Lead, Note, Organisation, Record, StoredFile, TimelineEntry

LINKS = ("person", "organisation", "deal", "lead")
# Only these hold a note or an activity when the record goes: a line of the timeline tells of the record itself.
SHARED = (Note, Activity, StoredFile)


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


@transaction.atomic
def delete(record: Record) -> None:
    """Delete a record with its own notes, activities, files and timeline; what belongs to another record too stays there."""
    link = link_of(record)
    disk.take_along(_only_here(StoredFile, record))
    for model in SHARED:
        model.objects.filter(_also_elsewhere(link), **{link: record}).update(**{link: None})
    if isinstance(record, Organisation):  # lines about its people and deals are theirs; they named it in passing
        TimelineEntry.objects.filter(_also_elsewhere(link), organisation=record).update(organisation=None)
    record.delete()
