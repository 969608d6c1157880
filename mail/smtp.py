"""Sending by SMTP in steps that the outbox controls, so that it knows at each fault whether the mail can be on its way.

The standard library's client speaks the protocol; the phases, their time limits (RFC 5321 4.5.3.2) and the meaning of
what goes wrong in each are ours. A certificate is always verified against the host's name; SSL_CERT_FILE adds authorities.
"""

import contextlib
import re
import smtplib
import socket
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from crm.lib.dialling import dial
from crm.lib.tls import client_context
from mail import addresses, faults, tokens
from mail.faults import Kind, Reply, ServerFault
from mail.models import Account, Security
from mail.xoauth2 import Dialogue

BLOCK = 64 * 1024  # bytes written at a time
LEADING_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class Patience:
    """Seconds to wait in each phase."""

    connect: float = 30
    command: float = 60
    data: float = 120  # for the go-ahead
    block: float = 180  # for each block of the body to leave
    final: float = 600  # for the answer after the final dot: hanging up earlier makes duplicates (RFC 1047)


PATIENT = Patience()
QUICK = Patience(connect=5, command=8)  # for somebody who waits in front of the screen


@dataclass(frozen=True)
class Server:
    """Where and how to sign in; `username` is empty when the server wants none.

    With `token_after` (OAuth 2) no password is used: it answers an access token, other than the one it is given, which was refused.
    """

    host: str
    port: int
    security: str
    username: str = ""
    password: str = field(default="", repr=False)
    greeting: str = "localhost"  # what EHLO says: the sender's domain, never this machine's name
    is_trusted: bool = False  # of the demo: on this machine by construction
    token_after: Callable[[str], str] | None = field(default=None, repr=False)


class NoFinalAnswer(Exception):
    """The final dot may have been written, and no answer to it came: the mail may or may not be on its way."""


def server_of(account: Account, *, token: str = "") -> Server:
    """An account's SMTP server. A given token is used as it is; else one is asked for when it is needed."""
    return Server(
        host=account.smtp_host,
        port=account.smtp_port,
        security=account.smtp_security,
        username=account.smtp_username,
        password="" if account.has_token else account.smtp_password,
        greeting=addresses.domain_to_ascii(account.email.rpartition("@")[2]),
        is_trusted=account.is_demo,
        token_after=tokens.source(account, token),
    )


