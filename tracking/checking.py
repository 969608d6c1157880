"""Whether a tracking host works as recipients need it: its name, its certificate, and who answers there.

The probe is a signed link of no copy (`tokens.PROBE`): only an installation that holds our keys leads it on, and it records nothing.
"""

import http.client
import secrets
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.lib.networks import is_public, read_address
from crm.lib.tls import client_context
from tracking import hosts, tokens
from tracking.edge import GIF

TIMEOUT = 5.0  # seconds for each step
SOON = 14 * 86_400  # seconds before its end at which a certificate that renews itself has been renewed
REMEMBERED = 60.0  # seconds that the health page believes what was found
NOWHERE = "https://probe.invalid/"  # a name that never exists (RFC 2606)


class State(StrEnum):
    """How bad a finding is."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: a key of WORDS and what its sentence names."""

    key: str
    named: Mapping[str, object] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """How bad it is."""
        return WORDS[self.key][0]

    @property
    def words(self) -> str:
        """The sentence, in the reader's language."""
        return str(WORDS[self.key][1]) % self.named


@dataclass(frozen=True, slots=True)
class Checked:
    """An address and what was found there; the worst comes first."""

    address: str
    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        """That of the worst finding."""
        return self.findings[0].state


class _Fault(Exception):
    """Something because of which there is nothing further to look at."""

    def __init__(self, key: str, **named: object) -> None:
        super().__init__(key)
        self.finding = Finding(key, named)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class _Memory:
    """What the health page was told last, by addresses."""

    found: dict[tuple[str, ...], tuple[float, list[Checked]]] = {}


def check_all() -> list[Checked]:
    """Every tracking address as configured, all at once: as slow as the slowest."""
    addresses = hosts.tracking_addresses()
    with ThreadPoolExecutor(min(len(addresses), 16)) as pool:
        return list(pool.map(check, addresses))


def checked_lately() -> list[Checked]:
    """The same for a page: a minute old at most, so that reloading it asks nobody again."""
    key, now = tuple(hosts.tracking_addresses()), time.monotonic()
    at, found = _Memory.found.get(key, (0.0, []))
    if not found or now - at > REMEMBERED:
        found = check_all()
        _Memory.found = {key: (now, found)}
    return found


def check(address: str) -> Checked:
    """Look at one address (`https://go.example.com`); never raises."""
    try:
        found = [*_findings(address)]
    except _Fault as fault:
        found = [fault.finding]
    return Checked(address, tuple(sorted(found, key=lambda finding: ORDER.index(finding.state))) or (Finding("fine"),))


def _findings(address: str) -> Iterator[Finding]:
    parts = urlsplit(address)
    name, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]
    yield from _of_addresses(name, _resolve(name, port))
    if parts.scheme == "https":
        yield from _of_certificate(name, port)
    yield from _of_proof(address)
    yield from _of_pixel(_ask(address, f"{tokens.PIXEL_START}{'A' * 22}{tokens.PIXEL_END}"))
    yield from _of_robots(_ask(address, "/robots.txt"))
    if hosts.is_tracking_alone(address):
        yield from _of_pages(_ask(address, "/account/login/"))


