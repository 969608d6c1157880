"""Every hit upon a mail with who made it and why we think so: the details panel, which is the sender's alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracking import days, describing, wording
from tracking.models import Copy, Event, TrackedMail
from tracking.reading import is_verdict
from tracking.verdicts import COUNTING, Verdict, words_of

PAGE = 50  # hits that are shown at once
PEOPLE = Q(pk__in=[])
for _verdict in COUNTING:
    PEOPLE |= is_verdict(_verdict)
# What the list can be narrowed to, in this order; "" is everything
CHOICES: dict[str, tuple[Promise, Q]] = {
    "": (gettext_lazy("All"), Q()),
    "people": (gettext_lazy("People"), PEOPLE),
    "undecided": (gettext_lazy("Undecided"), is_verdict(Verdict.UNKNOWN)),
    "others": (gettext_lazy("Machines and yourself"), is_verdict(Verdict.MACHINE) | is_verdict(Verdict.SELF)),
}


@dataclass(frozen=True)
class Line:
    """One hit in words."""

    event: Event

    @property
    def at(self) -> datetime:
        return self.event.at

    @property
    def day(self) -> str:
        """The name of its day in the reader's zone."""
        return days.name(timezone.localdate(self.event.at))

    @property
    def is_person(self) -> bool:
        return _verdict_of(self.event) in COUNTING

    @property
    def what(self) -> str:
        """What was asked for; of what no person did, nobody says "opened"."""
        event = self.event
        if event.kind == Event.Kind.OPEN:
            return _("Opened") if self.is_person else _("Loaded")
        link = wording.link_name(event.link) if event.link else _("a link")
        words = _("“%(link)s” followed") if self.is_person and event.is_settled else _("“%(link)s” requested")
        return words % {"link": link}

    @property
    def whose(self) -> str:
        """Whose copy it was; empty when several share it."""
        return wording.reader(self.event.copy)

    @property
    def client(self) -> str:
        return describing.client(self.event)

    @property
    def verdict(self) -> Promise | str:
        return describing.verdict(self.event) if self.event.is_settled else wording.being_looked_at()

    @property
    def tone(self) -> str:
        """The class of its tag in tracking.css."""
        if not self.event.is_settled or _verdict_of(self.event) == Verdict.UNKNOWN:
            return "is-undecided"
        return "is-person" if self.is_person else ""

    @property
    def reasons(self) -> list[Promise | str]:
        """Why, most telling first."""
        correction = self.event.correction
        said = [describing.CORRECTIONS[Verdict(correction)]] if correction in describing.CORRECTIONS else []
        return said + ([] if said else words_of(self.event.reasons))

    @property
    def may_be_corrected(self) -> bool:
        """Whether the sender may know better: of what is no person's already, there is nothing to take back."""
        return not self.event.correction and self.event.is_settled and (self.is_person or _verdict_of(self.event) == Verdict.UNKNOWN)


@dataclass(frozen=True)
class Page:
    """Some hits of a mail, newest first, and how to go on."""

    lines: list[Line]
    older: int | None  # the last hit shown, when there are more


def page_of(mail: TrackedMail, *, choice: str = "", before: int = 0) -> Page:
    """The hits of one kind of maker, from the one before on."""
    events = mail.events.filter(CHOICES.get(choice, CHOICES[""])[1]).select_related("copy__person", "link").order_by("-at", "-pk")
    found = list(_before(events, mail, before)[: PAGE + 1])
    shown = [Line(event) for event in found[:PAGE]]
    return Page(shown, shown[-1].event.pk if len(found) > PAGE else None)


def used_choices(mail: TrackedMail) -> Iterable[tuple[str, Promise]]:
    """The choices that would show something; none when all hits are of one kind."""
    used = [(key, words) for key, (words, which) in CHOICES.items() if key and mail.events.filter(which).exists()]
    return [("", CHOICES[""][0]), *used] if len(used) > 1 else []


@dataclass(frozen=True)
class Without:
    """A copy of which not every request is kept, in words."""

    whose: str
    words: str


def without_hits(mail: TrackedMail) -> list[Without]:
    """The copies of which only a day is kept, or nothing, or nothing any more."""
    copies = (
        mail.copies.filter(Q(is_coarse=True) | Q(is_tracked=False) | Q(stopped_at__isnull=False)).select_related("person").order_by("pk")
    )
    return [Without(wording.reader(copy), "; ".join(_without(copy))) for copy in copies]


def _without(copy: Copy) -> list[str]:
    said = [wording.coarsely(copy)] if copy.is_coarse and copy.is_tracked else []
    return said + [words for words in [wording.unwatched(copy)] if words]


def _before(events: QuerySet[Event], mail: TrackedMail, pk: int) -> QuerySet[Event]:
    last = mail.events.filter(pk=pk).first() if pk else None
    return events.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk)) if last else events


def _verdict_of(event: Event) -> str:
    return event.correction or event.verdict
