"""What of a mail lies in the provider's Sent folder: which of its tracked copies, which clean ones, and what that proves. Changes nothing.

A tracked copy is known by our own signature in its HTML, of a copy of this very mail: headers, markup and even the Message-ID are what
providers rewrite, and nobody else can have made such an address. So is an envelope that asks for consent, by the link to its answer.
What carries none is taken for clean and is never deleted.
"""

import email
from dataclasses import dataclass

from django.db.models import Q

from mail import consent_block, imap, sent_copies
from mail.models import Delivery, Message
from tracking.cleaning import copies_in, questions_in
from tracking.models import Copy

OURS_THERE = (Message.Filing.PENDING, Message.Filing.WATCHED, Message.Filing.FILED)  # then a clean one may be the one that we filed
MOST = 100  # messages with one Message-ID that are read in one look
HEADS = (256 * 1024, 4 * 1024 * 1024)  # bytes read of a message: its HTML comes before its files; the second when the first holds nothing


@dataclass(frozen=True)
class Carried:
    """The copies that a mail's HTML belongs to by our signature, and what its links to our questions carry."""

    copies: set[int]
    questions: set[str]


@dataclass(frozen=True)
class Seen:
    """UIDs of one folder: `tracked` with what each is (a copy's public id; minus the number of an envelope that asks), and `clean`."""

    tracked: dict[int, set[int]]
    clean: list[int]

    @property
    def is_nothing(self) -> bool:
        return not self.tracked and not self.clean


def look(message: Message, mailbox: imap.Mailbox, folder: str) -> Seen:
    """Find the mail in a folder, by the Message-ID that we gave and those that the provider gave instead. Raises ServerFault."""
    message_ids = _message_ids(message)
    found = mailbox.find(folder, message_ids)
    if not sent_copies.is_to_be_replaced(message):
        return Seen({}, found)
    tracked, clean = {}, []
    for uid in found[-MOST:]:
        message_id, carried = _read(mailbox, uid)
        if message_id not in message_ids:
            continue
        if own := _own(message, carried):
            tracked[uid] = own
        else:
            clean.append(uid)
    return Seen(tracked, clean)


def _own(message: Message, carried: "Carried") -> set[int]:
    """What is there of this very mail."""
    copies = message.tracked_mail.copies.filter(public_id__in=carried.copies) if message.tracked_mail else Copy.objects.none()
    asking = consent_block.asked_in(message, carried.questions) if carried.questions else ()
    return {*copies.values_list("public_id", flat=True), *(-pk for pk in asking)}


def is_in_sent(delivery: Delivery) -> bool:
    """Whether the provider's Sent folder proves that an uncertain envelope has left. Raises ServerFault."""
    message = delivery.message
    if message.account is None or not message.account.imap_host:
        return False
    with imap.connected(message.account) as mailbox:
        return proves(look(message, mailbox, mailbox.sent_folder()), delivery)


def proves(seen: Seen, delivery: Delivery) -> bool:
    """Whether more of the same copy lie there than were confirmed: other envelopes and our clean copy have the same Message-ID."""
    message, copy = delivery.message, delivery.copy
    others = message.deliveries.exclude(pk=delivery.pk)
    if not others.exists():
        return not seen.is_nothing
    if copy and copy.is_tracked:
        confirmed = others.filter(status=Delivery.Status.SENT, copy=copy).count()
        return sum(copy.public_id in found for found in seen.tracked.values()) > confirmed
    if consent_block.is_in(message.body_html):
        return any(-delivery.pk in found for found in seen.tracked.values())
    untracked = others.filter(Q(copy=None) | Q(copy__is_tracked=False), status=Delivery.Status.SENT).count()
    return len(seen.clean) > max(untracked, message.filing in OURS_THERE)


def _message_ids(message: Message) -> list[str]:
    given = message.deliveries.values_list("provider_message_id", flat=True)
    return [one for one in dict.fromkeys([message.message_id, message.provider_message_id, *given]) if one]


def _read(mailbox: imap.Mailbox, uid: int) -> tuple[str, "Carried"]:
    """A message's Message-ID, and what of ours its HTML carries."""
    message_id, carried = "", Carried(set(), set())
    for size in HEADS:
        head = mailbox.head(uid, size)
        message_id, carried, is_whole = _parsed(head)
        if carried.copies or carried.questions or is_whole or len(head) < size:
            break
    return message_id, carried


def _parsed(head: bytes) -> tuple[str, "Carried", bool]:
    """The same of a message's beginning, and whether that goes beyond its HTML."""
    mail = email.message_from_bytes(head)
    parts = [part for part in mail.walk() if not part.is_multipart()]
    written = [part for part in parts if part.get_content_type() == "text/html"]
    bodies = [part.get_payload(decode=True) for part in written]
    read = "\n".join(body.decode("latin-1") for body in bodies if isinstance(body, bytes))  # our addresses are ASCII in every charset
    is_whole = bool(written) and written[-1] is not parts[-1]
    return str(mail["Message-ID"] or "").strip(), Carried(copies_in(read), questions_in(read)), is_whole