def _resolve(name: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _Fault("no_name", name=name) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _of_addresses(name: str, addresses: list[str]) -> Iterator[Finding]:
    private = [text for text in addresses if (address := read_address(text)) and not is_public(address)]
    if private:
        yield Finding("private", {"name": name, "address": ", ".join(private)})


def _of_certificate(name: str, port: int) -> Iterator[Finding]:
    try:
        with (
            socket.create_connection((name, port), timeout=TIMEOUT) as plain,
            client_context().wrap_socket(plain, server_hostname=name) as secured,
        ):
            certificate = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        raise _Fault(CERTIFICATE_FAULTS.get(error.verify_code, "untrusted"), name=name, fault=error.verify_message) from error
    except ssl.SSLError as error:
        raise _Fault("no_tls", name=name, port=port) from error
    except OSError as error:
        raise _silent(name, port, error) from error
    left = ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()
    if left < SOON:
        yield Finding("ends_soon", {"name": name, "days": max(int(left // 86_400), 0)})


def _of_proof(address: str) -> Iterator[Finding]:
    target = NOWHERE + secrets.token_urlsafe(16)
    answer = _ask(address, tokens.link_path(tokens.PROBE, 0, target))
    location = answer.headers.get("location", "")
    if answer.status == 302 and location == target:
        yield from _of_headers(answer)
    elif answer.status >= 500:
        raise _Fault("server_error", address=address, status=answer.status)
    elif 300 <= answer.status < 400:
        raise _Fault("redirects", address=address, target=location[:200])
    elif answer.status == 404 and answer.body == b"Not found.":
        raise _Fault("other_keys", address=address)
    else:
        raise _Fault("someone_else", address=address, status=answer.status)


def _of_pixel(answer: _Answer) -> Iterator[Finding]:
    if answer.status != 200 or answer.body != GIF or answer.headers.get("content-type") != "image/gif":
        yield Finding("pixel_changed", {"status": answer.status})
    elif "no-store" not in answer.headers.get("cache-control", ""):
        yield Finding("pixel_stored")
    yield from _of_headers(answer)


def _of_headers(answer: _Answer) -> Iterator[Finding]:
    if answer.headers.get("referrer-policy") != "no-referrer":
        yield Finding("referrer")
    if cookie := answer.headers.get("set-cookie"):
        yield Finding("cookie", {"cookie": cookie.partition("=")[0][:50]})


def _of_robots(answer: _Answer) -> Iterator[Finding]:
    if answer.status != 200 or b"Disallow: /" not in answer.body:
        yield Finding("robots")


def _of_pages(answer: _Answer) -> Iterator[Finding]:
    if answer.status != 404:
        yield Finding("pages", {"status": answer.status})


def _ask(address: str, path: str) -> _Answer:
    """One request as a mail program sends it, following nothing."""
    parts = urlsplit(address)
    name, port = parts.hostname or "", parts.port
    kind: Any = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(name, port, timeout=TIMEOUT)
    try:
        connection.request("GET", path, headers={"User-Agent": "Candor-check", "Accept-Encoding": "identity"})
        response = connection.getresponse()
        return _Answer(response.status, {key.lower(): value for key, value in response.getheaders()}, response.read(10_000))
    except http.client.HTTPException as error:
        raise _Fault("no_http", name=name) from error
    except OSError as error:
        raise _silent(name, connection.port, error) from error
    finally:
        connection.close()


def _silent(name: str, port: int, error: OSError) -> _Fault:
    if isinstance(error, TimeoutError):
        return _Fault("too_slow", name=name, port=port, seconds=int(TIMEOUT))
    return _Fault("refused", name=name, port=port, fault=error.strerror or str(error))


ORDER = (State.BAD, State.WARN, State.GOOD)
CERTIFICATE_FAULTS = {10: "expired", 18: "self_signed", 19: "self_signed", 20: "untrusted", 62: "other_name"}  # X509_V_ERR_… of OpenSSL
WORDS: dict[str, tuple[State, Promise]] = {
    "fine": (State.GOOD, _("It resolves, its certificate is valid, and this installation answers as it should.")),
    "no_name": (
        State.BAD,
        _("The name %(name)s does not resolve. Add it to the DNS: a CNAME to the CRM's host, or A and AAAA records."),
    ),
    "private": (
        State.WARN,
        _("%(name)s leads to %(address)s, which only this machine or your own network reaches. Recipients outside reach nothing there."),
    ),
    "refused": (
        State.BAD,
        _("Nothing takes connections at %(name)s, port %(port)s (%(fault)s). See whether the proxy runs and the port is open."),
    ),
    "too_slow": (
        State.BAD,
        _("%(name)s, port %(port)s, did not answer within %(seconds)s seconds. Is a firewall in between, or the record another machine's?"),
    ),
    "no_tls": (State.BAD, _("%(name)s, port %(port)s, does not speak https. See whether the proxy has a certificate for that name.")),
    "no_http": (State.BAD, _("What answers at %(name)s does not speak HTTP.")),
    "expired": (State.BAD, _("The certificate of %(name)s has expired. Mail programs show no image from it. Have the proxy renew it.")),
    "self_signed": (State.BAD, _("The certificate of %(name)s is vouched for by nobody but itself, so mail programs refuse it.")),
    "other_name": (State.BAD, _("The certificate that %(name)s shows is for another name. Have the proxy get one for this name as well.")),
    "untrusted": (
        State.BAD,
        _("The certificate of %(name)s is not trusted: %(fault)s. Often the chain of its issuer is missing in the proxy."),
    ),
    "ends_soon": (State.WARN, _("The certificate of %(name)s ends in %(days)s days and was not renewed yet.")),
    "server_error": (State.BAD, _("%(address)s answers with error %(status)s: the proxy is there, and Candor behind it is not.")),
    "redirects": (
        State.BAD,
        _("%(address)s sends visitors on to %(target)s instead of answering. It has to lead to Candor itself, without a redirect."),
    ),
    "other_keys": (State.BAD, _("A Candor answers at %(address)s, yet not this one: its TRACKING_KEYS are others.")),
    "someone_else": (State.BAD, _("Something else answers at %(address)s (status %(status)s): the name leads to another server or site.")),
    "pixel_changed": (
        State.BAD,
        _("The image does not come back as it was sent (status %(status)s). Something on the way changes or blocks it."),
    ),
    "pixel_stored": (
        State.WARN,
        _("Something on the way removes Cache-Control, so that repeated openings may go unseen. Turn caching off for this host."),
    ),
    "referrer": (
        State.WARN,
        _("Something on the way removes “Referrer-Policy: no-referrer”, so that targets learn where a reader came from."),
    ),
    "cookie": (State.WARN, _("Something on the way sets the cookie “%(cookie)s”. Candor sets none here; turn it off in the proxy.")),
    "robots": (State.WARN, _("robots.txt does not ask search engines to stay away. Something on the way answers in its place.")),
    "pages": (
        State.WARN,
        _("Pages of the CRM are not kept from this host (status %(status)s). Have the proxy pass Host on as it is."),
    ),
}
