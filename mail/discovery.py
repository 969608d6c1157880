"""Finds an address's mail servers: in our own table, in what the domain says, by its mail exchangers, and at last by trying usual names.

No password is known here, and none is sent. Whatever is found is shown to the person, who may change it, before anything is saved.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from mail import addresses, autoconfig, dns, imap, providers, smtp
from mail.faults import ServerFault
from mail.models import Account, Security
from mail.providers import Place, Provider
from mail.settings_found import Found

Answer = TypeVar("Answer")
SECONDS = 6.0  # for what can be asked, and as long again for guesses
PATIENCE = 4.0  # for each single question
PLACES = {  # usual names and ports, the likelier first
    "imap": [
        (name, port, security) for name in ("imap.", "mail.", "") for port, security in ((993, Security.TLS), (143, Security.STARTTLS))
    ],
    "smtp": [
        (name, port, security) for name in ("smtp.", "mail.", "") for port, security in ((465, Security.TLS), (587, Security.STARTTLS))
    ],
}


def find(email: str) -> Found | None:
    """The servers of an address, or None. Asks the network unless it is a large provider's; takes some seconds at most."""
    local, _, name = email.rpartition("@")
    domain = addresses.domain_to_ascii(name)
    email = f"{local}@{domain}"
    provider = providers.of_domain(domain)
    return _of(provider, email) if provider else _ask(email, domain) or _guess(email, domain)


def _of(provider: Provider, email: str) -> Found:
    username = email.rpartition("@")[0] if provider.is_local_part else email
    return Found(provider.imap, provider.smtp, username, username, provider.name, provider)


def _ask(email: str, domain: str) -> Found | None:
    """All sources at once; who receives the mail counts most, for it is the provider itself."""
    pool = ThreadPoolExecutor(max_workers=4)
    try:
        ends_at = time.monotonic() + SECONDS
        exchangers = pool.submit(dns.exchangers, domain, seconds=PATIENCE)
        others = [pool.submit(ask, email, seconds=PATIENCE) for ask in (autoconfig.ask, dns.services, autoconfig.ask_database)]
        provider = providers.of_exchangers(_result(exchangers, ends_at) or [])
        if provider:
            return _of(provider, email)
        return next((found for other in others if (found := _result(other, ends_at))), None)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _guess(email: str, domain: str) -> Found | None:
    """Usual names at which a server answers whose certificate is good for that name."""
    pool = ThreadPoolExecutor(max_workers=12)
    try:
        tries = {protocol: [pool.submit(_answers, protocol, place) for place in _places(protocol, domain)] for protocol in PLACES}
        wait([one for futures in tries.values() for one in futures], timeout=SECONDS)
        found = {protocol: _first_done(futures) for protocol, futures in tries.items()}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if not found["imap"] or not found["smtp"]:
        return None
    return Found(found["imap"], found["smtp"], email, email, is_guess=True)


def _places(protocol: str, domain: str) -> list[Place]:
    return [Place(f"{name}{domain}", port, security) for name, port, security in PLACES[protocol]]


def _answers(protocol: str, place: Place) -> Place | None:
    probe: Callable[[Place], None] = _greet_imap if protocol == "imap" else _greet_smtp
    try:
        probe(place)
    except ServerFault:
        return None
    return place


def _greet_imap(place: Place) -> None:
    imap.greet(Account(imap_host=place.host, imap_port=place.port, imap_security=place.security), seconds=PATIENCE)


def _greet_smtp(place: Place) -> None:
    server = smtp.Server(place.host, place.port, place.security)
    with smtp.Connection(server, smtp.Patience(connect=PATIENCE, command=PATIENCE)) as line:
        line.open()


def _first_done(futures: Iterable[Future[Place | None]]) -> Place | None:
    done = (future.result() for future in futures if future.done() and not future.cancelled())
    return next((place for place in done if place), None)


def _result(future: Future[Answer], ends_at: float) -> Answer | None:
    wait([future], timeout=max(0.0, ends_at - time.monotonic()))
    return future.result() if future.done() else None
