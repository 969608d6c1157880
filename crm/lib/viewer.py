"""The viewer cookie: tells the edge, without a look-up, which of our users a browser belongs to.

It holds the user's id and a MAC, never the session's key, so it opens nothing; it only keeps one's own
openings from being counted.
"""

import hmac
from hashlib import sha256

from django.conf import settings

COOKIE = "candor_viewer"
MAX_AGE = 365 * 24 * 3600  # seconds


def sign(user_id: int) -> str:
    """The cookie's value for a user."""
    return f"{user_id}.{_mac(user_id, settings.TRACKING_KEYS[0])}"


def read(value: str) -> int | None:
    """The user's id, or None when the value is not ours."""
    head, _, mac = value.partition(".")
    if not head.isascii() or not head.isdigit() or len(head) > 19 or not mac.isascii():
        return None
    matches = [hmac.compare_digest(mac, _mac(int(head), key)) for key in settings.TRACKING_KEYS]
    return int(head) if any(matches) else None


def _mac(user_id: int, key: str) -> str:
    return hmac.new(key.encode(), f"viewer:{user_id}".encode(), sha256).hexdigest()[:32]
