"""The signed tokens of pixels and links: HMAC-SHA256 with `settings.TRACKING_KEYS`; the newest signs, all verify.

A pixel is `/i/<token>.gif`; its token is the copy's id (8 bytes) and a MAC (8 bytes) in base64url: 22 characters.
A link is `/l/<token>?u=<target>`; its MAC covers the copy, the link's number and the exact target, so nothing is
looked up to redirect and no target can be put in. A token is compared whole, in its one spelling, in constant time.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urlsplit

from django.conf import settings

PIXEL_START, PIXEL_END, LINK_START = "/i/", ".gif", "/l/"
PIXEL_TOKEN_LENGTH, LINK_TOKEN_LENGTH = 22, 28  # characters
PIXEL_MAC, LINK_MAC = 8, 11  # bytes
MAX_TARGET = 2000  # characters; more is not followed by every client
MAX_NUMBER = 0x7FFF  # what a PositiveSmallIntegerField holds
ABSOLUTE = re.compile(r"https?://[^/?#]", re.IGNORECASE)
UNSAFE = re.compile(r"[^\x20-\x5b\x5d-\x7e]")  # control characters, the backslash, whatever is not ASCII


@dataclass(frozen=True, slots=True)
class Link:
    """What a genuine link says: whose copy, which link of it, where to."""

    public_id: int
    number: int
    target: str


def is_legal_target(target: str) -> bool:
    """Whether a link there can be tracked and sent back byte for byte: absolute http(s), plain ASCII, not too long."""
    if len(target) > MAX_TARGET or UNSAFE.search(target) or target != target.strip() or not ABSOLUTE.match(target):
        return False
    try:
        return bool(urlsplit(target).hostname)
    except ValueError:
        return False


def pixel_path(public_id: int) -> str:
    """Path of a copy's pixel."""
    return f"{PIXEL_START}{_pixel_token(public_id.to_bytes(8), _keys()[0]).decode()}{PIXEL_END}"


def read_pixel(path: str) -> int | None:
    """The copy's public id, or None when the path is not one that we signed."""
    token = path[len(PIXEL_START) : -len(PIXEL_END)]
    if len(token) != PIXEL_TOKEN_LENGTH or not path.endswith(PIXEL_END):
        return None
    try:
        given = token.encode("ascii")
        head = urlsafe_b64decode(given + b"==")[:8]
    except ValueError:
        return None
    matches = [hmac.compare_digest(given, _pixel_token(head, key)) for key in _keys()]
    return int.from_bytes(head) if any(matches) else None


def link_path(public_id: int, number: int, target: str) -> str:
    """Path and query of a tracked link. Raises ValueError for a target that `is_legal_target` refuses."""
    if not is_legal_target(target) or not 0 <= number <= MAX_NUMBER:
        raise ValueError("This link cannot be tracked.")
    head = public_id.to_bytes(8) + number.to_bytes(2)
    token = _link_token(head, target.encode(), _keys()[0]).decode()
    return f"{LINK_START}{token}?u={quote(target, safe='')}"


def read_link(path: str, query: str) -> Link | None:
    """What the link says, or None when it is not one that we signed; `query` is raw, as it came."""
    token = path[len(LINK_START) :]
    target = target_in(query)
    if len(token) != LINK_TOKEN_LENGTH or target is None:
        return None
    try:
        given = token.encode("ascii")
        head = urlsafe_b64decode(given)[:10]
    except ValueError:
        return None
    matches = [hmac.compare_digest(given, _link_token(head, target.encode(), key)) for key in _keys()]
    if not any(matches) or not is_legal_target(target):
        return None
    return Link(int.from_bytes(head[:8]), int.from_bytes(head[8:]), target)


def target_in(query: str) -> str | None:
    """The target in a raw query: its first `u`, percent-decoded once and nothing else; what others appended is ignored."""
    for part in query.split("&"):
        if part.startswith("u="):
            try:
                return unquote_to_bytes(part[2:]).decode("ascii")
            except UnicodeDecodeError:
                return None
    return None


def _keys() -> list[bytes]:
    return [key.encode() for key in settings.TRACKING_KEYS]


def _pixel_token(head: bytes, key: bytes) -> bytes:
    mac = hmac.digest(key, b"pixel\0" + head, "sha256")[:PIXEL_MAC]
    return urlsafe_b64encode(head + mac)[:PIXEL_TOKEN_LENGTH]


def _link_token(head: bytes, target: bytes, key: bytes) -> bytes:
    mac = hmac.digest(key, b"link\0" + head + target, "sha256")[:LINK_MAC]
    return urlsafe_b64encode(head + mac)
