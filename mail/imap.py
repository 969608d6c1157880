"""The Sent folder at the user's provider, by IMAP: looked through for a Message-ID, rid of tracked copies, given the clean one."""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError, ProtocolError
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.imapclient import SENT, TRASH
from imapclient.tls import IMAP4_TLS, wrap_socket

from crm.lib.dialling import dial
from crm.lib.encryption import CannotDecrypt
from crm.lib.tls import client_context
from mail import addresses, faults, tokens
from mail.faults import Kind, Reply, ServerFault
from mail.models import Account, Security
from mail.xoauth2 import Dialogue

SEEN, INBOX = rb"\Seen", rb"\Inbox"
DEFAULT_SENT = "Sent"
INBOX_NAME = "INBOX"
LARGEST_LITERAL = 100 * 1024 * 1024  # bytes


class Mailbox:
    """A signed-in IMAP connection. Raises ServerFault."""

    def __init__(self, account: Account, client: IMAPClient) -> None:
        self.account = account
        self.client = client

    def sent_folder(self) -> str:
        """The folder for sent mail: by its mark (RFC 6154), by a usual name, else made."""
        with translated(self.account):
            found = self.client.find_special_folder(SENT)
            if found:
                return str(found)
            self.client.create_folder(DEFAULT_SENT)
            self.client.subscribe_folder(DEFAULT_SENT)
        return DEFAULT_SENT

    def find(self, folder: str, message_ids: Iterable[str]) -> list[int]:
        """Open the folder and answer the UIDs of messages with one of these Message-IDs, as the server searches: it may find too many."""
        with translated(self.account):
            self.client.select_folder(folder)
            found = [uid for one in message_ids for uid in self.client.search(["HEADER", "Message-ID", one])]
        return list(dict.fromkeys(found))

    def head(self, uid: int, size: int) -> bytes:
        """The first bytes of a message in the folder opened last; nothing when it has gone."""
        with translated(self.account):
            found = self.client.fetch([uid], [f"BODY.PEEK[]<0.{size}>"])
        return bytes(found.get(uid, {}).get(b"BODY[]<0>") or b"")

    def open_inbox(self) -> int:
        """Open the Inbox for reading alone; answers its UIDVALIDITY, without which UIDs mean nothing (RFC 9051 2.3.1.1)."""
        with translated(self.account):
            return int(self.client.select_folder(INBOX_NAME, readonly=True).get(b"UIDVALIDITY", 0))

    @property
    def can_idle(self) -> bool:
        with translated(self.account):
            return bool(self.client.has_capability("IDLE"))

    @contextlib.contextmanager
    def idling(self) -> Iterator[Callable[[float], bool]]:
        """Be told what happens in the folder opened last: call what this gives with the seconds to wait; it says whether something did."""
        with translated(self.account):
            self.client.idle()

        def has_news(seconds: float) -> bool:
            began = time.monotonic()
            with translated(self.account):
                answers = self.client.idle_check(timeout=seconds)
                if not answers and time.monotonic() - began < seconds / 2:  # the end of a connection looks like silence
                    raise IMAPClientAbortError("hung up")
                return any(_is_news(answer) for answer in answers)

        yield has_news
        with translated(self.account):
            self.client.idle_done()

    def reports(self, *, since: date, after: int) -> list[int]:
        """In the folder opened last, the UIDs behind `after` of what mail servers may have sent since that day, in order."""
        wanted = ["OR", "OR", "FROM", "mailer-daemon", "FROM", "postmaster", "HEADER", "Content-Type", "delivery-status"]
        with translated(self.account):
            found = self.client.search(["UID", f"{after + 1}:*", "SINCE", since, *wanted])
        return sorted(uid for uid in found if uid > after)  # “n:*” names the last one whatever n is

    @property
    def is_gmail(self) -> bool:
        """Whether one message lies in several folders (Gmail's labels), and leaves them only by way of Trash."""
        with translated(self.account):
            return bool(self.client.has_capability("X-GM-EXT-1"))

    def is_in_inbox(self, uid: int) -> bool:
        """Whether a message of the folder opened last, at Gmail, lies in the inbox, too."""
        with translated(self.account):
            found = self.client.fetch([uid], ["X-GM-LABELS"])
        return INBOX in found.get(uid, {}).get(b"X-GM-LABELS", ())

    def trash_folder(self) -> str | None:
        """The folder for deleted mail by its mark alone: another of such a name would be a mere label at Gmail. None when none is shown."""
        with translated(self.account):
            return next((str(name) for flags, _, name in self.client.list_folders() if TRASH in flags), None)

    def move(self, uids: list[int], folder: str) -> None:
        """Move messages of the folder opened last."""
        with translated(self.account):
            if uids and self.client.has_capability("MOVE"):
                self.client.move(uids, folder)
            elif uids:
                self.client.copy(uids, folder)
                self._delete(uids)

    def delete(self, uids: list[int]) -> None:
        """Delete messages of the folder opened last for good, and no other.

        A server without UIDPLUS removes all that are marked as deleted at once. Where the person has marked others there, ours are
        only marked as well: they go with those.
        """
        with translated(self.account):
            if uids:
                self._delete(uids)

    def _delete(self, uids: list[int]) -> None:
        is_exact = self.client.has_capability("UIDPLUS")
        others = [] if is_exact else set(self.client.search("DELETED")) - set(uids)
        self.client.delete_messages(uids, silent=True)
        if is_exact:
            self.client.uid_expunge(uids)
        elif not others:
            self.client.expunge()

    def file(self, folder: str, mail: bytes, at: datetime) -> None:
        """Put a mail there, marked as read."""
        with translated(self.account):
            self.client.append(folder, mail, flags=(SEEN,), msg_time=at)


