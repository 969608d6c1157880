"""What a returned mail says: whom it did not reach and why (RFC 3464, and what servers write in prose), and which mail it was.

Pure: bytes in, values out.
"""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message as Part
from email.utils import getaddresses, parseaddr
from typing import Any

from mail import body, report_prose
from tracking.cleaning import copies_in

SENDERS = re.compile(
    r"(?:mailer-?daemon|mail-daemon|poo?st_?master|mail\.delivery\.sys\w*|microsoftexchange[0-9a-f]*|bounces?)", re.IGNORECASE
)
NOBODY = re.compile(r"(?:no-?reply|do-?not-?reply|sysadmin|administrator)", re.IGNORECASE)  # may be a server: only with a returned mail
EMPTY_LINE = re.compile(r"\r?\n\r?\n")
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*:")
MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")
SPOKEN = 32 * 1024  # characters of a server's prose that are read
ENCLOSED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "message/partial")
STATUSES = ("message/delivery-status", "message/global-delivery-status")


@dataclass(frozen=True)
class Report:
    """A mail that came back: what is known of it."""

    failed: dict[str, str]  # address in lower case → the server's words; empty when it does not say in a form that programs read
    message_ids: frozenset[str]
    copies: frozenset[int]  # public ids of the copies whose tracking the returned mail carries


def read(raw: bytes) -> Report | None:
    """The report in a mail; None when it is none, or only speaks of a delay. The end of the mail may be missing."""
    raw = raw if b"\n" in raw else raw.replace(b"\r", b"\n")
    return _read(email.message_from_bytes(raw), "".join(EMPTY_LINE.split(raw.decode("latin-1"), 1)[1:]))


def _read(mail: Part, written: str) -> Report | None:
    """The same of a parsed mail; `written` is all that stands below its header."""
    own = list(_own_parts(mail))
    statuses = [part for part in own if part.get_content_type() in STATUSES]
    failed = {address: reason for part in statuses for address, reason in _failed(part)}
    said, below = report_prose.split(_said(own))
    if not failed:
        if not _is_from_a_server(mail, said, own) or _goes_on(statuses) or report_prose.is_delay(_subject(mail), said):
            return None
        returned = next((found for part in own for found in _enclosed(part) if _is_by_a_server(found)), None)
        if returned:  # a server encloses another server's report
            return _read(returned, written)
        failed = _failed_in_prose(mail, said, below, own)
        if statuses and not failed:
            return None
    return Report(failed, frozenset(_message_ids(mail, f"{written}\n{below}")), frozenset(_copies(mail)))


def _own_parts(mail: Part) -> Iterator[Part]:
    """The parts of the report itself, not of the mail that it returns; an enclosed mail as a whole."""
    yield mail
    if mail.get_content_type() not in (*ENCLOSED, *STATUSES) and mail.is_multipart():
        for part in mail.get_payload():
            if isinstance(part, Part):
                yield from _own_parts(part)


def _is_from_a_server(mail: Part, said: str, own: list[Part]) -> bool:
    """Whether a mail server wrote it to say that something failed."""
    if mail.get_param("report-type") in ("feedback-report", "disposition-notification"):
        return False
    speaks_of_failure = bool(report_prose.FAILED.search(f"{_subject(mail)}\n{said}"))
    is_bounce = mail.get_param("report-type") == "delivery-status" or mail["X-Failed-Recipients"]
    if _is_by_a_server(mail) or is_bounce:
        return speaks_of_failure or bool(is_bounce)
    is_to_nobody = str(mail["Return-Path"] or "").strip() == "<>" or NOBODY.fullmatch(_writer(mail))
    return bool(is_to_nobody) and speaks_of_failure and not mail["In-Reply-To"]


def _is_by_a_server(mail: Part) -> bool:
    return SENDERS.fullmatch(_writer(mail)) is not None


def _writer(mail: Part) -> str:
    """The local part of the address that it is from, or the name in its place."""
    name, address = parseaddr(str(mail["From"] or ""))
    return (address or name).partition("@")[0]


def _enclosed(part: Part) -> list[Part]:
    """The mail that a part encloses."""
    content = part.get_payload() if part.get_content_type() in ENCLOSED else None
    return [one for one in content if isinstance(one, Part)] if isinstance(content, list) else []


def _goes_on(statuses: list[Part]) -> bool:
    """Whether the statuses say that the server goes on trying, or that the mail arrived."""
    actions = {_text(block, "Action").lower() for part in statuses for block in _blocks(part)} - {""}
    return bool(actions) and "failed" not in actions


