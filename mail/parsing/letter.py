"""What a mail says, in values: the outcome of reading its bytes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from mail.models import Message

MAX_MESSAGE_ID, MAX_CONTENT_ID = 250, 250  # characters, as the database keeps them
MAX_NAME, MAX_EMAIL, MAX_SUBJECT, MAX_FILE_NAME = 200, 254, 500, 200
MOST_TEXT, MOST_HTML = 1_000_000, 2_000_000  # characters that are shown of a mail; the rest stays in a file


class Unreadable(Exception):
    """The bytes are no mail; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Address(NamedTuple):
    """One mailbox of a header; the domain of `email` in Unicode. A sender's `email` may be empty, nobody else's."""

    name: str
    email: str


@dataclass(frozen=True)
class Part:
    """A file in a mail."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str = ""  # without angle brackets
    is_inline: bool = False  # the HTML shows it as “cid:…”


@dataclass(frozen=True)
class Letter:
    """A mail that was read. Nothing in it is longer than the database takes, or holds what PostgreSQL refuses."""

    message_id: str  # with its angle brackets; "" if there is none
    in_reply_to: str
    references: tuple[str, ...]
    subject: str
    sender: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    dated_at: datetime | None  # what the Date header says, in UTC
    received_at: datetime | None  # what the last server noted, in UTC
    text: str
    html: str  # as received: clean it before it is shown
    parts: tuple[Part, ...]
    automatic: Message.Automatic
    list_id: str
    list_unsubscribe: str
    notes: tuple[Message.Note, ...]  # what was broken or cut
    content_key: str  # the same for every copy of the mail
