"""What became of a delivery: written down in one transaction, and then told to the person.

Each function changes a row only while the caller's claim on it holds and answers whether it did; running twice does no harm.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.records import timeline
from mail import claims, outbox, sent_copies, threading
from mail.faults import Kind, Reply, ServerFault, of_refusal
from mail.models import Account, Delivery, Message, Recipient
from notifications import feed
from tracking import instrument

logger = logging.getLogger(__name__)
Status = Delivery.Status
MINUTE = timedelta(minutes=1)
DELAYS = [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 60 * MINUTE, 120 * MINUTE, 240 * MINUTE]  # then the last, again and again
QUOTA_DELAY = 60 * MINUTE  # at least: asking more often only prolongs the block
GIVE_UP = timedelta(days=4)  # RFC 5321 4.5.4.1
MAX_CRASHES = 8  # attempts that ended without an outcome
WORTH_TELLING = 3  # failed attempts, about twenty minutes, until a mail that waits is told of
PROVIDER_ID = re.compile(r"<[^<>\s]+@[^<>\s]+\.outlook\.com>", re.IGNORECASE)
AMAZON = re.compile(r"email-smtp\.([a-z0-9-]+)\.amazonaws\.com$", re.IGNORECASE)
AMAZON_ID = re.compile(r"\bOk ([0-9a-z-]{20,})", re.IGNORECASE)


def sent(delivery: Delivery, *, reply: Reply, refused: Mapping[str, Reply], now: datetime) -> bool:
    """The server took the mail. Recipients refused for now go on in a delivery of their own: nobody gets it twice."""
    with transaction.atomic():
        was_open = (Status.TRANSMITTING, Status.UNCERTAIN)
        if not claims.settle(delivery, *was_open, status=Status.SENT, sent_at=now, error="", smtp_reply=str(reply)[:500]):
            return False
        later = _note_refusals(delivery, refused)
        if later:
            _split(delivery, later, refused, now)
        is_first = _mark_sent(delivery.message, reply, now)
        if delivery.copy:
            instrument.mark_dispatched(copy=delivery.copy, at=now)
    _tell(delivery.message, lambda: _tell_sent(delivery, now, is_first=is_first))
    return True


def failed(delivery: Delivery, fault: ServerFault, *, refused: Mapping[str, Reply], now: datetime) -> bool:
    """The mail was not sent: it is tried again when the fault may pass, until `GIVE_UP`; else the person is told."""
    with translation.override(delivery.message.owner.language), transaction.atomic():
        _note_refusals(delivery, refused)
        reply = fault.reply or next(iter(refused.values()), None)
        words = {"error": fault.sentence[:500], "smtp_reply": str(reply or "")[:500]}
        due_at = now + _delay(delivery.attempts, fault.kind)
        if fault.is_passing and due_at - delivery.queued_at < GIVE_UP:
            done = claims.settle(delivery, *claims.HELD, status=Status.RETRY, next_attempt_at=due_at, **words)
        else:
            done = claims.settle(delivery, *claims.HELD, status=Status.FAILED, **words)
    _remember_fault(delivery.message.account, fault)
    if done:
        _tell(delivery.message, lambda: _tell_not_sent(delivery, now))
    return done


def refused_all(delivery: Delivery, fault_of: Callable[[Kind, Reply], ServerFault], *, refused: Mapping[str, Reply], now: datetime) -> bool:
    """No recipient was accepted: those refused for now are tried again, alone."""
    first = next((reply for reply in refused.values() if reply.is_passing), next(iter(refused.values())))
    kind = of_refusal(first, Kind.RECIPIENTS_REFUSED)
    return failed(delivery, fault_of(kind, first), refused=refused, now=now)


def unsendable(delivery: Delivery, sentence: str, *, now: datetime) -> bool:
    """The mail cannot even be put together, or its account is gone; only the person can mend that."""
    done = claims.settle(delivery, Status.SENDING, status=Status.FAILED, error=sentence[:500])
    if done:
        _tell(delivery.message, lambda: _tell_not_sent(delivery, now))
    return done


def uncertain(delivery: Delivery, *, now: datetime) -> bool:
    """No answer came after the final dot. It is never sent again by itself: Sent is searched, else a person decides."""
    with translation.override(delivery.message.owner.language):
        error = _("The server took the mail and then did not confirm it. Ask the recipient, or send it again.")
    done = claims.settle(delivery, Status.TRANSMITTING, status=Status.UNCERTAIN, error=error, searches=0, next_attempt_at=now)
    if done:
        _tell(delivery.message, lambda: outbox.tell_tabs(delivery.message))
    return done


def interrupted(delivery: Delivery, *, now: datetime) -> bool:
    """A worker died over it: back to the queue if nothing had left yet, else uncertain."""
    if delivery.status == Status.TRANSMITTING:
        return uncertain(delivery, now=now)
    if delivery.attempts >= MAX_CRASHES:
        with translation.override(delivery.message.owner.language):
            return unsendable(
                delivery, _("Sending was broken off again and again. Send it once more, perhaps with smaller files."), now=now
            )
    wait = timedelta(0) if delivery.attempts <= 1 else _delay(delivery.attempts, Kind.BUSY)
    done = claims.settle(delivery, Status.SENDING, status=Status.QUEUED, next_attempt_at=now + wait)
    if done:
        _tell(delivery.message, lambda: outbox.tell_tabs(delivery.message))
    return done


def confirm_sent(*, message: Message, now: datetime) -> None:
    """The person knows that an uncertain mail arrived."""
    for delivery in message.deliveries.filter(status=Status.UNCERTAIN).select_related("message__owner", "message__thread", "copy"):
        sent(delivery, reply=Reply(-1, ""), refused={}, now=now)


def left_to_the_person(delivery: Delivery, *, now: datetime) -> None:
    """Every search was in vain: say that only looking or asking can tell."""
    _tell(delivery.message, lambda: _card(delivery.message, _("Perhaps sent: %(subject)s"), delivery.error, now))


def _delay(attempts: int, kind: Kind) -> timedelta:
    delay = DELAYS[min(max(attempts, 1), len(DELAYS)) - 1]
    return max(delay, QUOTA_DELAY) if kind == Kind.QUOTA else delay


def _note_refusals(delivery: Delivery, refused: Mapping[str, Reply]) -> list[Recipient]:
    """Keep the server's words with the refused addresses; answers those whose refusal may pass."""
    recipients = [one for one in delivery.recipients.all() if one.email in refused]
    for one in recipients:
        if not refused[one.email].is_passing:
            Recipient.objects.filter(pk=one.pk).update(refusal=str(refused[one.email])[:500])
    return [one for one in recipients if refused[one.email].is_passing]


