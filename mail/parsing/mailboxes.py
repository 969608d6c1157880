"""Address fields as mail programs wrote them (RFC 5322 3.4): names, groups, comments, and all that is wrong with them.

The fields are cut while they are still encoded, so that a comma inside of an encoded name separates nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from mail import addresses
from mail.parsing import words
from mail.parsing.heads import Head
from mail.parsing.letter import MAX_EMAIL, MAX_NAME, Address

MOST = 1_000  # mailboxes of one field
TOKEN = re.compile(rb'"(?:[^"\\]|\\.){0,2000}"|<[^<>]*>|=\?[^?\s]*\?[bBqQ]\?[^?]*\?=|[^\s"<>(),;:=]+|\s+|.', re.DOTALL)
QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
ADDRESS = re.compile(r"[^\s@<>,;:\"()\x00-\x1f\x7f]{1,254}@[^\s@<>,;:\"()\x00-\x1f\x7f]{1,254}")
ROUTE = re.compile(r"^@[^:]*:")


@dataclass
class _Open:
    """The mailbox that is being read."""

    words: list[bytes] = field(default_factory=list)
    comments: list[bytes] = field(default_factory=list)
    address: bytes | None = None
    before: bytes = b""  # words that a comma cuts off: “Doe, John <john@acme.test>” without its quotes

    @property
    def is_name(self) -> bool:
        return self.address is None and bool(self.words) and b"@" not in b"".join(self.words)


def read(head: Head, name: str) -> tuple[Address, ...]:
    """Everybody in the fields of that name, each once; what holds no address is dropped."""
    found: dict[str, Address] = {}
    for value in head.raw(name):
        for one in _mailboxes(value):
            if one.email:
                found.setdefault(one.email.casefold(), one)
            if len(found) >= MOST:
                return tuple(found.values())
    return tuple(found.values())


def first(head: Head, name: str) -> Address:
    """The first mailbox with an address, else the words that stand there."""
    everybody = [one for value in head.raw(name) for one in _mailboxes(value[:4_000])]
    named = next((one for one in everybody if one.email), None)
    return named or next(iter(everybody), Address("", ""))


def _mailboxes(value: bytes) -> Iterator[Address]:
    current, depth = _Open(), 0
    for token in TOKEN.findall(value):
        if token == b"(" or depth:
            depth += (token == b"(") - (token == b")")
            current.comments.append(b" " if token in (b"(", b")") else token)
        elif token in (b",", b";"):
            is_cut = token == b"," and current.is_name
            if not is_cut:
                yield from _finished(current)
            current = _Open(before=b"".join(current.words) + b", " if is_cut else b"")
        elif token == b":" and current.is_name:  # the name of a group
            current = _Open()
        elif token.startswith(b"<") and len(token) > 1:
            current.address = token[1:-1] if b"@" in token or current.address is None else current.address
        else:
            current.words.append(QUOTED_PAIR.sub(rb"\1", token[1:-1]) if _is_quoted(token) else token)
    yield from _finished(current)


def _is_quoted(token: bytes) -> bool:
    return len(token) > 1 and token.startswith(b'"')


def _finished(mailbox: _Open) -> Iterator[Address]:
    before = mailbox.before if mailbox.address else b""
    name = words.decode(before + b"".join(mailbox.words))
    comment = words.decode(b"".join(mailbox.comments))
    if mailbox.address is None:
        inside = ADDRESS.search(name)
        email = _usual(inside.group() if inside else "")
        name = name.replace(inside.group(), " ").strip() if inside else name
    else:
        email = _usual(words.decode(mailbox.address))
    name = addresses.one_line(name.strip(" \"'<>") or comment)
    if email or name:
        yield Address("" if name.casefold() == email.casefold() else name[:MAX_NAME], email)


@lru_cache(maxsize=4096)
def _usual(written: str) -> str:
    """The address in its usual spelling; a broken one as it is, as long as it looks like one."""
    text = ROUTE.sub("", written.strip().strip("'")).removeprefix("mailto:").strip()
    try:
        found = addresses.normal(text)
    except (ValueError, IndexError):  # the library's own on strange domains
        found = None
    if found:
        return found
    inside = ADDRESS.search(text)
    return inside.group() if inside and len(inside.group()) <= MAX_EMAIL else ""
