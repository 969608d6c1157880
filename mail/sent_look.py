"""What of a mail lies in the provider's Sent folder: which of its tracked copies, which clean ones, and what that proves. Changes nothing.

A tracked copy is known by our own signature in its HTML, of a copy of this very mail: headers, markup and even the Message-ID are what
providers rewrite, and nobody else can have made such an address. What carries none is taken for clean and is never deleted.
"""

import email
from dataclasses import dataclass

from mail import imap
from mail.models import Delivery, Message
from tracking.cleaning import copies_in

MOST = 100  # messages with one Message-ID that are read in one look
HEADS = (256 * 1024, 4 * 1024 * 1024)  # bytes read of a message: its HTML comes before its files; the second when the first holds nothing


@dataclass(frozen=True)
class Seen:
    """UIDs of one folder: `tracked` with the public ids of the copies that each is, and `clean`."""

    tracked: dict[int, set[int]]
    clean: list[int]

    @property
    def is_nothing(self) -> bool:
        return not self.tracked and not self.clean


def look(message: Message, mailbox: imap.Mailbox, folder: str) -> Seen:
    """Find the mail in a folder, by the Message-ID that we gave and those that the provider gave instead. Raises ServerFault."""
    message_ids = _message_ids(message)
    found = mailbox.find(folder, message_ids)
    if message.tracked_mail is None:
        return Seen({}, found)
    own = set(message.tracked_mail.copies.values_list("public_id", flat=True))
    tracked, clean = {}, []
    for uid in found[-MOST:]:
        message_id, copies = _read(mailbox, uid)
        if message_id in message_ids and copies & own:
            tracked[uid] = copies & own
        elif message_id in message_ids:
            clean.append(uid)
    return Seen(tracked, clean)


def is_in_sent(delivery: Delivery) -> bool:
    """Whether the provider's Sent folder proves that an uncertain envelope has left. Raises ServerFault."""
    message = delivery.message
    if message.account is None or not message.account.imap_host:
        return False
    with imap.connected(message.account) as mailbox:
        return proves(look(message, mailbox, mailbox.sent_folder()), delivery)


def proves(seen: Seen, delivery: Delivery) -> bool:
    """Whether more of the same copy lie there than were confirmed: other envelopes and our clean copy have the same Message-ID."""
    others = delivery.message.deliveries.exclude(pk=delivery.pk)
    if not others.exists():
        return not seen.is_nothing
    confirmed = others.filter(status=Delivery.Status.SENT, copy=delivery.copy).count()
    if delivery.copy is None:
        return len(seen.clean) > confirmed
    return sum(delivery.copy.public_id in copies for copies in seen.tracked.values()) > confirmed


def _message_ids(message: Message) -> list[str]:
    given = message.deliveries.values_list("provider_message_id", flat=True)
    return [one for one in dict.fromkeys([message.message_id, message.provider_message_id, *given]) if one]


def _read(mailbox: imap.Mailbox, uid: int) -> tuple[str, set[int]]:
    """A message's Message-ID, and the copies whose tracking its HTML carries."""
    message_id, copies = "", set[int]()
    for size in HEADS:
        head = mailbox.head(uid, size)
        message_id, copies, is_whole = _parsed(head)
        if copies or is_whole or len(head) < size:
            break
    return message_id, copies


def _parsed(head: bytes) -> tuple[str, set[int], bool]:
    """The same of a message's beginning, and whether that goes beyond its HTML."""
    mail = email.message_from_bytes(head)
    parts = [part for part in mail.walk() if not part.is_multipart()]
    written = [part for part in parts if part.get_content_type() == "text/html"]
    bodies = [part.get_payload(decode=True) for part in written]
    found = [copies_in(body.decode("latin-1")) for body in bodies if isinstance(body, bytes)]  # our addresses are ASCII in every charset
    is_whole = bool(written) and written[-1] is not parts[-1]
    return str(mail["Message-ID"] or "").strip(), set().union(*found), is_whole
