"""What the sender is shown of a tracked mail: times of openings and of each link, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from tracking.models import Copy, Event, TrackedLink, TrackedMail

SHOWN = 100  # times of one kind in a card; earlier ones are told as a number


@dataclass(slots=True)
class LinkActivity:
    """A followed link and its times, newest first; `earlier` counts those that are not listed."""

    link: TrackedLink
    times: list[datetime] = field(default_factory=list)

    @property
    def earlier(self) -> int:
        return max(self.link.click_count - len(self.times), 0)


@dataclass(frozen=True, slots=True)
class Activity:
    """All that the two icons of one mail show."""

    opened: list[datetime]
    opened_earlier: int
    links: list[LinkActivity]
    reader: str  # name of the only recipient whose copy it is; empty when several share one


def with_activity(queryset: QuerySet[TrackedMail]) -> QuerySet[TrackedMail]:
    """Tracked mails with all that their icons need: a fixed number of queries, however many mails."""
    counted = Event.objects.filter(counts=True).order_by("-at", "-pk")
    return queryset.prefetch_related(
        Prefetch("events", counted.filter(kind=Event.Kind.OPEN)[:SHOWN], to_attr="shown_opens"),
        Prefetch("events", counted.filter(kind=Event.Kind.CLICK).exclude(link=None)[:SHOWN], to_attr="shown_clicks"),
        Prefetch("links", TrackedLink.objects.exclude(first_clicked_at=None).order_by("-last_clicked_at"), to_attr="shown_links"),
        Prefetch("copies", Copy.objects.select_related("person"), to_attr="shown_copies"),
    )


def activity(mail: TrackedMail) -> Activity:
    """The activity of a mail, read at once unless `with_activity` has fetched it."""
    if not hasattr(mail, "shown_opens"):
        mail = with_activity(TrackedMail.objects.filter(pk=mail.pk)).get()
    opened = [event.at for event in _prefetched(mail, "shown_opens")]
    links = {link.pk: LinkActivity(link) for link in mail.shown_links}  # type: ignore[attr-defined]
    for event in _prefetched(mail, "shown_clicks"):
        if event.link_id in links:
            links[event.link_id].times.append(event.at)
    return Activity(opened, max(mail.open_count - len(opened), 0), list(links.values()), _reader(mail.shown_copies))  # type: ignore[attr-defined]


def _prefetched(mail: TrackedMail, name: str) -> Iterable[Event]:
    events: list[Event] = getattr(mail, name)
    return events


def _reader(copies: list[Copy]) -> str:
    person = copies[0].person if len(copies) == 1 else None
    return person.name if person else ""
