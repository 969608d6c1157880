"""The words of cards and timeline lines about tracking, finished in the owner's language, which the caller has switched on."""

from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.consent.models import Rule
from tracking import days
from tracking.models import Answer, Bygone, Copy, Event, TrackedLink, TrackedMail

# kind of a card, is it one person's own copy → its title. A forwarded copy cannot be told apart from its owner's: we speak of the copy
TITLES: dict[tuple[str, bool], Promise] = {
    ("opened", True): gettext_lazy("%(name)s’s copy of “%(subject)s” was opened"),
    ("opened", False): gettext_lazy("Someone opened “%(subject)s”"),
    ("clicked", True): gettext_lazy("“%(link)s” was followed in %(name)s’s copy of “%(subject)s”"),
    ("clicked", False): gettext_lazy("Someone followed “%(link)s” in “%(subject)s”"),
    ("loaded", True): gettext_lazy("%(name)s’s copy of “%(subject)s” was loaded, perhaps not read"),
    ("loaded", False): gettext_lazy("“%(subject)s” was loaded, perhaps not read"),
    ("checking", True): gettext_lazy("A link in %(name)s’s copy of “%(subject)s” was requested: finding out whether by a person"),
    ("checking", False): gettext_lazy("A link in “%(subject)s” was requested: finding out whether by a person"),
    ("requested", True): gettext_lazy("A link in %(name)s’s copy of “%(subject)s” was requested, perhaps by software"),
    ("requested", False): gettext_lazy("A link in “%(subject)s” was requested, perhaps by software"),
}


# why a copy is tracked or not: a `crm.consent.decisions.Reason` → what is said of it
DECIDED: dict[str, Promise] = {
    "agreed": gettext_lazy("tracked: agreed"),
    "not_asked": gettext_lazy("tracked: was not asked, and the company’s policy allows it"),
    "must_agree": gettext_lazy("not tracked: has not agreed"),
    "not_proven": gettext_lazy("not tracked: the consent is not proven"),
    "refused": gettext_lazy("not tracked: refused"),
    "withdrew": gettext_lazy("not tracked: withdrew"),
    "restricted": gettext_lazy("not tracked: the data may not be used at present"),
}


class Told(NamedTuple):
    """What a card says first: the kind of happening, and the event that was the last of it."""

    kind: str
    event: Event


def title(mail: TrackedMail, told: Told) -> str:
    """What happened, in one line."""
    name = reader(told.event.copy)
    link = link_name(told.event.link) if told.event.link else _("a link")
    return str(TITLES[told.kind, bool(name)]) % {"name": name, "subject": subject(mail), "link": link}


def detail(mail: TrackedMail, checking: int, *, counts_undecided: bool) -> str:
    """The whole of it so far, in numbers."""
    loaded = ngettext("%(counter)s load undecided", "%(counter)s loads undecided", mail.loaded_count)
    if counts_undecided:
        loaded = ngettext(
            "%(counter)s undecided load, counted as you wish", "%(counter)s undecided loads, counted as you wish", mail.loaded_count
        )
    requested = ngettext("%(counter)s request undecided", "%(counter)s requests undecided", mail.requested_count)
    parts = (
        (ngettext("Opened once", "Opened %(counter)s times", mail.open_count), mail.open_count),
        (ngettext("One link followed", "Links followed %(counter)s times", mail.click_count), mail.click_count),
        (ngettext("%(counter)s link being checked", "%(counter)s links being checked", checking), checking),
        (loaded, mail.loaded_count),
        (requested, mail.requested_count),
    )
    return " · ".join(words % {"counter": number} for words, number in parts if number)


def open_line(mail: TrackedMail, times: int) -> str:
    """The line of a person's timeline about openings of their copy."""
    line = ngettext("“%(subject)s” was opened", "“%(subject)s” was opened %(times)d times", times)
    return line % {"subject": subject(mail), "times": times}


def click_line(mail: TrackedMail, link: TrackedLink | None, times: int) -> str:
    """The line of a person's timeline about one link of their copy."""
    words = {"subject": subject(mail), "link": link_name(link) if link else "", "times": times}
    if not link:
        return ngettext("A link in “%(subject)s” was followed", "Links in “%(subject)s” were followed %(times)d times", times) % words
    line = ngettext("“%(link)s” in “%(subject)s” was followed", "“%(link)s” in “%(subject)s” was followed %(times)d times", times)
    return line % words


def reader(copy: Copy) -> str:
    """Whose copy it is; empty when several recipients share it."""
    return copy.person.name if copy.person else copy.email


def link_name(link: TrackedLink) -> str:
    """What a link is called: its words, else where it leads."""
    parts = urlsplit(link.target)
    return link.text[:80] or f"{parts.hostname}{parts.path}".rstrip("/")[:80]


def replied(answer: Answer) -> str:
    """“Replied 14:32 by Anna”; of another day than today its name as well."""
    local = timezone.localtime(answer.at)
    when = format_date(local, "H:i")
    if local.date() != timezone.localdate():
        when = f"{days.name(local.date())} {when}"
    words = _("Replied %(when)s by %(name)s") if answer.name else _("Replied %(when)s by somebody else")
    return words % {"when": when, "name": answer.name}


def subject(mail: TrackedMail) -> str:
    """What a mail is called."""
    return mail.subject[:120] or _("(no subject)")


def decided(copy: Copy) -> str:
    """What was decided about a copy at sending."""
    return str(DECIDED.get(copy.reason, _("tracked") if copy.is_tracked else _("not tracked")))


def unwatched(copy: Copy) -> str:
    """Why nothing is recorded of a copy, or nothing any more; empty when all is."""
    if not copy.is_tracked:
        return decided(copy)
    return _("no longer tracked since %(day)s") % {"day": days.exact(timezone.localdate(copy.stopped_at))} if copy.stopped_at else ""


def opened_on(day: date) -> str:
    """All that a coarse copy tells."""
    return _("Opened on %(day)s (only the day is kept)") % {"day": days.exact(day)}


def coarsely(copy: Copy) -> str:
    """What is known of a coarse copy."""
    return opened_on(copy.last_open_on) if copy.last_open_on else _("Not opened, or images blocked (only the day would be kept)")


def long_ago(one: Bygone) -> str:
    """What is left of openings that are no longer kept."""
    words = ngettext("opened once, on %(day)s", "opened %(times)d times, last on %(day)s", one.count)
    return words % {"times": one.count, "day": days.exact(timezone.localdate(one.last_at))}


def kept(copy: Copy) -> str:
    """What is kept of the addresses that a copy is opened from."""
    return str(Rule.Kept(copy.kept).label)


def being_looked_at() -> str:
    """The verdict on a click that has none yet."""
    return _("Being looked at")
