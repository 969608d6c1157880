"""Tells a mail's owner what was opened and followed: open tabs, the person's timeline, the Sales Assistant. Nobody else learns of it.

Cards and lines are made anew from the whole state of a mail, so that a verdict which changes corrects them.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import groupby

from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.utils import translation

from crm.records import timeline
from notifications import feed
from notifications.push import push_all
from tracking import wording
from tracking.arrivals import Arrival
from tracking.hits import CLICK, OPEN
from tracking.models import Bygone, Copy, Event, Preferences, TrackedLink, TrackedMail
from tracking.verdicts import Verdict
from tracking.wording import Told

COUNTED = Q(counts=True)
UNDECIDED_OPENING = Q(kind=Event.Kind.OPEN, verdict=Verdict.UNKNOWN)
CHECKING = Q(is_settled=False)
UNDECIDED = Q(verdict=Verdict.UNKNOWN)
LINES = {OPEN: "opened", CLICK: "clicked"}  # kinds of timeline lines


def tell_of(arrivals: Iterable[Arrival], *, now: datetime) -> None:
    """Tell of hits just stored, once a mail; in the transaction that stores them, after their counters."""
    counted, undecided, checked = set(), set(), set()
    for arrival in arrivals:
        if arrival.counts:
            counted.add(arrival.mail_id)
        elif not arrival.is_settled:
            checked.add(arrival.mail_id)
        elif arrival.verdict is Verdict.UNKNOWN and arrival.hit.kind == OPEN:
            undecided.add(arrival.mail_id)
    tell(counted | undecided | checked, counted=counted, undecided=undecided, now=now)


def tell(changed: Collection[int], *, counted: Collection[int] = (), undecided: Collection[int] = (), now: datetime) -> None:
    """Tell of mails whose state has changed; the bell rings for those with a hit that counts now, and with an undecided
    opening where the owner wishes so. Called in the transaction that changed them, after their counters."""
    mails = list(TrackedMail.objects.filter(pk__in=changed).prefetch_related("owner").order_by("owner__language", "pk")) if changed else []
    options = {one.user_id: one for one in Preferences.objects.filter(user__in={mail.owner_id for mail in mails})} if mails else {}
    for language, group in groupby(mails, key=lambda mail: mail.owner.language):
        with translation.override(language):
            _write(list(group), options, set(counted), set(undecided))
    push_all((mail.owner, "tracking", {"mail": mail.pk}) for mail in mails)


def refresh(mail_ids: Collection[int]) -> None:
    """Have open tabs show these mails anew, without a word to anybody."""
    mails = TrackedMail.objects.filter(pk__in=mail_ids).select_related("owner") if mail_ids else ()
    push_all((mail.owner, "tracking", {"mail": mail.pk}) for mail in mails)


def _write(mails: list[TrackedMail], options: dict[int, Preferences], counted: set[int], undecided: set[int]) -> None:
    """Cards and lines of mails whose owners speak the language of the moment."""
    _keep_lines(mails)
    unanswered = [mail for mail in mails if not mail.first_replied_at]  # an answer says more than any hit: its card stays as it is
    with_cards = [mail for mail in unanswered if mail.owner_id in options and options[mail.owner_id].notify_activity]
    wishing = {mail.pk for mail in with_cards if options[mail.owner_id].count_undecided}
    told = _told([mail.pk for mail in with_cards], wishing)
    checking = _checking([mail.pk for mail in with_cards])
    states = []
    for mail in with_cards:
        if mail.pk in told:
            rings = mail.pk in counted or (mail.pk in undecided and mail.pk in wishing)
            states.append(_state(mail, told[mail.pk], checking[mail.pk], counts_undecided=mail.pk in wishing, rings=rings))
    feed.show_all(states)
    feed.withdraw_all([(mail.owner, card_key(mail)) for mail in with_cards if mail.pk not in told])


def _state(mail: TrackedMail, told: Told, checking: int, *, counts_undecided: bool, rings: bool) -> feed.State:
    count = mail.open_count + mail.click_count + (mail.loaded_count if counts_undecided else 0)
    return feed.State(
        user=mail.owner,
        group_key=card_key(mail),
        kind="requested" if told.kind == "checking" else told.kind,
        title=wording.title(mail, told),
        detail=wording.detail(mail, checking, counts_undecided=counts_undecided),
        url=mail.url,
        at=told.event.at,
        count=max(count, 1),
        rings=rings,
        is_quiet=not count,
    )


def card_key(mail: TrackedMail) -> str:
    """The `group_key` of the mail's one card."""
    return f"tracking:{mail.pk}"


