"""What became of a mail, told to its sender: open tabs, the timeline, and a card when somebody did not get it."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.records import timeline
from mail import outbox, report_words, scheduling, suggesting, threading
from mail.models import Delivery, Message
from mail.models.message import Recipient
from notifications import feed, switches
from notifications.models import Card

logger = logging.getLogger(__name__)
Status = Delivery.Status
IN_MOTION = (Status.QUEUED, Status.SENDING, Status.TRANSMITTING)  # while one is, nothing is said of the mail as a whole
LATE = timedelta(minutes=5)
WORTH_TELLING = 3  # failed attempts, about twenty minutes, until a mail that waits is told of


def sent(delivery: Delivery, *, now: datetime, is_first: bool) -> None:
    """An envelope has gone; `is_first` when it is the first of its mail's."""
    _tell(delivery.message, lambda: _sent(delivery, now, is_first=is_first))


def not_sent(delivery: Delivery, *, now: datetime) -> None:
    """An envelope has not gone, for now or for good."""
    _tell(delivery.message, lambda: _not_sent(delivery, now))


def perhaps_sent(delivery: Delivery, *, now: datetime) -> None:
    """Every search for an uncertain mail was in vain: only looking or asking can tell."""
    message = delivery.message
    key = f"uncertain:{message.pk}"
    _tell(message, lambda: _card(message, _("Perhaps sent: %(subject)s"), delivery.error, now, key=key))


def came_back(message: Message, recipients: Sequence[Recipient], *, now: datetime) -> None:
    """A mail that was sent did not reach these after all."""
    _tell(message, lambda: _came_back(message, recipients, now))


def moved(delivery: Delivery, *, now: datetime) -> None:
    """Something else became of an envelope: it went back into the queue, or is uncertain."""
    _tell(delivery.message, lambda: _moved(delivery.message, now))


def _tell(message: Message, tell: Callable[[], object]) -> None:
    """Tell the person, in their language; whatever goes wrong here cannot undo what became of the mail."""
    try:
        with translation.override(message.owner.language), transaction.atomic():
            tell()
    except Exception:
        logger.exception("What became of message %s could not be told.", message.pk)


def _moved(message: Message, now: datetime) -> None:
    outbox.tell_tabs(message)
    if not _is_in_motion(message):
        _tell_who_is_missing(message, now, again=False)


def _came_back(message: Message, recipients: Sequence[Recipient], now: datetime) -> None:
    outbox.tell_tabs(message)
    if not switches.is_on(message.owner, "returned"):
        return
    why = report_words.in_words(recipients[0].refusal)
    title = _("Your mail to %(names)s came back: %(why)s") if why else _("Your mail to %(names)s came back")
    feed.notify(
        user=message.owner,
        kind="returned",
        title=title % {"names": ", ".join(one.email for one in recipients), "why": why},
        detail=_("“%(subject)s” · %(reply)s") % {"subject": _subject(message), "reply": recipients[0].refusal},
        group_key=f"returned:{message.pk}:{recipients[0].pk}",
        url=threading.url(message),
        now=now,
    )


def _sent(delivery: Delivery, now: datetime, *, is_first: bool) -> None:
    message = delivery.message
    reached = delivery.recipients.filter(refusal="").select_related("person__organisation")
    if reached:
        _log_sent(message, reached, now, on_deals=is_first)
    if is_first:
        suggesting.tend_thread(message.thread, now=now)  # what was suggested for an earlier mail has been done
    if is_first and message.send_at and now - message.send_at > LATE:
        _tell_late(delivery, message.send_at, now)
    _moved(message, now)


