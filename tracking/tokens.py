"""The signed tokens of pixels and links: HMAC-SHA256 with `settings.TRACKING_KEYS`; the newest signs, all verify.

A pixel is `/i/<token>.gif`; its token is the copy's id (8 bytes) and a MAC (8 bytes) in base64url: 22 characters.
A link is `/l/<token>?u=<target>`; its MAC covers the copy, the link's number and the exact target, so nothing is
looked up to redirect and no target can be put in. Every token has one spelling; MACs are compared in constant time.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from hmac import compare_digest
from urllib.parse import quote, unquote_to_bytes, urlsplit

from django.conf import settings

PIXEL_START, PIXEL_END, LINK_START, PAGE_START = "/i/", ".gif", "/l/", "/p/"
PIXEL = re.compile(r"/i/([A-Za-z0-9_-]{21}[AQgw])\.gif")  # the last letter carries two bits: one spelling a token
LINK = re.compile(r"/l/([A-Za-z0-9_-]{28})")
PAGE = re.compile(r"/p/([A-Za-z0-9_-]{26}[AEIMQUYcgkosw048])/")
PIXEL_MAC, LINK_MAC, PAGE_MAC = 8, 11, 12  # bytes
PROBE = 0  # the public id of no copy: by a link of it an installation proves that it holds our keys
MAX_TARGET = 2000  # characters; more is not followed by every client
MAX_WRITTEN = 3 * MAX_TARGET  # characters of a target in a query, each as %XX
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
    if not _is_safe(target) or target != target.strip():
        return False
    try:
        return bool(urlsplit(target).hostname)
    except ValueError:
        return False


def pixel_path(public_id: int) -> str:
    """Path of a copy's pixel."""
    head = public_id.to_bytes(8)
    token = urlsafe_b64encode(head + _pixel_mac(head, settings.TRACKING_KEYS[0])).decode().rstrip("=")
    return f"{PIXEL_START}{token}{PIXEL_END}"


def read_pixel(path: str) -> int | None:
    """The copy's public id, or None when the path is not one that we signed."""
    match = PIXEL.fullmatch(path)
    if not match:
        return None
    raw = urlsafe_b64decode(match[1] + "==")
    head, mac = raw[:8], raw[8:]
    matches = [compare_digest(mac, _pixel_mac(head, key)) for key in settings.TRACKING_KEYS]
    return int.from_bytes(head) if True in matches else None


def page_path(public_id: int) -> str:
    """Path of the page where the recipient of a copy sees what is tracked, and refuses it."""
    head = public_id.to_bytes(8)
    token = urlsafe_b64encode(head + _page_mac(head, settings.TRACKING_KEYS[0])).decode().rstrip("=")
    return f"{PAGE_START}{token}/"


def read_page(path: str) -> int | None:
    """The copy's public id, or None when the path is not one that we signed."""
    match = PAGE.fullmatch(path)
    if not match:
        return None
    raw = urlsafe_b64decode(match[1] + "=")
    head, mac = raw[:8], raw[8:]
    matches = [compare_digest(mac, _page_mac(head, key)) for key in settings.TRACKING_KEYS]
    return int.from_bytes(head) if True in matches else None


def link_path(public_id: int, number: int, target: str) -> str:
    """Path and query of a tracked link. Raises ValueError for a target that `is_legal_target` refuses."""
    if not is_legal_target(target) or not 0 <= number <= MAX_NUMBER:
        raise ValueError("This link cannot be tracked.")
    head = public_id.to_bytes(8) + number.to_bytes(2)
    token = urlsafe_b64encode(head + _link_mac(head, target, settings.TRACKING_KEYS[0])).decode()
    return f"{LINK_START}{token}?u={quote(target, safe='')}"


def read_link(path: str, query: str) -> Link | None:
    """What the link says, or None when it is not one that we signed; `query` is raw, as it came."""
    match = LINK.fullmatch(path)
    target = target_in(query) if match else None
    if match is None or target is None:
        return None
    raw = urlsafe_b64decode(match[1])
    head, mac = raw[:10], raw[10:]
    matches = [compare_digest(mac, _link_mac(head, target, key)) for key in settings.TRACKING_KEYS]
    if True not in matches or not _is_safe(target):
        return None
    return Link(int.from_bytes(head[:8]), int.from_bytes(head[8:]), target)


def target_in(query: str) -> str | None:
    """The target in a raw query: its first `u`, percent-decoded once and nothing else; what others appended is ignored."""
    for part in query.split("&"):
        if part.startswith("u="):
            return _decoded(part[2:]) if len(part) <= 2 + MAX_WRITTEN else None
    return None


@lru_cache(maxsize=1024)  # the copies of a mail lead to the same targets
def _decoded(written: str) -> str | None:
    try:
        return unquote_to_bytes(written).decode("ascii")
    except UnicodeDecodeError:
        return None


def _is_safe(target: str) -> bool:
    return len(target) <= MAX_TARGET and not UNSAFE.search(target) and bool(ABSOLUTE.match(target))


def _pixel_mac(head: bytes, key: str) -> bytes:
    mac = _keyed(key, b"pixel\0").copy()
    mac.update(head)
    return mac.digest()[:PIXEL_MAC]


def _page_mac(head: bytes, key: str) -> bytes:
    mac = _keyed(key, b"page\0").copy()
    mac.update(head)
    return mac.digest()[:PAGE_MAC]


def _link_mac(head: bytes, target: str, key: str) -> bytes:
    mac = _keyed(key, b"link\0").copy()
    mac.update(head + target.encode())
    return mac.digest()[:LINK_MAC]


@lru_cache(maxsize=64)
def _keyed(key: str, purpose: bytes) -> hmac.HMAC:
    """A MAC that has read its key and purpose: copying it costs half of making it."""
    return hmac.new(key.encode(), purpose, "sha256")