class Connection:
    """One signed-in connection for one mail after the other. Every method but `transmit` raises only ServerFault."""

    def __init__(self, server: Server, patience: Patience = PATIENT) -> None:
        self.server = server
        self.patience = patience
        self.is_used = False  # a mail has gone through it: the server may have hung up since
        self._client: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        return self._client is not None

    @property
    def max_bytes(self) -> int | None:
        """The largest mail that the server takes, as far as it says so (RFC 1870; 0 means that it has no fixed limit)."""
        limit = self._open_client().esmtp_features.get("size", "")
        return int(limit) if limit.isdigit() and int(limit) > 0 else None

    def open(self) -> None:
        """Connect, secure the connection and sign in."""
        self.is_used = False
        try:
            self._client = self._connect()
            _send_at_once(self._client)
            self._say_hello()
            if self.server.security == Security.STARTTLS:
                self._start_tls()
            if self.server.username:
                self._sign_in()
        except BaseException:
            self.close()
            raise

    def begin(self, *, sender: str, recipients: list[str], size: int, needs_utf8: bool) -> dict[str, Reply]:
        """MAIL and RCPT; answers the refused recipients. Nothing is sent yet: `cancel` takes it back."""
        client = self._open_client()
        if self.max_bytes is not None and self.max_bytes < size:
            raise self.fault(Kind.TOO_LARGE)
        if needs_utf8 and not client.has_extn("smtputf8"):
            raise self.fault(Kind.NO_UTF8)
        self._mail(sender, self._mail_options(client, size, needs_utf8))
        replies = {recipient: self._recipient(recipient) for recipient in recipients}
        return {recipient: reply for recipient, reply in replies.items() if not reply.is_good}

    def transmit(self, data: bytes) -> Reply:
        """DATA, the mail, the final dot. Answers the server's verdict; raises NoFinalAnswer, or ServerFault before the dot."""
        client = self._open_client()
        go_ahead = self._command("DATA", patience=self.patience.data)
        if go_ahead.code != 354:
            raise self.fault_of(go_ahead)
        self._write_body(client, data)
        self.is_used = True
        try:
            client.send(b".\r\n")
            self._wait_at_most(self.patience.final)
            code, text = client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise NoFinalAnswer from error
        if not 200 <= code < 600 or 300 <= code < 400:
            self.close()
            raise NoFinalAnswer
        return _reply(code, text)

    def cancel(self) -> None:
        """Take back what `begin` has announced; the connection stays, unless the server has gone."""
        with contextlib.suppress(ServerFault):
            self._command("RSET", patience=self.patience.command)

    def close(self) -> None:
        """Hang up, politely where that is quick; never raises."""
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if client.sock:
                client.sock.settimeout(2)
                client.quit()
        client.close()

    def fault(self, kind: Kind, reply: Reply | None = None) -> ServerFault:
        """A fault of this server; after 421 the connection is gone."""
        if reply and reply.code == 421:
            self.close()
        return ServerFault(kind, protocol="SMTP", host=self.server.host, port=self.server.port, reply=reply)

    def fault_of(self, reply: Reply) -> ServerFault:
        """The fault that a refusal of the mail as a whole means."""
        return self.fault(faults.of_refusal(reply), reply)

    def _connect(self) -> smtplib.SMTP:
        server, patience = self.server, self.patience.connect
        try:
            if server.security == Security.TLS:
                secure = client_context()
                return (_TrustedTLS if server.is_trusted else _DialledTLS)(
                    server.host, server.port, server.greeting, timeout=patience, context=secure
                )
            kind = _Trusted if server.is_trusted else _Dialled
            return kind(server.host, server.port, server.greeting, timeout=patience)
        except smtplib.SMTPConnectError as error:
            reply = _reply(error.smtp_code, error.smtp_error)
            raise self.fault(self._of_greeting(reply), reply) from error
        except smtplib.SMTPServerDisconnected as error:
            raise self.fault(_of_silence(error)) from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise self.fault(faults.of_connecting(error)) from error

    def _of_greeting(self, reply: Reply) -> Kind:
        if reply.code <= 0:
            return Kind.NO_PROTOCOL
        return Kind.BUSY if reply.is_passing else Kind.REFUSED

    def _say_hello(self) -> None:
        client = self._open_client()
        self._wait_at_most(self.patience.command)
        try:
            client.ehlo_or_helo_if_needed()
        except smtplib.SMTPHeloError as error:
            reply = _reply(error.smtp_code, error.smtp_error)
            raise self.fault(self._of_greeting(reply), reply) from error
        except (smtplib.SMTPException, OSError) as error:
            raise self.fault(_of_silence(error)) from error

    def _start_tls(self) -> None:
        client = self._open_client()
        if not client.has_extn("starttls"):
            raise self.fault(Kind.NO_STARTTLS)
        try:
            code, text = client.starttls(context=client_context())
        except smtplib.SMTPException as error:
            raise self.fault(_of_silence(error)) from error
        except (OSError, UnicodeError) as error:
            raise self.fault(faults.of_connecting(error)) from error
        if code != 220:
            raise self.fault(Kind.NO_STARTTLS, _reply(code, text))
        self._say_hello()

    def _sign_in(self) -> None:
        """By the first way that the server knows: a second try with the same password would only count as another failure."""
        offered = self._open_client().esmtp_features.get("auth", "").upper().split()
        if self.server.token_after:
            self._sign_in_by_token(self.server.token_after)
            return
        for mechanism, sign_in in (("PLAIN", self._sign_in_plain), ("LOGIN", self._sign_in_login)):
            if mechanism in offered:
                reply = sign_in()
                if reply.is_good:
                    return
                if reply.code != 504:  # offered, but not meant
                    raise self.fault(faults.of_login(reply, self.server.host), reply)
        raise self.fault(Kind.NO_LOGIN)

    def _sign_in_by_token(self, token_after: Callable[[str], str]) -> None:
        """Once more with a fresh token where the first one is refused: it may have been taken back before its time."""
        token = token_after("")
        kind, reply = self._try_token(token)
        fresh = token_after(token) if kind == Kind.TOKEN_REFUSED else token
        if fresh != token:
            kind, reply = self._try_token(fresh)
        if kind:
            raise self.fault(kind, reply)

    def _try_token(self, token: str) -> tuple[Kind | None, Reply]:
        dialogue = Dialogue(self.server.username, token)
        reply = self._command(f"AUTH XOAUTH2 {dialogue.begin()}", patience=self.patience.command)
        if reply.code == 334:
            dialogue.go_on(reply.text)
            reply = self._command("", patience=self.patience.command)
        return (None if reply.is_good else faults.of_token(reply, dialogue.status)), reply

    def _sign_in_plain(self) -> Reply:
        """RFC 4616."""
        token = _base64(f"\0{self.server.username}\0{self.server.password}")
        return self._command(f"AUTH PLAIN {token}", patience=self.patience.command)

    def _sign_in_login(self) -> Reply:
        """The older way, of some Microsoft servers: name and password on being asked."""
        reply = self._command("AUTH LOGIN", patience=self.patience.command)
        for answer in (self.server.username, self.server.password):
            if reply.code == 334:
                reply = self._command(_base64(answer), patience=self.patience.command)
        return reply

    def _mail_options(self, client: smtplib.SMTP, size: int, needs_utf8: bool) -> list[str]:
        options = [f"SIZE={size}"] if client.has_extn("size") else []
        return [*options, "BODY=8BITMIME", "SMTPUTF8"] if needs_utf8 else options

    def _mail(self, sender: str, options: list[str]) -> None:
        client = self._open_client()
        self._wait_at_most(self.patience.command)
        try:
            code, text = client.mail(sender, options)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise self._lost(error) from error
        reply = _reply(code, text)
        if not reply.is_good:
            raise self.fault(faults.of_refusal(reply, Kind.SENDER_REFUSED), reply)

    def _recipient(self, recipient: str) -> Reply:
        client = self._open_client()
        self._wait_at_most(self.patience.command)
        try:
            code, text = client.rcpt(recipient)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise self._lost(error) from error
        if code == 421:  # the server is closing: no answer about this recipient
            reply = _reply(code, text)
            raise self.fault(Kind.BUSY, reply)
        return _reply(code, text)

    def _command(self, command: str, *, patience: float) -> Reply:
        client = self._open_client()
        self._wait_at_most(patience)
        try:
            return _reply(*client.docmd(command))
        except (OSError, smtplib.SMTPException) as error:
            raise self._lost(error) from error

    def _write_body(self, client: smtplib.SMTP, data: bytes) -> None:
        """The mail without its final dot: as long as that is missing, no server may accept it."""
        stuffed = LEADING_DOT.sub(b"..", data if data.endswith(b"\r\n") else data + b"\r\n")
        self._wait_at_most(self.patience.block)
        try:
            for start in range(0, len(stuffed), BLOCK):
                client.send(stuffed[start : start + BLOCK])
        except (OSError, smtplib.SMTPException) as error:
            raise self._lost(error) from error

    def _open_client(self) -> smtplib.SMTP:
        if self._client is None:
            raise self.fault(Kind.CUT_OFF)
        return self._client

    def _wait_at_most(self, seconds: float) -> None:
        sock = self._open_client().sock
        if sock:
            sock.settimeout(seconds)

    def _lost(self, error: Exception) -> ServerFault:
        self.close()
        return self.fault(_of_silence(error))


class _Dialled(smtplib.SMTP):
    """Connects by `dial`, to hosts that users may choose."""

    is_trusted = False

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return dial(host, port, timeout=timeout, is_trusted=self.is_trusted)


class _DialledTLS(smtplib.SMTP_SSL, _Dialled):
    """The same with TLS from the first byte, which SMTP_SSL puts around that socket."""


class _Trusted(_Dialled):
    is_trusted = True


class _TrustedTLS(_DialledTLS):
    is_trusted = True


def _send_at_once(client: smtplib.SMTP) -> None:
    """Without this the final dot, written apart from the body, waits 40 ms for the body's acknowledgement."""
    if client.sock:
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _of_silence(error: Exception) -> Kind:
    """A connection that ended or went silent in the middle; smtplib hides the timeout in its own exception."""
    cause = error.__context__ or error.__cause__
    if isinstance(error, TimeoutError) or isinstance(cause, TimeoutError):
        return Kind.NO_ANSWER
    if isinstance(error, smtplib.SMTPResponseException):
        return Kind.NO_PROTOCOL
    return Kind.CUT_OFF


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _reply(code: int, text: bytes | str) -> Reply:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return Reply(code, addresses.one_line(words)[:500])
