"""The SASL mechanism XOAUTH2, as Google and Microsoft have it: what is said first, and what an error in the challenge means.

https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
"""

import binascii
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field


@dataclass
class Dialogue:
    """One attempt with one token. `status` is the server's own when it refused: 400 or 401 for the token, 5xx for its own trouble."""

    username: str
    token: str = field(repr=False)
    status: str = ""
    _has_begun: bool = False

    def __call__(self, challenge: bytes) -> bytes:
        """The answer to a challenge, neither of them in base64: an error is answered with nothing, and only then refused."""
        if not self._has_begun:
            self._has_begun = True
            return self.first.encode()
        self.status = _status(challenge)
        return b""

    @property
    def first(self) -> str:
        return f"user={self.username}\x01auth=Bearer {self.token}\x01\x01"

    def begin(self) -> str:
        """The first answer, for a server that takes it at once, in base64."""
        return b64encode(self(b"")).decode()

    def go_on(self, challenge: str) -> None:
        """Take a challenge in base64, as SMTP has it."""
        try:
            self(b64decode(challenge, validate=False))
        except binascii.Error:
            self(b"")


def _status(challenge: bytes) -> str:
    try:
        told = json.loads(challenge)
    except ValueError:
        return ""
    return str(told.get("status", ""))[:20] if isinstance(told, dict) else ""