@contextlib.contextmanager
def connected(account: Account, *, seconds: float = 30, greeting: float = 0, token: str = "") -> Iterator[Mailbox]:
    """Sign in, and out at the end; `seconds` limits each answer, and the first one unless `greeting` does. Raises ServerFault.

    A given token (OAuth 2) is used as it is; else one is asked for.
    """
    with translated(account):
        client = _connect(account, greeting or seconds, seconds)
    try:
        _sign_in(account, client, tokens.source(account, token))
        yield Mailbox(account, client)
    finally:
        _leave(client)


def _is_news(answer: tuple[object, ...]) -> bool:
    """Not “OK Still here”, by which servers keep the line open. Raises IMAPClientAbortError when it says goodbye."""
    if answer and answer[0] == b"BYE":
        raise IMAPClientAbortError("said goodbye")
    return len(answer) > 1 and answer[0] != b"OK"


def _connect(account: Account, greeting: float, seconds: float) -> IMAPClient:
    """A connection to the account's server, secured as wanted, not signed in yet. Raises what sockets and IMAPClient raise."""
    is_tls = account.imap_security == Security.TLS
    client = _Dialled(
        account.imap_host,
        account.imap_port,
        ssl=is_tls,
        ssl_context=client_context() if is_tls else None,
        timeout=SocketTimeout(connect=greeting, read=seconds),
        is_trusted=account.is_demo,
    )
    if account.imap_security == Security.STARTTLS:
        try:
            client.starttls(client_context())
        except CapabilityError as error:
            client.shutdown()
            raise _fault(account, Kind.NO_STARTTLS) from error
        except BaseException:
            client.shutdown()
            raise
    return client


def greet(account: Account, *, seconds: float) -> None:
    """Connect and leave again: whether an IMAP server is there. Raises ServerFault."""
    with translated(account):
        _leave(_connect(account, seconds, seconds))


class _Dialled(IMAPClient):  # type: ignore[misc]
    """Connects by `dial`, to hosts that users may choose."""

    def __init__(self, *args: Any, is_trusted: bool, **kwargs: Any) -> None:
        self.is_trusted = is_trusted
        super().__init__(*args, **kwargs)

    def _create_IMAP4(self) -> Any:
        seconds = self._timeout.connect
        if self.ssl:
            return _DialledTLS(self, self.ssl_context, seconds)
        return _DialledPlain(self, seconds)

    def dial(self, seconds: float) -> socket.socket:
        return dial(self.host, self.port, timeout=seconds, is_trusted=self.is_trusted)


class _Bounded:
    """Takes nothing larger than mail can be into the memory, whatever the server says is coming."""

    abort: type[Exception]

    def read(self, size: int) -> bytes:
        if size > LARGEST_LITERAL:
            raise self.abort("an answer larger than any mail")
        return bytes(super().read(size))  # type: ignore[misc]


