"""What the sender is shown of a tracked mail: whose copy was opened when, which links were followed, and what could not be decided."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import cached_property

from django.db.models import Count, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from tracking import describing, wording
from tracking.models import Answer, Bygone, Copy, Event, Preferences, TrackedLink, TrackedMail
from tracking.verdicts import Verdict

SHOWN = 100  # requests of one kind in a card; earlier ones are told as a number
COLUMNS = ("mail_id", "copy_id", "link_id", "at", "counts", "is_settled", "user_agent", "address")


@dataclass(slots=True)
class Undecided:
    """What one program asked for, perhaps without a person."""

    client: str
    times: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class CopyActivity:
    """What was seen of one copy, newest first."""

    copy: Copy
    times: list[datetime] = field(default_factory=list)  # of what counts
    undecided: list[Undecided] = field(default_factory=list)
    checking: list[datetime] = field(default_factory=list)  # clicks that are being looked at
    newest: datetime | None = None
    followed_at: datetime | None = None  # the newest click of a person: whoever follows a link has read
    replied_at: datetime | None = None  # likewise whoever answers
    bygone: Bygone | None = None  # openings that are no longer kept

    @property
    def name(self) -> str:
        """Whose copy it is; empty when several share it."""
        return wording.reader(self.copy)

    @property
    def is_read(self) -> bool:
        """Whether a person is known to have read it."""
        return bool(self.times or self.bygone or self.copy.last_open_on or self.followed_at or self.replied_at)

    @property
    def is_known(self) -> bool:
        """Whether there is anything to tell of it."""
        return bool(self.newest or self.is_read)

    @property
    def words(self) -> str:
        """What is said of it where there are no times to show; empty when what is undecided says all."""
        if self.copy.last_open_on:
            return wording.opened_on(self.copy.last_open_on)
        if self.bygone:
            return wording.long_ago(self.bygone)
        if self.replied_at or self.followed_at:
            return _("read: answered") if self.replied_at else _("read: a link was followed")
        if self.copy.returned_at:
            return _("could not be delivered")
        return wording.unwatched(self.copy) or ("" if self.newest else _("not opened, or images blocked"))

    def add(self, event: Event) -> None:
        """Take in a request; they come newest first."""
        self.newest = self.newest or event.at
        if not event.is_settled:
            self.checking.append(event.at)
        elif event.counts:
            self.times.append(event.at)
        else:
            self._undecided(describing.client(event)).times.append(event.at)

    def _undecided(self, client: str) -> Undecided:
        known = next((one for one in self.undecided if one.client == client), None)
        if not known:
            known = Undecided(client)
            self.undecided.append(known)
        return known


@dataclass(slots=True)
class LinkActivity:
    """A link that somebody or something asked for, and from whose copies."""

    link: TrackedLink
    copies: list[CopyActivity]


@dataclass(frozen=True)
class Activity:
    """All that the two cards of one mail show."""

    mail: TrackedMail
    copies: list[CopyActivity]  # every copy: those of which something is known first
    links: list[LinkActivity]
    opened_earlier: int
    clicked_earlier: int
    answers: list[Answer] = field(default_factory=list)  # newest first

    @cached_property
    def is_checking(self) -> bool:
        """Whether a click is too young to say who followed the link."""
        return any(copy.checking for link in self.links for copy in link.copies)

    @cached_property
    def is_shared(self) -> bool:
        """Whether several recipients share one copy, so that nothing can be said of any of them."""
        return len(self.copies) == 1 and not self.copies[0].name

    @cached_property
    def names_readers(self) -> bool:
        """Whether the card of openings says something of a copy that has a name, and so might have been forwarded."""
        return any(copy.name and copy.is_known for copy in self.copies)

    @cached_property
    def is_untracked(self) -> bool:
        """Whether it was decided at sending that nothing is recorded of any copy."""
        return bool(self.copies) and not any(one.copy.is_tracked for one in self.copies)

    @cached_property
    def has_plain_links(self) -> bool:
        """Likewise of its links."""
        return bool(self.copies) and not any(one.copy.is_tracked and not one.copy.is_coarse for one in self.copies)

    @cached_property
    def names_followers(self) -> bool:
        """Likewise of the card of links."""
        return any(copy.name for link in self.links for copy in link.copies)


def with_activity(queryset: QuerySet[TrackedMail]) -> QuerySet[TrackedMail]:
    """Tracked mails with all that their icons need: a fixed number of queries, however many mails, copies and hits."""
    shown = Event.objects.filter(Q(counts=True) | Q(is_settled=False) | is_verdict(Verdict.UNKNOWN)).order_by("-at", "-pk")
    opens = shown.filter(kind=Event.Kind.OPEN).only(*COLUMNS)
    clicks = shown.filter(kind=Event.Kind.CLICK).exclude(link=None).select_related("link").only(*COLUMNS, "link__target", "link__text")
    return queryset.annotate(
        counts_undecided=Exists(Preferences.objects.filter(user=OuterRef("owner"), count_undecided=True)),
        machine_opens=_machines(Event.Kind.OPEN),
        machine_clicks=_machines(Event.Kind.CLICK),
    ).prefetch_related(
        Prefetch("events", opens[:SHOWN], to_attr="shown_opens"),
        Prefetch("events", clicks[:SHOWN], to_attr="shown_clicks"),
        Prefetch("copies", Copy.objects.select_related("person").order_by("pk"), to_attr="shown_copies"),
        Prefetch("bygones", Bygone.objects.filter(is_undecided=False).order_by("last_at"), to_attr="shown_bygones"),
        Prefetch("answers", Answer.objects.order_by("-at", "-pk"), to_attr="shown_answers"),
    )


def is_verdict(verdict: Verdict) -> Q:
    """Events of a verdict: ours, unless the sender has corrected it."""
    return Q(correction=verdict) | Q(correction="", verdict=verdict)


def _machines(kind: Event.Kind) -> Coalesce:
    events = Event.objects.filter(is_verdict(Verdict.MACHINE), mail=OuterRef("pk"), kind=kind, is_settled=True)
    number = events.order_by().values("mail").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)


def fetched(mail: TrackedMail) -> TrackedMail:
    """The mail with its activity, read at once unless `with_activity` has done so."""
    return mail if hasattr(mail, "shown_opens") else with_activity(TrackedMail.objects.filter(pk=mail.pk)).get()


def activity(mail: TrackedMail) -> Activity:
    """The activity of a mail that came `with_activity`."""
    opens: list[Event] = mail.shown_opens  # type: ignore[attr-defined]
    clicks: list[Event] = mail.shown_clicks  # type: ignore[attr-defined]
    copies: list[Copy] = mail.shown_copies  # type: ignore[attr-defined]
    answers: list[Answer] = mail.shown_answers  # type: ignore[attr-defined]
    bygones: list[Bygone] = mail.shown_bygones  # type: ignore[attr-defined]
    opened = {copy.pk: CopyActivity(copy) for copy in copies}
    for event in opens:
        if event.copy_id in opened:
            opened[event.copy_id].add(event)
    for event in clicks:
        if event.counts and event.copy_id in opened:
            opened[event.copy_id].followed_at = opened[event.copy_id].followed_at or event.at
    for one in bygones:
        if one.kind == Event.Kind.OPEN:
            opened[one.copy_id].bygone = one
        else:
            opened[one.copy_id].followed_at = opened[one.copy_id].followed_at or one.last_at
    for answer in answers:
        if answer.copy_id in opened:
            opened[answer.copy_id].replied_at = opened[answer.copy_id].replied_at or answer.at
    opened_earlier = max(mail.open_count - sum(event.counts for event in opens), 0)
    clicked_earlier = max(mail.click_count - sum(event.counts for event in clicks), 0)
    return Activity(
        mail, _newest_first(opened.values()), _links(clicks, {copy.pk: copy for copy in copies}), opened_earlier, clicked_earlier, answers
    )


def _links(clicks: Iterable[Event], copies: dict[int, Copy]) -> list[LinkActivity]:
    """Newest first: links, and the copies under each."""
    found: dict[int, tuple[TrackedLink, dict[int, CopyActivity]]] = {}
    for event in clicks:
        if event.link and event.copy_id in copies:
            _link, places = found.setdefault(event.link.pk, (event.link, {}))
            places.setdefault(event.copy_id, CopyActivity(copies[event.copy_id])).add(event)
    return [LinkActivity(link, list(places.values())) for link, places in found.values()]


def _newest_first(copies: Iterable[CopyActivity]) -> list[CopyActivity]:
    """Those that are known to be read, then those that were loaded, then the silent ones in the order of the mail."""
    return sorted(copies, key=lambda copy: (not copy.is_read, not copy.newest, -_seconds(copy)))


def _seconds(copy: CopyActivity) -> float:
    day, bygone = copy.copy.last_open_on, copy.bygone
    opened = datetime.combine(day, time(), UTC) if day else None
    moments = (copy.replied_at, copy.followed_at, copy.newest, bygone.last_at if bygone else None, opened)
    newest = max(copy.times[:1] + [at for at in moments if at], default=None)
    return newest.timestamp() if newest else 0
