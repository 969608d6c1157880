"""Tries an account's servers and says in plain words what it found."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as OutOfTime
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.environment import is_loopback
from mail import addresses, imap, sent_copies, smtp
from mail.faults import Kind, ServerFault
from mail.models import Account, Security

SECONDS = 10  # for each server; both are asked at once


@dataclass(frozen=True)
class Finding:
    """The result for one server: `server` is "smtp" or "imap", `reply` has its own words when it refused."""

    server: str
    is_good: bool
    sentence: str
    reply: str = ""
    warning: str = ""


def check(account: Account) -> list[Finding]:
    """Sign in at the account's servers, sending nothing; the account need not be saved. Takes `SECONDS` at most."""
    tasks: list[tuple[str, Callable[[Account], str]]] = [("smtp", _try_smtp)]
    if account.imap_host:
        tasks.append(("imap", _try_imap))
    pool = ThreadPoolExecutor(max_workers=len(tasks))
    try:
        running = [(server, pool.submit(task, account)) for server, task in tasks]
        deadline = time.monotonic() + SECONDS
        return [_finding(account, server, future, deadline) for server, future in running]
    finally:
        pool.shutdown(wait=False)


def _finding(account: Account, server: str, future: Future[str], deadline: float) -> Finding:
    try:
        folder = future.result(timeout=max(0, deadline - time.monotonic()))
    except ServerFault as fault:
        return Finding(server, False, fault.sentence, str(fault.reply or ""))
    except OutOfTime:
        host, port = _address(account, server)
        return Finding(server, False, ServerFault(Kind.NO_ANSWER, protocol=server.upper(), host=host, port=port).sentence)
    good = _("Signed in; mail can be sent.") if server == "smtp" else _good_imap(account, folder)
    return Finding(server, True, good, warning=_warning(account, server))


def _good_imap(account: Account, folder: str) -> str:
    if sent_copies.provider_files(account):
        return _("Signed in. Your provider keeps a copy of sent mail by itself; in place of tracked ones Candor puts a clean one.")
    return _("Signed in. A copy of sent mail goes to the folder “%(folder)s”.") % {"folder": folder}


def _warning(account: Account, server: str) -> str:
    security = account.smtp_security if server == "smtp" else account.imap_security
    host, _port = _address(account, server)
    if security == Security.NONE and not is_loopback(f"http://{host}"):
        return _("Password and mail travel unprotected. Choose TLS or STARTTLS.")
    if not account.imap_host and sent_copies.provider_files(account):
        return _(
            "Your provider keeps tracked mail in Sent as it went out. Only with its IMAP server can Candor put a clean copy in its place."
        )
    return ""


def _address(account: Account, server: str) -> tuple[str, int]:
    return (account.smtp_host, account.smtp_port) if server == "smtp" else (account.imap_host, account.imap_port)


def _try_smtp(account: Account) -> str:
    with smtp.Connection(smtp.server_of(account), smtp.QUICK) as line:
        line.open()
        sender = addresses.to_ascii(account.email)
        line.begin(sender=sender or account.email, recipients=[], size=0, needs_utf8=sender is None)
        line.cancel()
    return ""


def _try_imap(account: Account) -> str:
    with imap.connected(account, seconds=SECONDS - 2) as mailbox:
        return mailbox.sent_folder()
