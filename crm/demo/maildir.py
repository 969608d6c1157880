"""The demo's mailboxes on disk: one Maildir for each address, written by the mail server, read by the inbox pages.

Only the standard library: the mail server's process stays small.
"""

import os
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

PARTS = ("tmp", "new", "cur")
KEY = re.compile(r"[0-9]{10,}\.[A-Za-z0-9_.-]{1,120}")
SEEN = ":2,S"  # the flag of a mail that its owner has opened, at the end of the file's name
LONGEST_ADDRESS = 180  # characters; as a folder's name it stays below the 255 bytes of file systems


@dataclass(frozen=True)
class StoredMail:
    """One mail in a mailbox; `key` is its name there, `at` the time of its arrival in seconds since 1970."""

    key: str
    path: Path
    at: float


def mailbox(root: Path, address: str) -> Path:
    """The folder of an address. Raises ValueError when it is no address that can be kept."""
    name = quote(address.strip().lower(), safe="@+=_.-!#$&'*^`{|}~")
    if "@" not in name or name.startswith(".") or len(name) > LONGEST_ADDRESS:
        raise ValueError(address)
    return root / name


def prepare(folder: Path) -> None:
    """Make the three folders of a Maildir where they are missing."""
    for part in PARTS:
        (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)


def deliver(root: Path, address: str, raw: bytes, *, at: datetime | None = None, is_read: bool = False) -> str:
    """Put a mail into an address's mailbox, whole or not at all; returns its key. Raises ValueError and OSError."""
    return _put(mailbox(root, address), raw, *(("cur", SEEN) if is_read else ("new", "")), at)


def file(root: Path, address: str, name: str, raw: bytes, *, at: datetime) -> str:
    """Put a mail that its owner has seen into a folder of their mailbox (Maildir++), such as Sent."""
    return _put(mailbox(root, address) / f".{name}", raw, "cur", SEEN, at)


def _put(folder: Path, raw: bytes, part: str, flags: str, at: datetime | None) -> str:
    prepare(folder)
    seconds = at.timestamp() if at else time.time()
    key = f"{int(seconds)}.{uuid.uuid4().hex}.candor"
    draft = folder / "tmp" / key
    draft.write_bytes(raw)
    os.utime(draft, (seconds, seconds))
    draft.rename(folder / part / f"{key}{flags}")
    return key


def addresses(root: Path) -> list[str]:
    """Every address that has a mailbox, in alphabetical order."""
    return sorted(unquote(folder.name) for folder in root.glob("*@*") if (folder / "new").is_dir())


def mails(folder: Path) -> list[StoredMail]:
    """What a mailbox holds, newest first."""
    return sorted(_stored(folder), key=lambda mail: (mail.at, mail.key), reverse=True)


def find(folder: Path, key: str) -> StoredMail | None:
    """The mail of that key, wherever the mailbox server has moved it to."""
    return next((mail for mail in _stored(folder) if mail.key == key), None) if KEY.fullmatch(key) else None


def _stored(folder: Path) -> Iterator[StoredMail]:
    for part in ("new", "cur"):
        try:
            entries = list(os.scandir(folder / part))
        except FileNotFoundError:
            continue
        for entry in entries:
            key = entry.name.partition(":")[0]  # behind the colon stand the flags
            if KEY.fullmatch(key):
                yield StoredMail(key, Path(entry.path), _arrival(entry))


def _arrival(entry: "os.DirEntry[str]") -> float:
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:  # just moved or removed by the mailbox server
        return 0.0
