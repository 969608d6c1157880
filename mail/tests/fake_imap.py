"""An IMAP server that keeps mail in memory and does what a test tells it; as Gmail it has one store, labels, and merges on Message-ID.

What providers do by themselves, such as filing a copy of what they sent, the test does with `file`.
"""

import contextlib
import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import BinaryIO, ClassVar, Self

from mail.tests.fake_smtp import TOKEN_ERROR, read_xoauth2

DROP = "drop"  # hang up instead of answering
USUAL = ("IMAP4rev1", "SPECIAL-USE", "UIDPLUS", "MOVE")
PLAIN = ("IMAP4rev1", "SPECIAL-USE")
GMAIL = (*USUAL, "X-GM-EXT-1")
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|([^\s"()]+)')
SYSTEM_LABELS = {"INBOX": r"\\Inbox", "Sent": r"\\Sent"}
LITERAL = re.compile(rb"\{(\d+)\}\r\n$")


@dataclass
class Mail:
    """A message: in one folder, or as Gmail has it under several labels."""

    uid: int
    raw: bytes
    folders: set[str]
    flags: set[str] = field(default_factory=set)
    at: str = ""

    @property
    def message_id(self) -> str:
        return str(message_from_bytes(self.raw)["Message-ID"])


@dataclass
class FakeImap:
    """`will` scripts the answers to commands; `commands` are those that came; `mails` is all that is kept."""

    capabilities: tuple[str, ...] = USUAL
    dialogue: ClassVar[type["Dialogue"]]
    good_tokens: Collection[str] = ()  # for XOAUTH2
    folders: dict[str, str] = field(default_factory=lambda: {"INBOX": "", "Sent": r"\Sent", "Trash": r"\Trash"})

    def __post_init__(self) -> None:
        self.mails: list[Mail] = []
        self.commands: list[str] = []
        self.connections = 0
        self.logins: list[tuple[str, str]] = []
        self.before: dict[str, Callable[[], object]] = {}  # what happens once, just before a command is obeyed
        self._uids = 0
        self._script: dict[str, deque[str]] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def is_gmail(self) -> bool:
        return "X-GM-EXT-1" in self.capabilities

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def will(self, **answers: list[str]) -> None:
        """Answer so the next times that a command comes: `append=["NO [OVERQUOTA] full"]`."""
        self._script = {command: deque(queue) for command, queue in answers.items()}

    def in_folder(self, name: str) -> list[Mail]:
        return [mail for mail in self.mails if name in mail.folders]

    def file(self, raw: bytes, folder: str = "Sent", *, flags: set[str] | None = None, at: str = "") -> Mail:
        """Put a mail into a folder; Gmail puts the folder's label on the one that it has already."""
        known = [mail for mail in self.mails if self.is_gmail and mail.message_id == str(message_from_bytes(raw)["Message-ID"])]
        if known:
            known[0].folders.add(folder)
            return known[0]
        self._uids += 1
        self.mails.append(Mail(self._uids, raw, {folder}, set(flags or ()), at))
        return self.mails[-1]

    def put(self, mail: Mail, folder: str) -> None:
        """COPY: to Gmail's Trash it takes all other labels away."""
        if not self.is_gmail:
            self.file(mail.raw, folder, flags=mail.flags)
        elif folder == "Trash":
            mail.folders = {folder}
        else:
            mail.folders.add(folder)

    def take(self, mail: Mail, folder: str) -> None:
        """EXPUNGE: Gmail keeps the mail in All Mail, unless it was in Trash."""
        mail.folders.discard(folder)
        mail.flags.discard(r"\Deleted")
        if not self.is_gmail or folder == "Trash":
            self.mails.remove(mail)

    def answer(self, command: str) -> str:
        """What is scripted for this command, or nothing. Raises ConnectionError to hang up."""
        if happens := self.before.pop(command, None):
            happens()
        queue = self._script.get(command)
        answer = queue.popleft() if queue else ""
        if answer == DROP:
            raise ConnectionError
        return answer

    def _listen(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as file:
            connection.settimeout(30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # several lines make one answer
            self.dialogue(self, connection, file).run()


class Dialogue:
    """What is said over one connection."""

    def __init__(self, server: FakeImap, connection: socket.socket, file: BinaryIO) -> None:
        self.server = server
        self.connection = connection
        self.file = file
        self.folder = ""
        self.literal = b""

    def run(self) -> None:
        self._say("* OK ready")
        while line := self._line():
            tag, _, rest = line.partition(" ")
            words = [quoted or group or plain for quoted, group, plain in WORD.findall(rest)]
            name = words.pop(0).lower()
            name = f"uid_{words.pop(0).lower()}" if name == "uid" else name
            self.server.commands.append(f"{name} {' '.join(words)}".strip())
            answer = self.server.answer(name) or self._obey(name, words)
            self._say(f"{tag} {answer}")

    def _line(self) -> str:
        """A command; what came as a literal is kept aside."""
        line: bytes = self.file.readline()
        while found := LITERAL.search(line):
            self._say("+ go on")
            self.literal = self.file.read(int(found[1]))
            line = line[: found.start()] + self.file.readline()
        return line.decode().strip()

    def _obey(self, name: str, words: list[str]) -> str:
        obey = getattr(self, f"_{name}", None)
        return str(obey(*words) or "OK done") if obey else "BAD what?"

    def _say(self, text: str) -> None:
        self.connection.sendall(text.encode() + b"\r\n")

    def _login(self, *_words: str) -> str:
        return f"OK [CAPABILITY {' '.join(self.server.capabilities)}] welcome"

    def _authenticate(self, mechanism: str) -> str:
        """XOAUTH2 as Gmail has it: an error is told in a challenge, and the sign-in refused after the client's empty answer."""
        assert mechanism == "XOAUTH2"
        self._say("+ ")
        user, token = read_xoauth2(self._line())
        self.server.logins.append((user, token))
        if token in self.server.good_tokens:
            return self._login()
        self._say(f"+ {TOKEN_ERROR}")
        assert self._line() == ""
        return "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"

    def _capability(self) -> None:
        self._say(f"* CAPABILITY {' '.join(self.server.capabilities)}")

    def _logout(self) -> None:
        self._say("* BYE")

    def _list(self, _directory: str, pattern: str) -> None:
        for name, use in self.server.folders.items():
            if pattern in ("*", name):
                self._say(f'* LIST ({use}) "/" "{name}"')

    def _create(self, name: str) -> None:
        self.server.folders[name] = ""

    def _subscribe(self, _name: str) -> None:
        pass

    def _select(self, name: str) -> str:
        if name not in self.server.folders:
            return "NO no such folder"
        self.folder = name
        self._say(f"* {len(self._here())} EXISTS")
        self._say("* OK [UIDVALIDITY 1] so")
        return "OK [READ-WRITE] opened"

    _examine = _select

    def _uid_search(self, *words: str) -> None:
        if words[0] == "DELETED":
            found = [mail for mail in self._here() if r"\Deleted" in mail.flags]
        else:
            assert [word.upper() for word in words[:2]] == ["HEADER", "MESSAGE-ID"]
            found = [mail for mail in self._here() if words[2] in mail.message_id]
        self._say(" ".join(["* SEARCH", *(str(mail.uid) for mail in found)]))

    def _uid_fetch(self, uids: str, items: str) -> None:
        for number, mail in enumerate(self._here(), 1):
            if mail not in self._named(uids):
                continue
            if "X-GM-LABELS" in items:
                labels = " ".join(f'"{SYSTEM_LABELS.get(name, name)}"' for name in sorted(mail.folders - {self.folder}))
                self._say(f"* {number} FETCH (UID {mail.uid} X-GM-LABELS ({labels}))")
                continue
            size = int(re.findall(r"<0\.(\d+)>", items)[0])
            head = mail.raw[:size]
            self.connection.sendall(f"* {number} FETCH (UID {mail.uid} BODY[]<0> {{{len(head)}}}\r\n".encode() + head + b")\r\n")

    def _uid_store(self, uids: str, how: str, flags: str) -> None:
        assert how.upper() == "+FLAGS.SILENT"
        for mail in self._named(uids):
            mail.flags |= set(flags.strip("()").split())

    def _uid_expunge(self, uids: str) -> str:
        return self._expunge_these(self._named(uids)) if "UIDPLUS" in self.server.capabilities else "BAD what?"

    def _expunge(self) -> str:
        return self._expunge_these(self._here())

    def _expunge_these(self, mails: list[Mail]) -> str:
        for mail in [one for one in mails if r"\Deleted" in one.flags]:
            self._say(f"* {self._here().index(mail) + 1} EXPUNGE")
            self.server.take(mail, self.folder)
        return "OK gone"

    def _uid_copy(self, uids: str, folder: str) -> str:
        if folder not in self.server.folders:
            return "NO [TRYCREATE] no such folder"
        for mail in self._named(uids):
            self.server.put(mail, folder)
        return "OK copied"

    def _uid_move(self, uids: str, folder: str) -> str:
        if "MOVE" not in self.server.capabilities:
            return "BAD what?"
        mails = self._named(uids)
        answer = self._uid_copy(uids, folder)
        for mail in [one for one in mails if self.folder in one.folders]:
            self.server.take(mail, self.folder)
        return answer

    def _append(self, folder: str, flags: str, at: str) -> str:
        mail = self.server.file(self.literal, folder, flags=set(flags.strip("()").split()), at=at)
        return f"OK [APPENDUID 1 {mail.uid}] kept"

    def _here(self) -> list[Mail]:
        return self.server.in_folder(self.folder)

    def _named(self, uids: str) -> list[Mail]:
        return [mail for mail in self._here() if str(mail.uid) in uids.split(",")]


FakeImap.dialogue = Dialogue
