"""What the sync asks of an IMAP server (RFC 9051), each question bounded: by a window of UIDs or by bytes."""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from imapclient.response_parser import parse_fetch_response

from mail import imap
from mail.imap import Mailbox

WINDOW = 20_000  # UIDs of one search: the client library takes no line over a million bytes
FEW = 20  # messages of one Message-ID
SEEN, FLAGGED = rb"\Seen", rb"\Flagged"
KEY_FIELDS = "MESSAGE-ID DATE FROM TO CC BCC SUBJECT REPLY-TO SENDER"
RANGE = re.compile(r"(\d+)(?::(\d+))?")


@dataclass(frozen=True)
class Opened:
    """A folder as SELECT describes it; what the server does not say is 0."""

    validity: int
    next_uid: int
    exists: int
    modseq: int


@dataclass(frozen=True)
class Listed:
    """A folder as LIST names it, with its marks (RFC 6154)."""

    name: str
    marks: frozenset[bytes]
    can_open: bool


@dataclass(frozen=True)
class Window:
    """The UIDs that a folder holds between two of them, both included; descending."""

    low: int
    high: int
    uids: list[int]


@dataclass(frozen=True)
class Flags:
    """The flags of a message that Candor knows."""

    is_seen: bool
    is_flagged: bool


@dataclass(frozen=True)
class Head:
    """What is asked of a message before it is fetched."""

    uid: int
    size: int
    at: datetime | None  # when it came to the server
    flags: Flags
    fields: bytes  # the header fields of KEY_FIELDS, as they are


