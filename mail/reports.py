"""What a returned mail says: whom it did not reach and why (RFC 3464), and which mail it was. Pure: bytes in, values out."""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Part
from email.utils import parseaddr
from typing import Any

from tracking.cleaning import copies_in

SENDERS = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|microsoftexchange[0-9a-f]*)", re.IGNORECASE)
MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")
LONGEST = 500  # characters of a reason


@dataclass(frozen=True)
class Report:
    """A mail that came back: what is known of it."""

    failed: dict[str, str]  # address in lower case → the server's words; empty when it does not say in a form that programs read
    message_ids: frozenset[str]
    copies: frozenset[int]  # public ids of the copies whose tracking the returned mail carries


def read(raw: bytes) -> Report | None:
    """The report in a mail; None when it is none, or only speaks of a delay. The end of the mail may be missing."""
    mail = email.message_from_bytes(raw)
    statuses = [part for part in mail.walk() if part.get_content_type() == "message/delivery-status"]
    failed = {address: reason for part in statuses for address, reason in _failed(part)}
    if not failed and (statuses or not _is_from_a_server(mail)):
        return None
    return Report(failed, frozenset(_message_ids(mail)), frozenset(_copies(mail)))


def _is_from_a_server(mail: Part) -> bool:
    address = parseaddr(str(mail["From"] or ""))[1]
    return SENDERS.fullmatch(address.partition("@")[0]) is not None


def _failed(status: Part) -> Iterator[tuple[str, str]]:
    """The recipients that were given up, with the reason (RFC 3464 2.3)."""
    blocks = status.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        recipient = _value(block, "Final-Recipient") or _value(block, "Original-Recipient")
        if _text(block, "Action").lower() == "failed" and "@" in recipient:
            words = f"{_text(block, 'Status')} {_value(block, 'Diagnostic-Code')}".split()
            yield recipient.strip("<>").casefold(), " ".join(words)[:LONGEST]


def _value(block: Any, name: str) -> str:
    """What stands behind the type: "rfc822; anna@acme.test"."""
    return _text(block, name).rpartition(";")[2].strip() if name != "Diagnostic-Code" else _text(block, name).partition(";")[2].strip()


def _text(block: Any, name: str) -> str:
    return str(block[name] or "").strip()


def _message_ids(mail: Part) -> set[str]:
    """Of the mails that it encloses, whole or by their headers."""
    enclosed = [part for part in mail.walk() if part is not mail and part["Message-ID"]]
    heads = [part for part in mail.walk() if part.get_content_type() == "text/rfc822-headers"]
    texts = [str(part["Message-ID"]) for part in enclosed] + [_body(part) for part in heads]
    return {found for text in texts for found in MESSAGE_ID.findall(text)}


def _copies(mail: Part) -> set[int]:
    texts = [_body(part) for part in mail.walk() if part.get_content_maintype() == "text"]
    return {copy for text in texts for copy in copies_in(text)}


def _body(part: Part) -> str:
    content = part.get_payload(decode=True)
    return content.decode("latin-1") if isinstance(content, bytes) else ""  # all that is looked for is ASCII
