"""Sends what is due: each row claimed, put together, brought to the final dot and settled.

The moment that cannot be undone is the final dot. TRANSMITTING is committed before DATA, so that a process that dies
anywhere leaves a row that says whether the mail can have left: SENDING cannot, TRANSMITTING can.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.lib.encryption import CannotDecrypt
from mail import (
    addresses,
    claims,
    consent_block,
    copies,
    deciding,
    notice,
    outbox,
    outcomes,
    pacing,
    rendering,
    sent_copies,
    sent_folder,
    sent_look,
    smtp,
    telling,
)
from mail.faults import Kind, Reply, ServerFault
from mail.models import Account, Delivery
from tracking import instrument

logger = logging.getLogger(__name__)
Status = Delivery.Status
Clock = Callable[[], datetime]
LOOK_AHEAD = timedelta(seconds=30)
RECORDING_PAUSES = (0.2, 1, 3, 10, 20)  # seconds between tries to write down an outcome while the database is away


@dataclass(frozen=True)
class Envelope:
    """What goes over the wire: RFC 5321's sender and recipients (as rows' addresses by wire spelling), and the mail."""

    sender: str
    recipients: dict[str, str]
    data: bytes
    needs_utf8: bool


def send_due(*, clock: Clock = timezone.now, patience: smtp.Patience = smtp.PATIENT) -> None:
    """Send all that is due, file the copies, look after what was left uncertain. Any number of workers may run it at once."""
    recover(now=clock())
    with ExitStack() as open_rounds:
        rounds = [_Round(account, clock, patience) for account in claims.accounts_waiting(clock())]
        for one in rounds:
            open_rounds.callback(one.close)
        _send_round_by_round(rounds)
    sent_folder.tend(now=clock())
    reconcile(now=clock())


def until_next(*, now: datetime) -> float | None:
    """Seconds until the next mail comes due; None when that is further away than the schedule's next look."""
    ahead = Delivery.objects.due(now + LOOK_AHEAD).filter(next_attempt_at__gt=now).order_by("next_attempt_at")
    next_at = ahead.values_list("next_attempt_at", flat=True).first()
    return (next_at - now).total_seconds() if next_at else None


def _send_round_by_round(rounds: list["_Round"]) -> None:
    """Always the one that may go on first: while one account rests, another one's mail leaves."""
    while rounds:
        current = min(rounds, key=lambda one: one.ready_at)
        goes_on = False
        with _survived(f"The mail of account {current.account}"):
            goes_on = current.go_on()
        if not goes_on:
            current.close()
            rounds.remove(current)


def recover(*, now: datetime) -> None:
    """Take up what dead workers left behind."""
    for delivery in claims.stale(now):
        with _survived(f"Delivery {delivery.pk}"):
            outcomes.interrupted(delivery, now=now)


def reconcile(*, now: datetime) -> None:
    """Search Sent for uncertain mails: what lies there was sent; after the last search in vain the person decides."""
    for delivery in sent_copies.claim_searches(now=now):
        with _survived(f"Delivery {delivery.pk}"):
            _search(delivery, now)


def _search(delivery: Delivery, now: datetime) -> None:
    try:
        is_there = sent_look.is_in_sent(delivery)
    except ServerFault as fault:
        logger.warning("Sent could not be searched for message %s: %s", delivery.message_id, fault.kind)
        is_there = False
    if is_there:
        outcomes.sent(delivery, reply=Reply(-1, delivery.smtp_reply), refused={}, now=now)
    elif sent_copies.is_last_search(delivery):
        telling.perhaps_sent(delivery, now=now)


class _Round:
    """The due mail of one account over one connection, an envelope at a time.

    Between two copies of a mail it rests, the next envelope in its hands, so that nobody else takes the account up; the
    worker sends other accounts' mail meanwhile. A server that cannot be used, or asks to be left alone, is asked once.
    """

    def __init__(self, account: int | None, clock: Clock, patience: smtp.Patience) -> None:
        self.account = account
        self.clock = clock
        self.patience = patience
        self.ready_at = 0.0  # on time.monotonic's clock
        self._line: smtp.Connection | None = None
        self._broken: ServerFault | None = None
        self._claimed: Delivery | None = None
        self._last_mail: int | None = None
        self._claim = ExitStack()

    def go_on(self) -> bool:
        """Send until nothing is due (False) or a rest is needed (True)."""
        time.sleep(max(self.ready_at - time.monotonic(), 0))
        while delivery := self._claimed or self._take():
            if self.ready_at > time.monotonic():
                return True
            with self._claim:
                self._send(delivery)
            self._claimed = None
        return False

    def close(self) -> None:
        """Hang up. An envelope still in hand is taken up by others when its claim has gone stale."""
        self._claim.close()
        if self._line:
            self._line.close()

    def _take(self) -> Delivery | None:
        delivery = self._claimed = claims.claim_next(self.account, self.clock())
        if delivery:
            self._claim.enter_context(claims.kept(delivery))
            if delivery.message_id == self._last_mail and not self._broken:
                self.ready_at = time.monotonic() + pacing.pause(delivery.message.account)
            self._last_mail = delivery.message_id
        return delivery

    def _send(self, delivery: Delivery) -> None:
        outbox.tell_tabs(delivery.message)
        server = _server(delivery, self.clock)
        if server is None:
            return
        self._line = self._line or smtp.Connection(server, self.patience)
        if self._broken:
            outcomes.failed(delivery, self._broken, refused={}, now=self.clock())
        else:
            self._broken = _send(delivery, self._line, self.clock)


