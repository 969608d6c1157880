"""A tracked mail and its body: links rewritten, pixel placed, everything else as it was."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise

from crm.accounts.models import User
from crm.consent.decisions import Decision
from crm.records.models import Person
from tracking import coarse, hosts, links, placing, tokens
from tracking.models import Copy, Event, TrackedLink, TrackedMail

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sample:
    """A body as it would go out, and what of it would be tracked."""

    plan: placing.Plan
    html: str

    @property
    def place(self) -> Promise:
        """Where the pixel stands, in words."""
        return placing.PLACES[self.plan.place]

    @property
    def tracks_opens(self) -> bool:
        return self.plan.pixel_at is not None

    @property
    def tracks_links(self) -> bool:
        return bool(self.plan.tracked)

    @property
    def links(self) -> list[tuple[str, str, Promise | str]]:
        """Each link's words, its target, and why it is left alone ("" when it is tracked)."""
        return [(one.text, one.target, links.REASONS[one.reason] if one.reason else "") for one in self.plan.links]


def track(
    *, owner: User, subject: str, url: str, tracks_opens: bool, tracks_links: bool, now: datetime, sender: str = "", is_local: bool = False
) -> TrackedMail:
    """Begin to track a mail: `url` is the path back to it, `sender` the address that it goes out from.

    `is_local` says that the demo's own server takes it to a mailbox on this machine, past no filter.
    """
    return TrackedMail.objects.create(
        owner=owner,
        subject=subject[:300],
        url=url,
        tracks_opens=tracks_opens,
        tracks_links=tracks_links,
        created_at=now,
        host=hosts.host_for(sender),
        is_local=is_local,
    )


def add_copy(*, mail: TrackedMail, person: Person | None = None, email: str = "", decision: Decision | None = None) -> Copy:
    """One body of the mail; person and address stay empty when several recipients share it.

    What was decided about its recipients, the strictest of them, is frozen on it.
    """
    copy = Copy(mail=mail, person=person, email=email)
    if decision:
        copy.is_tracked, copy.is_coarse, copy.reason = decision.may_track, decision.is_coarse, str(decision.reason)
        copy.kept, copy.kept_days = decision.kept, decision.kept_days
    copy.save()
    return copy


def mark_returned(*, copy: Copy, at: datetime) -> None:
    """Note that the copy could not be delivered: what loads it is its sender, looking at the returned mail, now and before."""
    if Copy.objects.filter(pk=copy.pk, returned_at=None).update(returned_at=at, last_open_on=None):
        coarse.recount([copy.mail_id])
        Event.objects.filter(copy=copy).update(look_again_at=at)  # the next settling corrects what was told of them


def mark_dispatched(*, copy: Copy, at: datetime) -> None:
    """Note when the mail server took the copy; if it was refused before, it is no longer a returned one."""
    Copy.objects.filter(pk=copy.pk).update(dispatched_at=at, returned_at=None)


def instrument(html: str, *, copy: Copy) -> str:
    """The body with this copy's pixel and links, whose rows are saved; the original after any fault of ours, which is logged.

    Of a copy that is not tracked it is the original too, byte for byte, and the mail is as tracked as before.
    """
    if not copy.is_watched:
        return html
    try:
        with transaction.atomic():
            return _instrumented(html, copy)
    except Exception:  # a mail that cannot be tracked is still a mail
        logger.exception("A mail goes out untracked: its body could not be prepared.")
        _admit(copy.mail)
        return html


def _instrumented(html: str, copy: Copy) -> str:
    plan = plan_for(html, mail=copy.mail, is_coarse=copy.is_coarse)
    rows = _save_links(copy.mail, plan.tracked)
    _own_up(copy, plan)
    return filled(plan, copy, numbers=[row.number for row in rows])


