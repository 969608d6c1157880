"""What became of a delivery: written down in one transaction, and then told to the person (by `telling`).

Each function changes a row only while the caller's claim on it holds and answers whether it did; running twice does no harm.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from mail import accounts, bounces, claims, sent_copies, telling, threading
from mail.faults import Kind, Reply, ServerFault, of_refusal
from mail.models import Account, Delivery, Message, Recipient
from tracking import instrument

Status = Delivery.Status
MINUTE = timedelta(minutes=1)
DELAYS = [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 60 * MINUTE, 120 * MINUTE, 240 * MINUTE]  # then the last, again and again
QUOTA_DELAY = 60 * MINUTE  # at least: asking more often only prolongs the block
LONGEST_WAIT = timedelta(hours=24)  # that a server may ask for
GIVE_UP = timedelta(days=4)  # RFC 5321 4.5.4.1
MAX_CRASHES = 8  # attempts that ended without an outcome
OF_ONE_MAIL = {  # or gone with the next try: nothing that its account's owner has to mend
    Kind.RECIPIENT_REFUSED,
    Kind.RECIPIENTS_REFUSED,
    Kind.TOO_LARGE,
    Kind.NO_UTF8,
    Kind.REFUSED,
    Kind.BUSY,
    Kind.QUOTA,
    Kind.CUT_OFF,
}
PROVIDER_ID = re.compile(r"<[^<>\s]{1,100}@[^<>\s]{1,100}\.outlook\.com>", re.IGNORECASE)
AMAZON = re.compile(r"email-smtp\.([a-z0-9-]+)\.amazonaws\.com$", re.IGNORECASE)
AMAZON_ID = re.compile(r"\bOk ([0-9a-z-]{20,100})\b", re.IGNORECASE)


def sent(delivery: Delivery, *, reply: Reply, refused: Mapping[str, Reply], now: datetime) -> bool:
    """The server took the mail. Recipients refused for now go on in a delivery of their own: nobody gets it twice."""
    given = provider_message_id(delivery.message, reply)
    changes = {"sent_at": now, "error": "", "smtp_reply": str(reply)[:500], "provider_message_id": given}
    with transaction.atomic():
        if not claims.settle(delivery, Status.TRANSMITTING, Status.UNCERTAIN, status=Status.SENT, **changes):
            return False
        later = _note_refusals(delivery, refused)
        if later:
            _split(delivery, later, refused, now)
        is_first = _mark_sent(delivery, now)
        if not is_first:
            sent_copies.look_again(delivery.message, now=now)
        if delivery.copy:
            instrument.mark_dispatched(copy=delivery.copy, at=now)
        bounces.expect(delivery.message, now=now)
    telling.sent(delivery, now=now, is_first=is_first)
    return True


def failed(delivery: Delivery, fault: ServerFault, *, refused: Mapping[str, Reply], now: datetime) -> bool:
    """The mail was not sent: it is tried again when the fault may pass, until `GIVE_UP`; else the person is told."""
    with translation.override(delivery.message.owner.language), transaction.atomic():
        _note_refusals(delivery, refused)
        reply = fault.reply or next(iter(refused.values()), None)
        words = {"error": fault.sentence[:500], "smtp_reply": str(reply or "")[:500]}
        due_at = now + _delay(delivery.attempts, fault.kind, reply)
        if fault.is_passing and due_at - delivery.queued_at < GIVE_UP:
            done = claims.settle(delivery, *claims.HELD, status=Status.RETRY, next_attempt_at=due_at, **words)
        else:
            done = claims.settle(delivery, *claims.HELD, status=Status.FAILED, **words)
            _note_return(delivery, now)
    _remember_fault(delivery.message.account, fault, now)
    if done:
        telling.not_sent(delivery, now=now)
    return done


def _note_return(delivery: Delivery, now: datetime) -> None:
    """Of a copy that reaches nobody, whatever loads it is no recipient."""
    others = Delivery.objects.filter(copy=delivery.copy).exclude(pk=delivery.pk)
    if delivery.copy and not others.exclude(status=Status.FAILED).exists():
        instrument.mark_returned(copy=delivery.copy, at=now)


def refused_all(refused: Mapping[str, Reply], fault_of: Callable[[Kind, Reply], ServerFault]) -> ServerFault:
    """The fault when no recipient was accepted: with one refused for now it passes, and those are tried again, alone."""
    first = next((reply for reply in refused.values() if reply.is_passing), next(iter(refused.values())))
    return fault_of(of_refusal(first, Kind.RECIPIENT_REFUSED if len(refused) == 1 else Kind.RECIPIENTS_REFUSED), first)


def unsendable(delivery: Delivery, sentence: str, *, now: datetime) -> bool:
    """The mail cannot even be put together, or its account is gone; only the person can mend that."""
    done = claims.settle(delivery, Status.SENDING, status=Status.FAILED, error=sentence[:500])
    if done:
        telling.not_sent(delivery, now=now)
    return done


def uncertain(delivery: Delivery, *, now: datetime) -> bool:
    """No answer came after the final dot. It is never sent again by itself: Sent is searched, else a person decides."""
    with translation.override(delivery.message.owner.language):
        error = _("The server took the mail and then did not confirm it. Ask the recipient, or send it again.")
    done = claims.settle(delivery, Status.TRANSMITTING, status=Status.UNCERTAIN, error=error, searches=0, next_attempt_at=now)
    if done:
        telling.moved(delivery, now=now)
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
        telling.moved(delivery, now=now)
    return done


def confirm_sent(*, message: Message, now: datetime) -> None:
    """The person knows that an uncertain mail arrived."""
    for delivery in message.deliveries.filter(status=Status.UNCERTAIN).select_related("message__owner", "message__thread", "copy"):
        sent(delivery, reply=Reply(-1, ""), refused={}, now=now)


def _delay(attempts: int, kind: Kind, reply: Reply | None = None) -> timedelta:
    """Longer from try to try; as long as the server asks for, and after a used-up quota an hour unless it says otherwise."""
    delay = DELAYS[min(max(attempts, 1), len(DELAYS)) - 1]
    if reply and reply.wait:
        return max(delay, min(reply.wait, LONGEST_WAIT))
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


def _mark_sent(delivery: Delivery, now: datetime) -> bool:
    """Move the mail to Sent with the first of its envelopes that a server took; answers whether this was the first."""
    message = delivery.message
    changes = {
        "folder": Message.Folder.SENT,
        "sent_at": now,
        "at": now,
        "updated_at": now,
        "provider_message_id": delivery.provider_message_id,  # by which most recipients' replies will know it
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


def _remember_fault(account: Account | None, fault: ServerFault, now: datetime) -> None:
    if account and fault.kind not in OF_ONE_MAIL:
        with translation.override(account.owner.language):
            accounts.fails(account, fault.sentence, now=now)


def account_works(account: Account, *, max_bytes: int | None) -> None:
    """A mail went through: forget what was wrong, and keep how large a mail the server takes."""
    accounts.works(account)
    if account.max_bytes != max_bytes:
        Account.objects.filter(pk=account.pk).update(max_bytes=max_bytes)