def _server(delivery: Delivery, clock: Clock) -> smtp.Server | None:
    """Where the delivery goes; None, and the person told, when the account cannot say it any more."""
    try:
        if delivery.message.account:
            return smtp.server_of(delivery.message.account)
    except CannotDecrypt:
        _cannot(delivery, _("The password of the mail account cannot be read any more. Enter it again under Email sync."), clock)
    else:
        _cannot(delivery, _("The mail account was removed. Choose another one and send it again."), clock)
    return None


def _send(delivery: Delivery, line: smtp.Connection, clock: Clock) -> ServerFault | None:
    """One delivery to its outcome; answers the fault when the account's other mail had better not be tried now."""
    try:
        envelope = _envelope(delivery, now=clock())
    except rendering.CannotRender as error:
        _cannot(delivery, _("A part of the mail cannot be read: %(name)s. Remove it and attach it again.") % {"name": error}, clock)
        return None
    except Exception:
        logger.exception("Message %s could not be put together.", delivery.message_id)
        _cannot(delivery, _("The mail could not be put together; the log of the server says why."), clock)
        return None
    try:
        if not line.is_open:
            line.open()
    except ServerFault as fault:
        outcomes.failed(delivery, fault, refused={}, now=clock())
        return fault
    return _hand_over(delivery, envelope, line, clock)


def _hand_over(delivery: Delivery, envelope: Envelope, line: smtp.Connection, clock: Clock) -> ServerFault | None:
    """From MAIL to the answer after the final dot; answers as `_send` does."""
    refused: dict[str, Reply] = {}
    is_refusal = False
    try:
        refused = _announce(envelope, line)
        if len(refused) == len(envelope.recipients):
            is_refusal = True
            raise outcomes.refused_all(refused, line.fault)
        if not claims.settle(delivery, Status.SENDING, status=Status.TRANSMITTING, claimed_at=clock()):
            line.cancel()
            return None
        limit = line.max_bytes
        reply = line.transmit(envelope.data)
        if not reply.is_good:
            raise line.fault_of(reply)
    except ServerFault as error:
        fault = error
    except smtp.NoFinalAnswer:
        _recorded(lambda: outcomes.uncertain(delivery, now=clock()))
        return None
    else:
        _recorded(lambda: outcomes.sent(delivery, reply=reply, refused=refused, now=clock()))
        _note_success(delivery.message.account, limit)
        return None
    line.cancel()
    _recorded(lambda: outcomes.failed(delivery, fault, refused=refused, now=clock()))
    return fault if fault.reply and fault.reply.holds_up_all(of_recipient=is_refusal) else None


def _announce(envelope: Envelope, line: smtp.Connection) -> dict[str, Reply]:
    """MAIL and RCPT, over a fresh connection when the server has closed the one that earlier mails went through."""
    try:
        return _begin(envelope, line)
    except ServerFault as fault:
        has_gone = fault.kind == Kind.CUT_OFF or (fault.reply is not None and fault.reply.code == 421)
        if not (line.is_used and has_gone):
            raise
        line.open()
        return _begin(envelope, line)


def _begin(envelope: Envelope, line: smtp.Connection) -> dict[str, Reply]:
    refused = line.begin(
        sender=envelope.sender, recipients=list(envelope.recipients), size=len(envelope.data), needs_utf8=envelope.needs_utf8
    )
    return {envelope.recipients[address]: reply for address, reply in refused.items()}


def _envelope(delivery: Delivery, *, now: datetime) -> Envelope:
    message = delivery.message
    waiting = list(delivery.recipients.filter(refusal="").values_list("email", flat=True))
    return Envelope(
        sender=addresses.to_ascii(message.from_email) or message.from_email,
        recipients={addresses.to_ascii(email) or email: email for email in waiting},
        data=mail_of(delivery, now=now),
        needs_utf8=rendering.needs_utf8([message.from_email, *message.recipients.values_list("email", flat=True)]),
    )


def mail_of(delivery: Delivery, *, now: datetime) -> bytes:
    """The bytes of one envelope: tracked, as far as its recipients allow that by now, asking them, or as it was written."""
    message = delivery.message
    if asked := consent_block.recipient_of(delivery):
        return rendering.render(message, html=consent_block.filled(delivery, asked, now=now), is_text_kept=False)
    deciding.once_more(delivery)
    bcc = copies.named_in_bcc(delivery)
    if delivery.copy is None or not delivery.copy.is_tracked:
        return rendering.render(message, html=message.body_html, bcc=bcc)
    html = instrument.instrument(message.body_html, copy=delivery.copy)
    is_touched = html != message.body_html  # where nothing is tracked, nothing is to be told
    told = notice.of(delivery.copy, language=message.owner.language) if is_touched else None
    return rendering.render(message, html=html, bcc=bcc, told=told)


def _cannot(delivery: Delivery, sentence: Promise | str, clock: Clock) -> None:
    with translation.override(delivery.message.owner.language):
        outcomes.unsendable(delivery, str(sentence), now=clock())


def _note_success(account: Account | None, max_bytes: int | None) -> None:
    if account:
        outcomes.account_works(account, max_bytes=max_bytes)


@contextmanager
def _survived(what: str) -> Iterator[None]:
    """One account's or mail's trouble does not stop the others; the database's trouble stops all, until the next look."""
    try:
        yield
    except DatabaseError:
        raise
    except Exception:
        logger.exception("%s could not be worked on.", what)


def _recorded(record: Callable[[], object]) -> None:
    """Write down what happened on the wire, patiently: if it cannot be, the row goes stale and is taken as uncertain."""
    for pause in (*RECORDING_PAUSES, None):
        try:
            record()
            return
        except (OperationalError, InterfaceError):
            if pause is None or connection.in_atomic_block:
                raise
            logger.warning("The database is away; what became of a mail is kept in memory for now.")
            connection.close()
            time.sleep(pause)