def plan_for(html: str, *, mail: TrackedMail, is_coarse: bool = False) -> placing.Plan:
    """What will be tracked in a body that goes out as this mail; the links of a coarse copy stay plain."""
    return placing.plan(
        html,
        base=hosts.base_of(mail),
        own=hosts.own_addresses(),
        tracks_opens=mail.tracks_opens,
        tracks_links=mail.tracks_links and not is_coarse,
    )


def is_nearly_clipped(html: str, *, sender: str, tracks_opens: bool, tracks_links: bool) -> bool:
    """Whether a whole HTML part will be so long, tracked as chosen, that Gmail hides its end (at about 102 KB) or is close to it."""
    if placing.size(html) > placing.NEARLY_CLIPPED:
        return True
    if placing.size(html) < placing.NEARLY_CLIPPED // 4 or not (tracks_opens or tracks_links):
        return False  # links make no mail four times as long: nothing to read
    base = hosts.host_for(sender) or settings.TRACKING_URL
    plan = placing.plan(html, base=base, own=hosts.own_addresses(), tracks_opens=tracks_opens, tracks_links=tracks_links)
    return placing.tracked_size(plan, base) > placing.NEARLY_CLIPPED


def sample(html: str, *, sender: str, tracks_opens: bool, tracks_links: bool) -> Sample:
    """The body as a copy of it would go out now, without making one: nothing in it leads to anybody's counters."""
    base = hosts.host_for(sender) or settings.TRACKING_URL
    plan = placing.plan(html, base=base, own=hosts.own_addresses(), tracks_opens=tracks_opens, tracks_links=tracks_links)
    return Sample(plan, placing.sample(plan, base) if tracks_opens or tracks_links else html)


def filled(plan: placing.Plan, copy: Copy, *, numbers: Iterable[int]) -> str:
    """The planned body with the signed addresses of one copy; `numbers` are those of its tracked links."""
    base = hosts.base_of(copy.mail)
    hrefs = [base + tokens.link_path(copy.public_id, number, link.target) for number, link in zip(numbers, plan.tracked, strict=True)]
    return plan.filled(hrefs, pixel(copy))


def pixel(copy: Copy) -> str:
    """The image of a copy."""
    return placing.pixel(hosts.base_of(copy.mail), tokens.pixel_path(copy.public_id))


def _admit(mail: TrackedMail) -> None:
    """Say of a mail whose body failed that it is not tracked, unless another copy of it has gone tracked before."""
    if not mail.copies.filter(is_tracked=True).exclude(dispatched_at=None).exists():
        TrackedMail.objects.filter(pk=mail.pk).update(tracks_opens=False, tracks_links=False)


def _own_up(copy: Copy, plan: placing.Plan) -> None:
    """Where nothing can be known because nothing was put in, the mail does not say that it is tracked."""
    mail, fields = copy.mail, []
    if mail.tracks_opens and plan.pixel_at is None:
        logger.warning("A mail goes out without a pixel: %s", plan.place)
        mail.tracks_opens, fields = False, ["tracks_opens"]
    if mail.tracks_links and plan.is_untouched and not copy.is_coarse:
        mail.tracks_links, fields = False, [*fields, "tracks_links"]
    if fields:
        mail.save(update_fields=fields)


def _save_links(mail: TrackedMail, found: list[links.Found]) -> list[TrackedLink]:
    """A row per link, in order; the mail's other copies and a second try at sending find theirs again."""
    known = list(mail.links.all())
    rows, fresh, number = [], [], max((row.number for row in known), default=-1)
    for link in found:
        row = next((row for row in known if row.target == link.target), None)
        if row:
            known.remove(row)
        elif number < tokens.MAX_NUMBER:
            number += 1
            row = TrackedLink(mail=mail, number=number, target=link.target, text=link.text[:200])
            fresh.append(row)
        else:
            break
        rows.append(row)
    # another worker may be numbering the same links for another copy: the same body gives them the same numbers
    TrackedLink.objects.bulk_create(fresh, ignore_conflicts=True)
    return rows