def _failed(status: Part) -> Iterator[tuple[str, str]]:
    """The recipients that were given up, with the reason (RFC 3464 2.3)."""
    for block in _blocks(status):
        action, code = _text(block, "Action").lower(), _text(block, "Status")
        if action == "failed" or (not action and code.startswith("5")):
            words = report_prose.one_line(f"{code} {_value(block, 'Diagnostic-Code')}")
            for name in ("Final-Recipient", "Original-Recipient"):  # what a forwarder made of the address, and what it was
                recipient = _value(block, name).strip("<>")
                if "@" in recipient:
                    yield recipient.casefold(), words


def _blocks(status: Part) -> list[Any]:
    blocks = status.get_payload()
    return [block for block in blocks if isinstance(block, Part)] if isinstance(blocks, list) else []


def _failed_in_prose(mail: Part, said: str, below: str, own: list[Part]) -> dict[str, str]:
    """The same as the server's text says it; else the recipients of the returned mail that the text names, or its only one."""
    about = {address.casefold() for _name, address in getaddresses([str(mail[name] or "") for name in ("From", "To")])}
    listed = [address.casefold() for _name, address in getaddresses(mail.get_all("X-Failed-Recipients", []))]
    went_to = _recipients(own, below)
    found = report_prose.failed(said, but=about - went_to)
    if listed:
        return {address: found.get(address) or report_prose.reason(said) for address in listed}
    if found:
        return found
    named = {address for address in went_to if address in said.casefold()} or (went_to if len(went_to) == 1 else set())
    return {address: report_prose.reason(said) for address in sorted(named)}


def _recipients(own: list[Part], below: str) -> set[str]:
    """Whom the returned mail went to, by its header."""
    heads = [email.message_from_string(text) for text in (_head_in(below), *_texts_of_heads(own)) if text]
    heads += [found for part in own for found in _enclosed(part)]
    written = [str(value) for head in heads for name in ("To", "Cc") for value in head.get_all(name, [])]
    return {address.casefold() for _name, address in getaddresses(written) if "@" in address}


def _head_in(below: str) -> str:
    """The returned mail's header in the report's text, without the heading above it."""
    first, _newline, rest = below.partition("\n")
    return below if HEADER.match(first) else rest.lstrip("-=\n ")


def _texts_of_heads(own: list[Part]) -> list[str]:
    return [_body(part) for part in own if part.get_content_type() in ENCLOSED and not part.is_multipart()]


def _said(own: list[Part]) -> str:
    """What the server says to a person: its texts, above what it encloses."""
    texts, written = [], []
    for part in own:
        if part.get_content_type() in ENCLOSED:
            break
        is_torn = part.get_content_maintype() == "multipart" and not part.is_multipart()
        if part.get_content_type() == "text/plain" or is_torn:
            texts.append(_decoded(part))
        elif part.get_content_type() == "text/html":
            written.append(part)
    spoken = "\n".join(texts).strip() or (body.to_text(_decoded(written[0])) if written else "")
    return spoken.replace("\r\n", "\n").replace("\r", "\n")[:SPOKEN]


def _decoded(part: Part) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return content.decode("latin-1")


def _subject(mail: Part) -> str:
    try:
        return str(make_header(decode_header(str(mail["Subject"] or ""))))
    except (LookupError, ValueError):
        return str(mail["Subject"])


def _value(block: Any, name: str) -> str:
    """What stands behind the type: "rfc822; anna@acme.test"."""
    return _text(block, name).rpartition(";")[2].strip() if name != "Diagnostic-Code" else _text(block, name).partition(";")[2].strip()


def _text(block: Any, name: str) -> str:
    return str(block[name] or "").strip()


def _message_ids(mail: Part, written: str) -> set[str]:
    """Of the mails that it encloses, whole or by their headers, wherever, and of the one that it says it answers."""
    enclosed = [part for part in mail.walk() if part is not mail and part["Message-ID"]]
    heads = [part for part in mail.walk() if part.get_content_type() == "text/rfc822-headers"]
    answered = [str(mail[name] or "") for name in ("In-Reply-To", "References")]
    texts = [str(part["Message-ID"]) for part in enclosed] + answered + _id_lines(written)
    texts += [line for part in heads for line in _id_lines(_body(part))]
    return {found for text in texts for found in MESSAGE_ID.findall(text)}


def _id_lines(text: str) -> list[str]:
    return re.findall(r"^\s*Message-Id:\s*(<[^<>\s]+>)", text, re.IGNORECASE | re.MULTILINE)


def _copies(mail: Part) -> set[int]:
    texts = [_body(part) for part in mail.walk() if part.get_content_maintype() == "text"]
    return {copy for text in texts for copy in copies_in(text)}


def _body(part: Part) -> str:
    content = part.get_payload(decode=True)
    return content.decode("latin-1") if isinstance(content, bytes) else ""  # all that is looked for is ASCII
