"""The only writer of timelines."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Deal, Lead, Organisation, Person, TimelineEntry
from crm.records.sentences import Sentence


def log(
    *,
    kind: str,
    text: str | Sentence,
    url: str = "",
    person: Person | None = None,
    organisation: Organisation | None = None,
    deal: Deal | None = None,
    lead: Lead | None = None,
    actor: User | None = None,
    only_for: User | None = None,
    at: datetime | None = None,
) -> TimelineEntry:
    """Add one line: a sentence for readers of any language, or finished words for one of them.

    `only_for` hides it from everybody else, managers and admins included.
    """
    return TimelineEntry.objects.create(
        kind=kind,
        text=str(text)[:500],
        said=text.kept() if isinstance(text, Sentence) else None,
        url=url,
        person=person,
        organisation=organisation or (person.organisation if person else None),
        deal=deal,
        lead=lead,
        actor=actor,
        only_for=only_for,
        at=at or timezone.now(),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a line that grows says now, for `keep_all`."""

    group_key: str  # of this line alone, in the whole installation
    kind: str
    text: str
    at: datetime
    person: Person
    only_for: User
    url: str = ""


def keep_all(lines: Sequence[Standing]) -> None:
    """Make lines say these, new ones and known ones, in one statement."""
    entries = [
        TimelineEntry(
            group_key=line.group_key,
            kind=line.kind,
            text=line.text[:500],
            url=line.url,
            person=line.person,
            organisation=line.person.organisation,
            only_for=line.only_for,
            at=line.at,
        )
        for line in lines
    ]
    changed = ["kind", "text", "url", "at"]
    TimelineEntry.objects.bulk_create(entries, update_conflicts=True, unique_fields=["group_key"], update_fields=changed)


def forget(urls: Collection[str], *, only_for: User) -> None:
    """Drop a user's own lines about what lay at these addresses and is gone."""
    TimelineEntry.objects.filter(only_for=only_for, url__in=urls).delete()


def take_back(group_keys: Collection[str]) -> None:
    """Drop lines whose happening turned out to be none."""
    TimelineEntry.objects.filter(group_key__in=group_keys).delete()
