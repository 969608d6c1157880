"""Tries an account's servers and says in plain words what it found."""

import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as OutOfTime
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.environment import is_loopback
from crm.lib.dialling import dial
from crm.lib.encryption import CannotDecrypt
from crm.lib.tls import client_context
from mail import addresses, imap, sent_copies, smtp, tokens
from mail.faults import Kind, ServerFault
from mail.models import Account, Security

SECONDS = 10  # for each server; both are asked at once
GREETING = 5  # of these, for the connection and its greeting
HANDSHAKE = 2  # and for seeing whether a silent server waits for TLS


@dataclass(frozen=True)
class Finding:
    """The result for one server: `server` is "smtp" or "imap", `reply` has its own words when it refused."""

    server: str
    is_good: bool
    sentence: str
    reply: str = ""
    warning: str = ""


def check(account: Account, *, token: str = "") -> list[Finding]:
    """Sign in at the account's servers, sending nothing; the account need not be saved. Takes `SECONDS` at most.

    It learns how large a mail its server takes.

    An access token (OAuth 2) may be given; a saved account's own is renewed first where it has to be.
    """
    try:
        ready = token or (tokens.current(account.pk) if account.has_token else "")
    except ServerFault as fault:
        return [Finding(server, False, fault.sentence) for server in ("smtp", "imap")]
    tasks: list[tuple[str, Callable[[Account, str], str]]] = [("smtp", _try_smtp)]
    if account.imap_host:
        tasks.append(("imap", _try_imap))
    pool = ThreadPoolExecutor(max_workers=len(tasks))
    try:
        running = [(server, pool.submit(task, account, ready)) for server, task in tasks]
        deadline = time.monotonic() + SECONDS
        return [_finding(account, server, future, deadline) for server, future in running]
    finally:
        pool.shutdown(wait=False)


def _finding(account: Account, server: str, future: Future[str], deadline: float) -> Finding:
    try:
        folder = future.result(timeout=max(0, deadline - time.monotonic()))
    except ServerFault as fault:
        return Finding(server, False, fault.sentence, str(fault.reply or ""))
    except CannotDecrypt:
        return Finding(server, False, _fault(account, server, Kind.UNREADABLE).sentence)
    except OutOfTime:
        return Finding(server, False, _fault(account, server, Kind.NO_ANSWER).sentence)
    good = _("Signed in; mail can be sent.") if server == "smtp" else _good_imap(account, folder)
    return Finding(server, True, good, warning=_warning(account, server))


def _good_imap(account: Account, folder: str) -> str:
    if sent_copies.provider_files(account):
        return _("Signed in. Your provider keeps a copy of sent mail by itself; in place of tracked ones Candor puts a clean one.")
    return _("Signed in. A copy of sent mail goes to the folder “%(folder)s”.") % {"folder": folder}


def _warning(account: Account, server: str) -> str:
    security = account.smtp_security if server == "smtp" else account.imap_security
    host, _port = _address(account, server)
    if security == Security.NONE and not is_loopback(f"http://{host}") and not account.is_demo:
        return _("Password and mail travel unprotected. Choose TLS or STARTTLS.")
    if not account.imap_host and sent_copies.provider_files(account):
        return _(
            "Your provider keeps tracked mail in Sent as it went out. Only with its IMAP server can Candor put a clean copy in its place."
        )
    return ""


def _address(account: Account, server: str) -> tuple[str, int]:
    return (account.smtp_host, account.smtp_port) if server == "smtp" else (account.imap_host, account.imap_port)


def _fault(account: Account, server: str, kind: Kind) -> ServerFault:
    host, port = _address(account, server)
    return ServerFault(kind, protocol=server.upper(), host=host, port=port)


def _try_smtp(account: Account, token: str) -> str:
    try:
        with smtp.Connection(smtp.server_of(account, token=token), smtp.QUICK) as line:
            line.open()
            sender = addresses.to_ascii(account.email)
            line.begin(sender=sender or account.email, recipients=[], size=0, needs_utf8=sender is None)
            line.cancel()
            account.max_bytes = line.max_bytes
    except ServerFault as fault:
        raise _seen_closer(account, "smtp", fault) from fault
    return ""


def _try_imap(account: Account, token: str) -> str:
    try:
        with imap.connected(account, seconds=SECONDS - 2, greeting=GREETING, token=token) as mailbox:
            return mailbox.sent_folder()
    except ServerFault as fault:
        raise _seen_closer(account, "imap", fault) from fault


def _seen_closer(account: Account, server: str, fault: ServerFault) -> ServerFault:
    """A server that says nothing may be waiting for TLS, which was not chosen."""
    security = account.smtp_security if server == "smtp" else account.imap_security
    is_silent = fault.kind in (Kind.NO_ANSWER, Kind.CUT_OFF, Kind.NO_PROTOCOL)
    return _fault(account, server, Kind.WANTS_TLS) if is_silent and security != Security.TLS and _speaks_tls(account, server) else fault


def _speaks_tls(account: Account, server: str) -> bool:
    """Whether a TLS handshake goes well there; whose certificate it is does not matter, for nothing is said."""
    context = client_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, port = _address(account, server)
    try:
        with dial(host, port, timeout=HANDSHAKE, is_trusted=account.is_demo) as sock, _wrapped(context, sock):
            return True
    except (OSError, UnicodeError):
        return False


def _wrapped(context: ssl.SSLContext, sock: socket.socket) -> ssl.SSLSocket:
    sock.settimeout(HANDSHAKE)
    return context.wrap_socket(sock)
