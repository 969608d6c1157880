"""The servers found for an address, whoever named them."""

from dataclasses import dataclass

from mail.providers import Place, Provider


@dataclass(frozen=True)
class Found:
    """`provider` is the one of our own table that it is, if any; `name` what the source calls it. A guess answered, and was not named."""

    imap: Place | None
    smtp: Place | None
    imap_username: str = ""
    smtp_username: str = ""
    name: str = ""
    provider: Provider | None = None
    is_guess: bool = False