class _DialledPlain(_Bounded, IMAP4WithTimeout):  # type: ignore[misc]
    def __init__(self, client: _Dialled, seconds: float) -> None:
        self.client = client
        super().__init__(client.host, client.port, seconds)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return self.client.dial(timeout or self._timeout)


class _DialledTLS(_Bounded, IMAP4_TLS):  # type: ignore[misc]
    def __init__(self, client: _Dialled, context: ssl.SSLContext, seconds: float) -> None:
        self.client = client
        super().__init__(client.host, client.port, context, seconds)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        sock = self.client.dial(timeout or self._timeout)
        try:
            return wrap_socket(sock, self.ssl_context, self.host)  # type: ignore[no-any-return]
        except BaseException:
            sock.close()
            raise


def _sign_in(account: Account, client: IMAPClient, token_after: Callable[[str], str] | None) -> None:
    with translated(account):
        if token_after:
            _sign_in_by_token(account, client, token_after)
            return
        try:
            client.login(account.imap_username, account.imap_password)
        except CannotDecrypt as error:
            raise _fault(account, Kind.UNREADABLE) from error
        except UnicodeError as error:
            raise _fault(account, Kind.PASSWORD) from error
        except LoginError as error:
            reply = Reply(-1, addresses.one_line(str(error))[:500])
            raise _fault(account, _of_login(reply, account.imap_host), reply) from error


def _sign_in_by_token(account: Account, client: IMAPClient, token_after: Callable[[str], str]) -> None:
    """Once more with a fresh token where the first one is refused: it may have been taken back before its time."""
    token = token_after("")
    kind, reply = _try_token(account, client, token)
    fresh = token_after(token) if kind == Kind.TOKEN_REFUSED else token
    if fresh != token:
        kind, reply = _try_token(account, client, fresh)
    if kind:
        raise _fault(account, kind, reply)


def _try_token(account: Account, client: IMAPClient, token: str) -> tuple[Kind | None, Reply | None]:
    dialogue = Dialogue(account.imap_username, token)
    try:
        client.sasl_login("XOAUTH2", dialogue)
    except LoginError as error:
        reply = Reply(-1, addresses.one_line(str(error))[:500])
        return faults.of_token(reply, dialogue.status), reply
    return None, None


def _of_login(reply: Reply, host: str) -> Kind:
    if "[UNAVAILABLE]" in reply.text:  # RFC 5530: not the password's fault
        return Kind.TOO_MANY if faults.of_login(reply, host) == Kind.TOO_MANY else Kind.BUSY
    if "[PRIVACYREQUIRED]" in reply.text or "disabled on" in reply.text:
        return Kind.NO_LOGIN
    return faults.of_login(reply, host)


@contextlib.contextmanager
def translated(account: Account) -> Iterator[None]:
    """Turn what the client library raises into ServerFault."""
    try:
        yield
    except ServerFault:
        raise
    except IMAPClientAbortError as error:
        raise _fault(account, _of_abort(error), _words(error)) from error
    except ProtocolError as error:
        raise _fault(account, Kind.GARBLED) from error
    except IMAPClientError as error:
        reply = _words(error)
        raise _fault(account, faults.told_in_between(reply), reply) from error
    except (OSError, UnicodeError) as error:
        raise _fault(account, faults.of_connecting(error)) from error
    except (ValueError, TypeError, KeyError, IndexError) as error:  # an answer that the client library cannot read
        raise _fault(account, Kind.GARBLED) from error


def _of_abort(error: IMAPClientAbortError) -> Kind:
    text = str(error)
    if "timed out" in text:
        return Kind.NO_ANSWER
    return Kind.NO_PROTOCOL if "unexpected response" in text or "welcome" in text else Kind.CUT_OFF


def _words(error: Exception) -> Reply:
    return Reply(-1, addresses.one_line(str(error))[:500])


def _fault(account: Account, kind: Kind, reply: Reply | None = None) -> ServerFault:
    return ServerFault(kind, protocol="IMAP", host=account.imap_host, port=account.imap_port, reply=reply)


def _leave(client: IMAPClient) -> None:
    """Sign out; hang up where nobody answers any more."""
    try:
        client.logout()
    except (IMAPClientError, OSError):
        with contextlib.suppress(OSError):
            client.shutdown()
