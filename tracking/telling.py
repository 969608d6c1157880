"""Tells a mail's owner what was opened and followed: open tabs, the person's timeline, the Sales Assistant. Nobody else learns of it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from urllib.parse import urlsplit

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.records import timeline
from notifications import feed
from notifications.push import push_all
from tracking.arrivals import Arrival
from tracking.models import Copy, Preferences, TrackedLink, TrackedMail


def tell(counted: Iterable[Arrival], *, now: datetime) -> None:
    """Tell of the hits that count, once a mail; called in the transaction that stores them, after their counters."""
    by_mail: dict[int, list[Arrival]] = defaultdict(list)
    for arrival in counted:
        by_mail[arrival.mail_id].append(arrival)
    mails = list(TrackedMail.objects.filter(pk__in=by_mail).prefetch_related("owner").order_by("pk"))
    owners = {mail.owner_id for mail in mails}
    wants_cards = set(Preferences.objects.filter(user__in=owners, notify_activity=True).values_list("user_id", flat=True))
    links = TrackedLink.objects.in_bulk({arrival.link_id for arrivals in by_mail.values() for arrival in arrivals if arrival.link_id})
    copies = Copy.objects.filter(mail__in=mails).exclude(person=None).select_related("person__organisation").in_bulk()
    news = []
    for language, of_language in groupby(sorted(mails, key=_language), key=_language):
        with translation.override(language):
            for mail in of_language:
                _log(mail, by_mail[mail.pk], copies, links)
                if mail.owner_id in wants_cards:
                    news.append(_news(mail, by_mail[mail.pk], links))
    push_all((mail.owner, "tracking", {"mail": mail.pk}) for mail in mails)
    feed.notify_all(news, now=now)


def _language(mail: TrackedMail) -> str:
    return mail.owner.language


def _log(mail: TrackedMail, arrivals: list[Arrival], copies: dict[int, Copy], links: dict[int, TrackedLink]) -> None:
    """A line on the timeline of each person whose own copy it was: one for openings, one for each link."""
    lines: dict[tuple[int, bool, int | None], list[datetime]] = defaultdict(list)
    for arrival in arrivals:
        if arrival.copy_id in copies:
            lines[arrival.copy_id, arrival.is_click, arrival.link_id].append(arrival.at)
    for (copy_id, is_click, link_id), times in lines.items():
        text = _click_line(mail, links.get(link_id or 0), len(times)) if is_click else _open_line(mail, len(times))
        timeline.log(
            person=copies[copy_id].person,
            kind="clicked" if is_click else "opened",
            text=text,
            url=mail.url,
            only_for=mail.owner,
            at=max(times),
        )


def _news(mail: TrackedMail, arrivals: list[Arrival], links: dict[int, TrackedLink]) -> feed.News:
    """One card a mail, which says what happened last."""
    followed = [links.get(arrival.link_id or 0) for arrival in arrivals if arrival.is_click]
    return feed.News(
        user=mail.owner,
        kind="clicked" if followed else "opened",
        title=_click_line(mail, followed[-1], 1) if followed else _open_line(mail, 1),
        detail=_detail(mail),
        group_key=f"tracking:{mail.pk}",
        url=mail.url,
        count=len(arrivals),
    )


def _open_line(mail: TrackedMail, times: int) -> str:
    line = ngettext("“%(subject)s” was opened", "“%(subject)s” was opened %(times)d times", times)
    return line % {"subject": _subject(mail), "times": times}


def _click_line(mail: TrackedMail, link: TrackedLink | None, times: int) -> str:
    words = {"subject": _subject(mail), "link": link_name(link) if link else "", "times": times}
    if not link:
        return ngettext("A link in “%(subject)s” was followed", "Links in “%(subject)s” were followed %(times)d times", times) % words
    line = ngettext("“%(link)s” in “%(subject)s” was followed", "“%(link)s” in “%(subject)s” was followed %(times)d times", times)
    return line % words


def _detail(mail: TrackedMail) -> str:
    """The whole of it so far. Several recipients share one copy, so it is someone."""
    parts = []
    if mail.open_count:
        parts.append(
            ngettext("Someone opened it once.", "Someone opened it %(times)d times.", mail.open_count) % {"times": mail.open_count}
        )
    if mail.click_count:
        parts.append(
            ngettext("One link was followed.", "Links were followed %(times)d times.", mail.click_count) % {"times": mail.click_count}
        )
    return " ".join(parts)


def link_name(link: TrackedLink) -> str:
    """What a link is called: its words, else where it leads."""
    parts = urlsplit(link.target)
    return link.text[:80] or f"{parts.hostname}{parts.path}".rstrip("/")[:80]


def _subject(mail: TrackedMail) -> str:
    return mail.subject[:120] or _("(no subject)")