class Server:
    """A mailbox at the provider, asked in the sync's terms. Raises ServerFault."""

    def __init__(self, mailbox: Mailbox, *, before_asking: Callable[[], None] = lambda: None) -> None:
        self.mailbox = mailbox
        self._before_asking = before_asking
        self.client = mailbox.client
        self.client.normalise_times = False  # times come with their zone
        self._changing = ""  # the folder that is open for changes
        self._opened: Opened | None = None
        self.tells_vanished = False

    def begin(self) -> None:
        """Ask to be told what vanished (RFC 7162); iCloud promises that and enables nothing, so what it answers counts."""
        with self._asking():
            if self.client.has_capability("ENABLE") and self.client.has_capability("QRESYNC"):
                self.tells_vanished = b"QRESYNC" in [one.upper() for one in self.client.enable("QRESYNC")]

    def folders(self) -> list[Listed]:
        with self._asking():
            found = self.client.list_folders()
        return [
            Listed(str(name), frozenset(marks), rb"\noselect" not in {one.lower() for one in marks}) for marks, _separator, name in found
        ]

    def open(self, name: str, *, to_change: bool = False) -> Opened:
        """Open a folder, for reading alone unless something is to be changed there."""
        self._changing = ""
        with self._asking():
            answer = self.client.select_folder(name, readonly=not to_change)
            self._opened = Opened(*(_number(answer, key) for key in (b"UIDVALIDITY", b"UIDNEXT", b"EXISTS", b"HIGHESTMODSEQ")))
        self._changing = name if to_change else ""
        return self._opened

    def open_to_change(self, name: str) -> Opened:
        """The folder open for changes, asked for anew only if another one is."""
        return self._opened if self._opened and self._changing == name else self.open(name, to_change=True)

    def highest_uid(self) -> int:
        """Of the folder opened last; 0 when it is empty. For servers that do not say UIDNEXT."""
        return max(self._search(["UID", "*"]), default=0)

    def windows(self, low: int, high: int, *, since: date | None = None) -> Iterator[Window]:
        """The UIDs from `low` to `high`, from the top, a window at a time; `since` is asked of the day it came to the server.

        A folder with few messages is one window: some servers leave millions of UIDs between two of them.
        """
        is_small = self._opened is not None and self._opened.exists <= WINDOW
        while high >= low:
            bottom = low if is_small else max(low, high - WINDOW + 1)
            yield Window(bottom, high, self.uids(bottom, high, since=since))
            high = bottom - 1

    def uids(self, low: int, high: int, *, since: date | None = None) -> list[int]:
        """The UIDs in one window, descending."""
        found = self._search(["UID", f"{low}:{high}", *(["SINCE", since] if since else [])])
        return sorted({uid for uid in found if low <= uid <= high}, reverse=True)

    def uids_from(self, low: int) -> list[int]:
        """The UIDs from `low` on, ascending: however many came, a window at a time."""
        return sorted(uid for window in self.windows(low, self.highest_uid()) for uid in window.uids)

    def find(self, message_id: str) -> list[int]:
        """UIDs in the folder opened last. The server searches for a part of the header, so what it finds is looked at."""
        if not message_id or not message_id.isascii():
            return []
        found = self.heads(self._search(["HEADER", "Message-ID", message_id])[:FEW])
        return [uid for uid, head in found.items() if message_id.encode() in head.fields]

    def heads(self, uids: Sequence[int]) -> dict[int, Head]:
        """What is known of messages before they are fetched; those that the server leaves out are missing."""
        found = self._fetch(uids, ["FLAGS", "INTERNALDATE", "RFC822.SIZE", f"BODY.PEEK[HEADER.FIELDS ({KEY_FIELDS})]"])
        return {uid: head for uid, items in found.items() if (head := _head(uid, items))}

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Whole messages, without marking them as read."""
        found = self._fetch(uids, ["BODY.PEEK[]"])
        return {uid: bytes(items[b"BODY[]"]) for uid, items in found.items() if items.get(b"BODY[]") is not None}

    def beginning(self, uid: int, size: int) -> bytes | None:
        """The first bytes of a message that is too large to be fetched."""
        found = self._fetch([uid], [f"BODY.PEEK[]<0.{size}>"])
        content = found.get(uid, {}).get(b"BODY[]<0>")
        return None if content is None else bytes(content)

    def flags(self, uids: Sequence[int]) -> dict[int, Flags]:
        return {uid: _flags(items[b"FLAGS"]) for uid, items in self._fetch(uids, ["FLAGS"]).items() if b"FLAGS" in items}

    def changed_since(self, modseq: int) -> tuple[dict[int, Flags], list[tuple[int, int]] | None]:
        """Flags that changed since, and the ranges of UIDs that vanished; None where the server does not tell those (RFC 7162)."""
        how = f"(CHANGEDSINCE {modseq}{' VANISHED' if self.tells_vanished else ''})"
        with self._asking():
            _status, data = self.client._imap.uid("FETCH", "1:*", "(FLAGS)", how)  # the library's own takes no “1:*”
            found = parse_fetch_response(data, False, True)
            _status, vanished = self.client._imap.response("VANISHED")
        flags = {uid: _flags(items[b"FLAGS"]) for uid, items in found.items() if b"FLAGS" in items}
        return flags, _ranges(vanished) if self.tells_vanished else None

    def store(self, uids: Sequence[int], flag: bytes, *, is_set: bool) -> None:
        with self._asking():
            change = self.client.add_flags if is_set else self.client.remove_flags
            change(list(uids), [flag], silent=True)

    def move(self, uids: Sequence[int], folder: str) -> None:
        """From the folder that is open for changes."""
        self._before_asking()
        self.mailbox.move(list(uids), folder)

    def copy(self, uids: Sequence[int], folder: str) -> None:
        with self._asking():
            self.client.copy(list(uids), folder)

    def delete(self, uids: Sequence[int]) -> None:
        """For good, in the folder that is open for changes."""
        self._before_asking()
        self.mailbox.delete(list(uids))

    def create(self, name: str) -> None:
        with self._asking():
            self.client.create_folder(name)
            self.client.subscribe_folder(name)

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        self._before_asking()
        with imap.translated(self.mailbox.account):
            yield

    def _search(self, criteria: Sequence[Any]) -> list[int]:
        with self._asking():
            return list(self.client.search(list(criteria)))

    def _fetch(self, uids: Sequence[int], items: Sequence[str]) -> dict[int, dict[bytes, Any]]:
        if not uids:
            return {}
        with self._asking():
            return dict(self.client.fetch(list(uids), list(items)))


def _number(answer: dict[bytes, Any], key: bytes) -> int:
    value = answer.get(key) or 0
    return int(value[0] if isinstance(value, list) else value)


def _head(uid: int, items: dict[bytes, Any]) -> Head | None:
    fields = next((bytes(value or b"") for name, value in items.items() if name.startswith(b"BODY[HEADER.FIELDS")), None)
    if fields is None:
        return None
    return Head(
        uid=uid,
        size=int(items.get(b"RFC822.SIZE") or 0),
        at=_moment(items.get(b"INTERNALDATE")),
        flags=_flags(items.get(b"FLAGS", ())),
        fields=fields,
    )


def _moment(at: object) -> datetime | None:
    """In UTC, where the first and the last day of all may be another one."""
    try:
        return at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo else None
    except OverflowError:
        return None


def _flags(found: Iterable[Any]) -> Flags:
    names = {bytes(one).lower() for one in found if isinstance(one, bytes)}
    return Flags(is_seen=SEEN.lower() in names, is_flagged=FLAGGED.lower() in names)


def _ranges(answers: Iterable[bytes | None]) -> list[tuple[int, int]]:
    """The ranges in “(EARLIER) 41,43:116” (RFC 7162 3.2.10)."""
    texts = [answer.decode("ascii", "replace").replace("(EARLIER)", "") for answer in answers if answer]
    pairs = [(int(low), int(high or low)) for text in texts for low, high in RANGE.findall(text)]
    return [(min(pair), max(pair)) for pair in pairs]
