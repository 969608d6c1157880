"""The provider's Sent folder, looked after: tracked copies that it filed by itself are deleted, and then the one clean copy is put there.

In this order, because Gmail takes a second message with the same Message-ID for the first. That the clean copy is owed is written down
before anything is deleted, so that whatever fails or dies in between, the mail comes back to Sent. Nothing here ever sends.
"""

import logging
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from crm.lib.encryption import CannotDecrypt
from mail import imap, outcomes, rendering, sent_copies, sent_look
from mail.faults import Kind, Reply, ServerFault
from mail.models import Delivery, Message
from mail.sent_look import Seen

logger = logging.getLogger(__name__)
Filing = Message.Filing
LONGEST_VISIT = 120.0  # seconds after which no further mail of an account is begun; the others stay due


class CannotClean(Exception):
    """A tracked copy stays in Sent; the text says why."""


def tend(*, now: datetime) -> None:
    """Look after the Sent folders in which something is due, each over one connection. Any number of workers may run it at once."""
    for _account, messages in groupby(sent_copies.due(now=now), key=lambda message: message.account_id):
        _Visit(now).tend(messages)


@dataclass(frozen=True)
class _Place:
    """Where an account's sent mail lies; `trash` is the only way out of it at Gmail, and not used elsewhere."""

    mailbox: imap.Mailbox
    sent: str
    trash: str | None


class _Visit:
    """The due mails of one account; when its server cannot be used, the rest is put off unasked."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._ends_at = time.monotonic() + LONGEST_VISIT
        self._place: _Place | None = None
        self._is_broken = False
        self._open = ExitStack()

    def tend(self, messages: Iterable[Message]) -> None:
        with self._open:
            for message in messages:
                if time.monotonic() > self._ends_at:
                    return
                if sent_copies.claim(message, now=self.now):
                    self._take_up(message)

    def _take_up(self, message: Message) -> None:
        try:
            if self._is_broken or not self._is_tended(message):
                sent_copies.put_off(message, now=self.now)
        except sent_copies.ClaimLost:
            logger.info("Message %s is looked after by another worker, or anew.", message.pk)

    def _is_tended(self, message: Message) -> bool:
        try:
            self._tend(message)
        except (ServerFault, CannotDecrypt, rendering.CannotRender, CannotClean) as error:
            logger.warning("Sent could not be looked after for message %s: %s %s", message.pk, type(error).__name__, _why(error))
            self._is_broken = self._place is None or (isinstance(error, ServerFault) and error.kind != Kind.REFUSED)
            return False
        return True

    def _tend(self, message: Message) -> None:
        account = message.account
        if account is None or not account.imap_host:
            sent_copies.change(message, filing=Filing.NONE)
            return
        self._place = self._place or _place(self._open.enter_context(imap.connected(account)))
        _look_after(message, self._place, self.now)


def _why(error: Exception) -> str:
    if isinstance(error, ServerFault):
        return error.kind
    return str(error) if isinstance(error, CannotClean) else ""  # others name what the person wrote


def _place(mailbox: imap.Mailbox) -> _Place:
    return _Place(mailbox, mailbox.sent_folder(), mailbox.trash_folder() if mailbox.is_gmail else None)


def _look_after(message: Message, place: _Place, now: datetime) -> None:
    """Look what lies in Sent of one mail, and do what is due. Raises ServerFault, CannotRender, CannotClean, ClaimLost."""
    seen = sent_look.look(message, place.mailbox, place.sent)
    _settle_doubts(message, seen, now)
    if _is_received_too(message, place.mailbox, seen):
        sent_copies.change(message, filing=Filing.PROVIDER)
    elif message.filing == Filing.AWAITED and seen.is_nothing and not sent_copies.is_last_look(message):
        sent_copies.note_look(message, is_filed=False, has_found=False, now=now)
    else:
        _clean(message, place, seen)
        sent_copies.note_look(message, is_filed=True, has_found=bool(seen.tracked), now=now)


def _clean(message: Message, place: _Place, seen: Seen) -> None:
    if seen.tracked and place.mailbox.is_gmail and place.trash is None:
        raise CannotClean("the server shows no Trash by IMAP")
    if not seen.clean and (seen.tracked or message.filing != Filing.WATCHED):  # else the person took the clean one away
        _replace(message, place, seen)
    elif seen.tracked:
        sent_copies.change(message)
        _remove(message, place, seen)


def _replace(message: Message, place: _Place, seen: Seen) -> None:
    """The clean copy in place of the tracked ones, of which there may be none. Unless it can be put together, nothing is deleted."""
    clean = rendering.render(message, html=message.body_html, bcc=message.recipients.all())
    was_owed = message.filing == Filing.PENDING
    sent_copies.change(message, filing=Filing.PENDING)
    if seen.tracked or was_owed:  # a worker may have died while the copy was in Trash
        _remove(message, place, seen)
        sent_copies.change(message)
    place.mailbox.file(place.sent, clean, message.dated_at or message.at)
    if seen.tracked or place.mailbox.is_gmail:
        after = sent_look.look(message, place.mailbox, place.sent)
        if after.tracked and not after.clean:
            raise CannotClean("the server took the clean copy for a tracked one")


def _remove(message: Message, place: _Place, seen: Seen) -> None:
    """Delete the tracked copies that were seen in Sent, the folder opened last; at Gmail they would only go to All Mail."""
    if place.trash is None:
        place.mailbox.delete(list(seen.tracked))
        return
    place.mailbox.move(list(seen.tracked), place.trash)
    place.mailbox.delete(list(sent_look.look(message, place.mailbox, place.trash).tracked))


def _is_received_too(message: Message, mailbox: imap.Mailbox, seen: Seen) -> bool:
    """Whether the sender got the mail as well: Gmail has it once only, and to delete it from Sent would delete it from the inbox."""
    if not seen.tracked or not mailbox.is_gmail:
        return False
    is_own_recipient = message.recipients.filter(email__iexact=mailbox.account.email).exists()
    return is_own_recipient or any(mailbox.is_in_inbox(uid) for uid in seen.tracked)


def _settle_doubts(message: Message, seen: Seen, now: datetime) -> None:
    """What lies there may prove that an envelope in doubt has left, and can do so only until it is deleted."""
    doubts = message.deliveries.filter(status=Delivery.Status.UNCERTAIN).select_related("message__owner", "message__thread", "copy__mail")
    for delivery in doubts:
        if seen.tracked and sent_look.proves(seen, delivery):
            outcomes.sent(delivery, reply=Reply(-1, delivery.smtp_reply), refused={}, now=now)
