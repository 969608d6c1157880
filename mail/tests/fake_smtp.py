"""An SMTP server that does what a test tells it at each step: answers anything, hangs up, goes silent, waits to be released."""

import contextlib
import socket
import ssl
import threading
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Self

GOOD = {
    "banner": "220 fake.test ESMTP",
    "ehlo": "250-fake.test\r\n250-SIZE 40000000\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
    "starttls": "220 go ahead",
    "auth": "235 welcome",
    "mail": "250 sender fine",
    "rcpt": "250 recipient fine",
    "data": "354 send it",
    "body": "",  # asked once, when the first line of a body is there
    "dot": "250 taken as 1234",
    "rset": "250 forgotten",
    "quit": "221 bye",
}
DROP = "drop"  # hang up instead of answering
HANG = "hang"  # say nothing until the server is stopped
ACCEPT_AND_DROP = "accept and drop"  # at the dot: the mail is taken, the answer never arrives
TOKEN_ERROR = b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}').decode()  # as Gmail says it


def read_xoauth2(first: str) -> tuple[str, str]:
    """The user and the token of XOAUTH2's first answer."""
    user, auth, *ends = b64decode(first).decode().split("\x01")
    assert ends == ["", ""]
    return user.removeprefix("user="), auth.removeprefix("auth=Bearer ")


@dataclass
class Received:
    """A mail that the server took: from here on its recipients get it."""

    sender: str
    recipients: list[str]
    data: bytes


@dataclass
class FakeServer:
    """`script` holds, by step, the answers to give one after the other; after the last one all is well again."""

    script: dict[str, list[str]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    tls_from_start: bool = False
    good_tokens: Collection[str] = ()  # for XOAUTH2

    def __post_init__(self) -> None:
        self.taken: list[Received] = []
        self.steps: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.connections = 0
        self.reached = {step: threading.Event() for step in GOOD}
        self.released = {step: threading.Event() for step in GOOD}
        self.paused: set[str] = set()
        self._queues = {step: deque(answers) for step, answers in self.script.items()}
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        self._stopped.set()
        for event in self.released.values():
            event.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def will(self, **answers: list[str]) -> None:
        """Change the script from now on."""
        self._queues = {step: deque(queue) for step, queue in answers.items()}

    def pause_at(self, step: str) -> None:
        """Wait at this step until `released[step]` is set; `reached[step]` tells that it has come."""
        self.paused.add(step)

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.ExitStack() as open_things:
            open_things.enter_context(contextlib.suppress(OSError, _HangUp))
            connection.settimeout(30)
            open_things.enter_context(connection)
            if self.tls and self.tls_from_start:
                connection = open_things.enter_context(self.tls.wrap_socket(connection, server_side=True))
            _Dialogue(self, connection, open_things).run()

    def answer(self, step: str) -> str:
        """What to say at this step now. Raises _HangUp."""
        with self._lock:
            self.steps.append(step)
            queue = self._queues.get(step)
            answer = queue.popleft() if queue else GOOD[step]
        self.reached[step].set()
        if step in self.paused:
            self.released[step].wait(30)
        if answer == DROP:
            raise _HangUp
        if answer == HANG:
            self._stopped.wait(30)
            raise _HangUp
        return answer


class _HangUp(Exception):
    pass


class _Dialogue:
    def __init__(self, server: FakeServer, connection: socket.socket, open_things: contextlib.ExitStack) -> None:
        self.server = server
        self.connection = connection
        self.open_things = open_things
        self.file = open_things.enter_context(connection.makefile("rb"))
        self.sender = ""
        self.recipients: list[str] = []

    def run(self) -> None:
        self._say(self.server.answer("banner"))
        while line := self.file.readline():
            command = line.decode("utf-8", "replace").strip()
            step = command.split(" ")[0].lower()
            handler = getattr(self, f"_{step}", None)
            if handler:
                handler(command)
            else:
                self._say(self.server.answer("ehlo" if step in ("ehlo", "helo") else step) if step in GOOD else "500 what?")
            if step == "quit":
                return

    def _auth(self, command: str) -> None:
        _, mechanism, *rest = command.split(" ")
        if mechanism == "PLAIN":
            _, user, password = b64decode(rest[0]).decode().split("\0")
            self.server.logins.append((user, password))
            self._say(self.server.answer("auth"))
        elif mechanism == "XOAUTH2":
            self._take_token(*rest)
        else:
            self._say("504 no")

    def _take_token(self, first: str) -> None:
        user, token = read_xoauth2(first)
        self.server.logins.append((user, token))
        if token in self.server.good_tokens:
            self._say(self.server.answer("auth"))
            return
        self._say(f"334 {TOKEN_ERROR}")
        assert self.file.readline() == b"\r\n"
        self._say("535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 For more, see the help - gsmtp")

    def _starttls(self, command: str) -> None:
        self._say(self.server.answer("starttls"))
        assert self.server.tls
        self.connection = self.open_things.enter_context(self.server.tls.wrap_socket(self.connection, server_side=True))
        self.file = self.open_things.enter_context(self.connection.makefile("rb"))

    def _mail(self, command: str) -> None:
        self.sender, self.recipients = command.split("<", 1)[1].split(">", 1)[0], []
        self._say(self.server.answer("mail"))

    def _rcpt(self, command: str) -> None:
        answer = self.server.answer("rcpt")
        if answer.startswith("2"):
            self.recipients.append(command.split("<", 1)[1].split(">", 1)[0])
        self._say(answer)

    def _data(self, command: str) -> None:
        answer = self.server.answer("data")
        self._say(answer)
        if not answer.startswith("354"):
            return
        lines = [self.file.readline()]
        self.server.answer("body")
        while lines[-1] != b".\r\n":
            line = self.file.readline()
            if not line:
                return  # never finished: not taken
            lines.append(line)
        self._finish(b"".join(line[1:] if line.startswith(b".") else line for line in lines[:-1]))

    def _finish(self, data: bytes) -> None:
        answer = self.server.answer("dot")
        if answer.startswith("2") or answer == ACCEPT_AND_DROP:
            self.server.taken.append(Received(self.sender, self.recipients, data))
        if answer == ACCEPT_AND_DROP:
            raise _HangUp
        self._say(answer)

    def _say(self, text: str) -> None:
        self.connection.sendall(text.encode() + b"\r\n")