def _split(delivery: Delivery, later: list[Recipient], refused: Mapping[str, Reply], now: datetime) -> None:
    rest = Delivery.objects.create(
        message=delivery.message,
        copy=delivery.copy,
        status=Status.RETRY,
        attempts=1,
        queued_at=delivery.queued_at,
        next_attempt_at=now + _delay(1, Kind.BUSY),
        smtp_reply=str(refused[later[0].email])[:500],
    )
    rest.recipients.set(later)
    delivery.recipients.remove(*later)


def _mark_sent(message: Message, reply: Reply, now: datetime) -> bool:
    """Move the mail to Sent with the first of its envelopes that a server took; answers whether this was the first."""
    changes = {
        "folder": Message.Folder.SENT,
        "sent_at": now,
        "at": now,
        "updated_at": now,
        "provider_message_id": provider_message_id(message, reply),
        "filing": sent_copies.wanted(message),
        "filing_due_at": now,
    }
    if not Message.objects.filter(pk=message.pk, sent_at=None).update(**changes):
        return False
    for name, value in changes.items():
        setattr(message, name, value)
    threading.touch(message.thread, now=now)
    return True


def provider_message_id(message: Message, reply: Reply) -> str:
    """The Message-ID that the provider gave in place of ours, as Outlook and Amazon SES do."""
    found = PROVIDER_ID.search(reply.text)
    if found:
        return found.group() if found.group() != message.message_id else ""
    amazon = AMAZON.search(message.account.smtp_host) if message.account else None
    number = AMAZON_ID.search(reply.text) if amazon else None
    return f"<{number[1]}@{amazon[1]}.amazonses.com>" if amazon and number else ""


def _remember_fault(account: Account | None, fault: ServerFault) -> None:
    if account and not fault.is_passing and fault.kind not in (Kind.RECIPIENTS_REFUSED, Kind.TOO_LARGE, Kind.NO_UTF8, Kind.REFUSED):
        Account.objects.filter(pk=account.pk).update(last_error=fault.sentence[:500])


def account_works(account: Account) -> None:
    """A mail went through: forget what was wrong."""
    Account.objects.filter(~Q(last_error=""), pk=account.pk).update(last_error="")


def _tell(message: Message, tell: Callable[[], object]) -> None:
    """Tell the person, in their language; whatever goes wrong here cannot undo what became of the mail."""
    try:
        with translation.override(message.owner.language), transaction.atomic():
            tell()
    except Exception:
        logger.exception("What became of message %s could not be told.", message.pk)


def _tell_sent(delivery: Delivery, now: datetime, *, is_first: bool) -> None:
    message = delivery.message
    outbox.tell_tabs(message)
    if delivery.recipients.filter(refusal="").exists():
        _log_sent(message, delivery.recipients.filter(refusal="").select_related("person__organisation"), now, on_deals=is_first)
    refused = outbox.refused(message).count()
    if refused:
        text = ngettext("%(count)s recipient was refused.", "%(count)s recipients were refused.", refused) % {"count": refused}
        _card(message, _("Not sent to everybody: %(subject)s"), text, now)


def _log_sent(message: Message, recipients: Iterable[Recipient], now: datetime, *, on_deals: bool) -> None:
    """A line for each person; for a deal one a mail, however many envelopes it goes out in."""
    text, url = _("Email sent: %(subject)s") % {"subject": _subject(message)}, threading.url(message)
    common = {"kind": "mail_sent", "text": text, "url": url, "actor": message.owner, "only_for": message.owner, "at": now}
    for person in {one.person_id: one.person for one in recipients if one.person}.values():
        timeline.log(person=person, **common)  # type: ignore[arg-type]
    for deal in message.thread.deals.all() if on_deals else ():
        timeline.log(deal=deal, **common)  # type: ignore[arg-type]


def _tell_not_sent(delivery: Delivery, now: datetime) -> None:
    outbox.tell_tabs(delivery.message)
    if delivery.status == Status.FAILED:
        _card(delivery.message, _("Not sent: %(subject)s"), delivery.error, now)
    elif delivery.attempts == WORTH_TELLING:
        _card(delivery.message, _("Not sent yet: %(subject)s"), delivery.error, now)


def _card(message: Message, title: str, detail: str, now: datetime) -> None:
    feed.notify(
        user=message.owner,
        kind="mail_failed",
        title=title % {"subject": _subject(message)},
        detail=detail,
        group_key=f"delivery:{message.pk}",
        url=threading.url(message),
        now=now,
    )


def _subject(message: Message) -> str:
    return message.subject or _("(no subject)")