def _tell_late(delivery: Delivery, wanted_at: datetime, now: datetime) -> None:
    """A mail went after the time that its sender had chosen."""
    message = delivery.message
    with timezone.override(message.owner.zone):
        times = {"wanted": scheduling.in_words(wanted_at), "went": scheduling.in_words(now)}
    if delivery.attempts > 1:
        detail = _("It was to go %(wanted)s and went %(went)s: the mail server did not take it before.") % times
    else:
        detail = _("It was to go %(wanted)s and went %(went)s: the part of Candor that sends mail was not running before.") % times
    _card(message, _("Sent late: %(subject)s"), detail, now, key=f"late:{message.pk}", kind="mail_late")


def _not_sent(delivery: Delivery, now: datetime) -> None:
    message = delivery.message
    outbox.tell_tabs(message)
    if _is_in_motion(message):
        return
    if delivery.status == Status.FAILED or message.deliveries.filter(status=Status.FAILED).exists():
        _tell_who_is_missing(message, now, again=delivery.status == Status.FAILED)
    elif delivery.attempts == WORTH_TELLING and not _others_were_told(delivery):
        _card(message, _("Not sent yet: %(subject)s"), delivery.error, now)


def _is_in_motion(message: Message) -> bool:
    return message.deliveries.filter(status__in=IN_MOTION).exists()


def _others_were_told(delivery: Delivery) -> bool:
    others = delivery.message.deliveries.exclude(pk=delivery.pk)
    return others.filter(status=Status.RETRY, attempts__gte=WORTH_TELLING).exists()


def _tell_who_is_missing(message: Message, now: datetime, *, again: bool) -> None:
    """One card about the whole mail; the same words are not said twice unless `again`."""
    envelopes = list(message.deliveries.prefetch_related("recipients"))
    failed = [one for one in envelopes if one.status == Status.FAILED]
    missing = list(dict.fromkeys([one.email for each in failed for one in each.recipients.all()] + _refused(envelopes)))
    if not missing:
        return
    if len(failed) == len(envelopes):
        title, detail = _("Not sent: %(subject)s"), failed[0].error
    else:
        title, detail = _("Not sent to everybody: %(subject)s"), _missing_line(missing, message.recipients.count())
    if again or not _was_said(message, detail):
        _card(message, title, detail, now)


def _refused(envelopes: Iterable[Delivery]) -> list[str]:
    return [one.email for each in envelopes for one in each.recipients.all() if one.refusal]


def _missing_line(missing: list[str], total: int) -> str:
    words = {"count": len(missing), "total": total, "names": ", ".join(missing)}
    line = ngettext(
        "%(count)s of %(total)s recipients did not get it: %(names)s.",
        "%(count)s of %(total)s recipients did not get it: %(names)s.",
        len(missing),
    )
    return line % words


def _was_said(message: Message, detail: str) -> bool:
    return Card.objects.visible_to(message.owner).filter(group_key=_key(message), detail=detail[:300]).exists()


def _log_sent(message: Message, recipients: Iterable[Recipient], now: datetime, *, on_deals: bool) -> None:
    """A line for each person; for a deal one a mail, however many envelopes it goes out in."""
    text, url = _("Email sent: %(subject)s") % {"subject": _subject(message)}, threading.url(message)
    common = {"kind": "mail_sent", "text": text, "url": url, "actor": message.owner, "only_for": message.owner, "at": now}
    for person in {one.person_id: one.person for one in recipients if one.person}.values():
        timeline.log(person=person, **common)  # type: ignore[arg-type]
    for deal in message.thread.deals.all() if on_deals else ():
        timeline.log(deal=deal, **common)  # type: ignore[arg-type]


def _card(message: Message, title: str, detail: str, now: datetime, *, key: str = "", kind: str = "mail_failed") -> None:
    feed.notify(
        user=message.owner,
        kind=kind,
        title=title % {"subject": _subject(message)},
        detail=detail,
        group_key=key or _key(message),
        url=threading.url(message),
        now=now,
    )


def _key(message: Message) -> str:
    return f"delivery:{message.pk}"


def _subject(message: Message) -> str:
    return message.subject or _("(no subject)")
