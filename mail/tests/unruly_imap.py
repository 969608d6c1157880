"""An IMAP server for the sync, that keeps to the protocol or breaks it as a test wishes: what Dovecot never does."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from mail.tests.fake_imap import Dialogue, FakeImap, Mail

DATES = "%d-%b-%Y"
FIELDS = re.compile(rb"^(message-id|date|from|to|cc|bcc|subject|reply-to|sender):", re.IGNORECASE)


@dataclass
class UnrulyImap(FakeImap):
    """`left_out` are UIDs that FETCH does not answer for, `cut_off` those in whose middle it hangs up, `garbled` those it mangles,
    `headless` those whose heads it mangles.
    """

    validity: int = 7
    announces_next_uid: bool = True
    modseq: int = 0  # 0: it counts no changes
    left_out: set[int] = field(default_factory=set)
    cut_off: set[int] = field(default_factory=set)
    garbled: set[int] = field(default_factory=set)
    headless: set[int] = field(default_factory=set)
    fetched: list[int] = field(default_factory=list)  # UIDs whose bodies went out

    def letter(self, number: int, *, folder: str = "INBOX", sender: str = "anna@client.test", seen: bool = False, **headers: str) -> Mail:
        """File a plain mail with a number in its subject and its Message-ID."""
        lines = {
            "Message-ID": f"<{number}@client.test>",
            "Date": "Mon, 02 Nov 2026 10:00:00 +0000",
            "From": f"Anna Petrova <{sender}>",
            "To": "alice@acme.test",
            "Subject": f"Letter {number}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        raw = "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + f"\r\nBody of {number}.\r\n"
        return self.file(raw.encode(), folder, flags={r"\Seen"} if seen else set(), at="02-Nov-2026 10:00:00 +0000")


class UnrulyDialogue(Dialogue):
    """The commands that the sync uses."""

    server: UnrulyImap

    def _select(self, name: str, *_more: str) -> str:
        if name not in self.server.folders:
            return "NO no such folder"
        self.folder = name
        self._say(f"* {len(self._here())} EXISTS")
        self._say(f"* OK [UIDVALIDITY {self.server.validity}] so")
        if self.server.announces_next_uid:
            self._say(f"* OK [UIDNEXT {self.server._uids + 1}] so")
        if self.server.modseq:
            self._say(f"* OK [HIGHESTMODSEQ {self.server.modseq}] so")
        return "OK [READ-WRITE] opened"

    _examine = _select

    def _uid_search(self, *words: str) -> None:
        found = [mail for mail in self._here() if self._matches(mail, list(words))]
        self._say(" ".join(["* SEARCH", *(str(mail.uid) for mail in found)]))

    def _matches(self, mail: Mail, words: list[str]) -> bool:
        if words[0] == "DELETED":
            return r"\Deleted" in mail.flags
        if words[0] == "HEADER":
            return words[2] in mail.message_id
        low, _, high = words[1].partition(":")
        top = self._here()[-1].uid if self._here() else 0
        ends = sorted(top if end == "*" else int(end) for end in (low, high or low))
        is_recent = words[2:3] != ["SINCE"] or _day(mail) >= datetime.strptime(words[3], DATES).replace(tzinfo=UTC).date()
        return ends[0] <= mail.uid <= ends[1] and is_recent

    def _uid_fetch(self, uids: str, items: str, *_more: str) -> None:
        for number, mail in enumerate(self._here(), 1):
            if mail not in self._named(uids) or mail.uid in self.server.left_out:
                continue
            self.connection.sendall(f"* {number} FETCH (UID {mail.uid} ".encode() + self._items(mail, items) + b")\r\n")

    def _items(self, mail: Mail, items: str) -> bytes:
        flags = f"FLAGS ({' '.join(sorted(mail.flags))})".encode()
        if "HEADER.FIELDS" in items and mail.uid in self.server.headless:
            return b"RFC822.SIZE ((( oops"
        if "HEADER.FIELDS" in items:
            head = _fields(mail.raw)
            about = f' INTERNALDATE "{mail.at}" RFC822.SIZE {len(mail.raw)} BODY[HEADER.FIELDS (X)] {{{len(head)}}}\r\n'.encode()
            return flags + about + head
        if "BODY.PEEK[]" not in items:
            return flags
        if mail.uid in self.server.cut_off:
            self.connection.sendall(f"BODY[] {{{len(mail.raw)}}}\r\n".encode() + mail.raw[:20])
            raise ConnectionError
        self.server.fetched.append(mail.uid)
        if mail.uid in self.server.garbled:
            return b"BODY[] (((" + b" oops"
        return f"BODY[] {{{len(mail.raw)}}}\r\n".encode() + mail.raw

    def _uid_store(self, uids: str, how: str, flags: str) -> None:
        named = set(flags.strip("()").split())
        for mail in self._named(uids):
            mail.flags = mail.flags | named if how.startswith("+") else mail.flags - named


UnrulyImap.dialogue = UnrulyDialogue


def _day(mail: Mail) -> date:
    return datetime.strptime(mail.at.split()[0], DATES).replace(tzinfo=UTC).date()


def _fields(raw: bytes) -> bytes:
    head = raw.partition(b"\r\n\r\n")[0]
    return b"".join(line + b"\r\n" for line in head.split(b"\r\n") if FIELDS.match(line)) + b"\r\n"