def line_key(copy_id: int, kind: str, link_id: int | None) -> str:
    """The `group_key` of the line about one kind of hit upon a copy."""
    return f"tracking:{copy_id}:{kind}:{link_id or 0}"


def _told(mail_ids: list[int], wishing: set[int]) -> dict[int, Told]:
    """What each mail's card says first: the last that counts, else what is being checked, else the last that cannot be decided."""
    audible = _last([pk for pk in mail_ids if pk not in wishing], COUNTED) | _last(list(wishing), COUNTED | UNDECIDED_OPENING)
    found = {pk: Told(_kind(event), event) for pk, event in audible.items()}
    found |= {pk: Told("checking", event) for pk, event in _last([pk for pk in mail_ids if pk not in found], CHECKING).items()}
    return found | {pk: Told(_kind(event), event) for pk, event in _last([pk for pk in mail_ids if pk not in found], UNDECIDED).items()}


def _kind(event: Event) -> str:
    if event.counts:
        return "clicked" if event.kind == Event.Kind.CLICK else "opened"
    return "requested" if event.kind == Event.Kind.CLICK else "loaded"


def _last(mail_ids: list[int], which: Q) -> dict[int, Event]:
    """The last event of such a kind of each mail that has one."""
    if not mail_ids:
        return {}
    newest = Event.objects.filter(which, mail=OuterRef("pk")).order_by("-at", "-pk").values("pk")[:1]
    last = TrackedMail.objects.filter(pk__in=mail_ids).annotate(last=Subquery(newest)).values_list("last", flat=True)
    events = Event.objects.filter(pk__in=[pk for pk in last if pk]).select_related("copy__person", "link")
    return {event.mail_id: event for event in events}


def _checking(mail_ids: list[int]) -> Counter[int]:
    """How many clicks of each mail are being checked."""
    waiting = Event.objects.filter(CHECKING, mail__in=mail_ids, look_again_at__isnull=False)
    return Counter(waiting.values_list("mail", flat=True)) if mail_ids else Counter()


def _keep_lines(mails: list[TrackedMail]) -> None:
    """The timeline of each person with a copy of their own: a line for its openings, and one for each link followed."""
    copies = Copy.objects.filter(mail__in=mails, person__isnull=False).select_related("person__organisation").in_bulk()
    if not copies:
        return
    by_pk = {mail.pk: mail for mail in mails}
    rows = _lines_of(copies)
    links = TrackedLink.objects.in_bulk({link_id for _copy, _kind, link_id, times, _last in rows if link_id and times})
    lines, gone = [], []
    for copy_id, kind, link_id, times, last in rows:
        copy, key = copies[copy_id], line_key(copy_id, kind, link_id)
        if last and copy.person:
            mail = by_pk[copy.mail_id]
            text = _line(mail, kind, links.get(link_id), times)
            lines.append(timeline.Standing(key, LINES[kind], text, last, person=copy.person, only_for=mail.owner, url=mail.url))
        else:
            gone.append(key)
    timeline.keep_all(lines)
    timeline.take_back(gone)


def _lines_of(copies: Collection[int]) -> list[tuple[int, str, int | None, int, datetime | None]]:
    """Copy, kind of hit, link, how often a person did that and when last; whatever is no longer kept counts on as a number."""
    hits = Event.objects.filter(copy__in=copies).values_list("copy", "kind", "link")
    found = {row[:3]: row[3:] for row in hits.annotate(times=Count("pk", filter=COUNTED), last=Max("at", filter=COUNTED)).order_by()}
    for *key, count, last_at in Bygone.objects.filter(copy__in=copies, is_undecided=False).values_list(
        "copy", "kind", "link", "count", "last_at"
    ):
        times, last = found.get(tuple(key), (0, None))
        found[tuple(key)] = (times + count, last or last_at)
    return [(*key, *counted) for key, counted in found.items()]


def _line(mail: TrackedMail, kind: str, link: TrackedLink | None, times: int) -> str:
    return wording.click_line(mail, link, times) if kind == CLICK else wording.open_line(mail, times)
