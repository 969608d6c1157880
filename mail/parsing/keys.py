"""What a mail is known by: Message-IDs (RFC 5322 3.6.4), and a key that is the same for every copy of it."""

import re
from hashlib import sha256

from mail.parsing import charsets
from mail.parsing.heads import Head, read
from mail.parsing.letter import MAX_MESSAGE_ID

MOST_REFERENCES = 50
KEY_FIELDS = ("message-id", "date", "from", "subject", "to")
IN_BRACKETS = re.compile(r"<([^<>]+)>")
BARE = re.compile(r"[^\s<>()\",;]{1,250}@[^\s<>()\",;]{1,250}")
LINE_ENDS = re.compile(rb"[ \t]*(?:\r\n|\r|\n)+")


def message_id(head: Head) -> str:
    """The Message-ID in angle brackets; "" if there is none."""
    text = charsets.decode(head.first("message-id"))
    found = _ids(text)
    if found:
        return found[0]
    word = "".join(text.split()).strip("<>")
    return _bounded(word) if word else ""


def in_reply_to(head: Head) -> str:
    """The first mail that In-Reply-To names; some programs write a sentence around it."""
    return next(iter(_ids(charsets.decode(head.first("in-reply-to")))), "")


def references(head: Head) -> tuple[str, ...]:
    """The conversation so far, oldest first; of very many the first and the last."""
    found = list(dict.fromkeys(_ids(charsets.decode(b" ".join(head.raw("references"))))))
    return tuple(found if len(found) <= MOST_REFERENCES else [found[0], *found[1 - MOST_REFERENCES :]])


def content_key(raw: bytes) -> str:
    """The key of a mail by its head alone, or by all of it; "" when only the whole mail can tell, as it has no Message-ID."""
    head = read(raw, 0, len(raw))
    return key_of(head, b"") if head.first("message-id") else ""


def key_of(head: Head, body: bytes) -> str:
    """The same for every copy of a mail, another for one that only claims the same Message-ID. Without one the body counts."""
    digest = sha256()
    for name in KEY_FIELDS:
        digest.update(name.encode() + b":" + b"\n".join(head.raw(name)) + b"\0")
    if not head.first("message-id"):
        digest.update(LINE_ENDS.sub(b"\n", body).strip())
    return digest.hexdigest()


def _ids(text: str) -> list[str]:
    found = ["".join(one.split()) for one in IN_BRACKETS.findall(text)]
    return [_bounded(one) for one in found or BARE.findall(text) if one]


def _bounded(text: str) -> str:
    """In angle brackets; what is too long for the database becomes a hash of it, the same wherever it is named."""
    if len(text) > MAX_MESSAGE_ID - 2:
        text = f"{sha256(text.encode()).hexdigest()}@too-long.invalid"
    return f"<{text}>"
