"""Fetches what strangers name an address of, without being led into our own network (SSRF).

The address that is connected to is checked, not the name: a name that resolves to something else a moment later, a number in an odd
spelling and a redirect all come by the same gate. Nothing of the reader goes along: no cookie, no referrer, no browser's name.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings

from crm.lib.networks import is_public
from crm.lib.tls import client_context

AGENT = "Mozilla/5.0 (compatible; image proxy)"
PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 3
MOST_TRIES = 3  # addresses of one name
LONGEST = 4000  # characters of an address
PLAIN = "!$&'()*+,;=:@/?%-._~[]"  # what an address may hold besides letters and digits


class CannotFetch(Exception):
    """The address was refused, or did not answer as it should; the message says why, without the address."""


class TooSlow(CannotFetch):
    """The time was over before the answer was there."""


@dataclass(frozen=True)
class Answer:
    """What came back from the last address, whatever its type claims to be."""

    content: bytes
    content_type: str


@dataclass(frozen=True)
class _Place:
    scheme: str
    host: str
    port: int
    path: str


def fetch(url: str, *, accept: str, most_bytes: int, seconds: float) -> Answer:
    """Get an http(s) address within a total time, following a few redirects. Raises CannotFetch."""
    ends_at = time.monotonic() + seconds
    for _hop in range(MOST_REDIRECTS + 1):
        place = _place(url)
        try:
            answer = _ask(place, accept, most_bytes, ends_at)
        except TimeoutError:
            raise TooSlow("out of time") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CannotFetch(f"no proper answer ({type(error).__name__})") from None
        if isinstance(answer, Answer):
            return answer
        url = _joined(url, answer)
    raise CannotFetch("too many redirects")


def may_connect(address: str) -> bool:
    """Whether an address that a name resolved to may be connected to: the one rule for all that strangers make us do."""
    try:
        return not settings.OUTWARD_ONLY_PUBLIC or is_public(ip_address(address.partition("%")[0]))
    except ValueError:
        return False


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise CannotFetch("an address that is not of the web") from None


def _place(url: str) -> _Place:
    """An address taken apart; whatever browsers and libraries read differently is refused. Raises CannotFetch."""
    if len(url) > LONGEST or "\\" in url or not url.isprintable():
        raise CannotFetch("an address in an odd spelling")
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, KeyError):
        raise CannotFetch("an address that is not of the web") from None
    if not host or "@" in parts.netloc or (settings.OUTWARD_ONLY_PUBLIC and port != PORTS[parts.scheme]):
        raise CannotFetch("an address with a port or a user")
    query = f"?{quote(parts.query, safe=PLAIN)}" if parts.query else ""
    return _Place(parts.scheme, host, port, (quote(parts.path, safe=PLAIN) or "/") + query)


def _ask(place: _Place, accept: str, most_bytes: int, ends_at: float) -> Answer | str:
    """The answer of one place, or where it sends us."""
    connection = http.client.HTTPConnection(place.host, place.port)
    with _connected(place, ends_at) as opened:
        connection.sock = _Timed(opened, ends_at)  # type: ignore[assignment]
        headers = {"Accept": accept, "User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close", "Host": _host_header(place)}
        connection.request("GET", place.path, headers=headers)
        response = connection.getresponse()
        if response.status in REDIRECTS:
            return response.getheader("Location") or ""
        if response.status != 200:
            raise CannotFetch(f"status {response.status}")
        return _read(response, most_bytes)


def _host_header(place: _Place) -> str:
    name = f"[{place.host}]" if ":" in place.host else place.host
    return name if place.port == PORTS[place.scheme] else f"{name}:{place.port}"


def _read(response: http.client.HTTPResponse, most_bytes: int) -> Answer:
    if int(response.getheader("Content-Length") or 0) > most_bytes:
        raise CannotFetch("too large")
    content = response.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise CannotFetch("too large")
    return Answer(content, (response.getheader("Content-Type") or "").partition(";")[0].strip().lower())


def _connected(place: _Place, ends_at: float) -> socket.socket:
    """A connection to an address that was looked at. Raises CannotFetch when none of the name's is allowed, and OSError."""
    fault: OSError | None = None
    for family, sockaddr in _allowed(place, ends_at):
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.settimeout(_left(ends_at))
            opened.connect(sockaddr)
            return _secured(opened, place, ends_at) if place.scheme == "https" else opened
        except OSError as error:
            opened.close()
            fault = error
    raise fault or CannotFetch("an address inside of a private network")


def _secured(opened: socket.socket, place: _Place, ends_at: float) -> socket.socket:
    opened.settimeout(_left(ends_at))
    return _trust().wrap_socket(opened, server_hostname=place.host)


def _allowed(place: _Place, ends_at: float) -> Iterator[tuple[int, Any]]:
    """The first few addresses of a host that may be connected to, each as it is then used."""
    found = [(family, sockaddr) for family, _type, _proto, _name, sockaddr in _resolved(place, ends_at) if may_connect(str(sockaddr[0]))]
    return iter(found[:MOST_TRIES])


def _resolved(place: _Place, ends_at: float) -> list[Any]:
    """The system's resolver knows no time limit: it is asked in a thread that may be left behind."""
    asked: Future[list[Any]] = _resolver().submit(socket.getaddrinfo, place.host, place.port, type=socket.SOCK_STREAM)
    try:
        return asked.result(timeout=_left(ends_at))
    except TimeoutError as error:
        asked.cancel()
        raise TimeoutError("the name was not resolved in time") from error


def _left(ends_at: float) -> float:
    """Seconds that are left. Raises TimeoutError, an OSError, when there are none."""
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError("out of time")
    return left


@lru_cache(maxsize=1)
def _resolver() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolver")


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return client_context()


class _Timed:
    """A socket for `http.client` of which all sending and reading together has to end in time, however slowly it drips."""

    def __init__(self, connected: socket.socket, ends_at: float) -> None:
        self.connected, self.ends_at = connected, ends_at

    def sendall(self, content: bytes) -> None:
        self.connected.settimeout(_left(self.ends_at))
        self.connected.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self.connected, self.ends_at))

    def close(self) -> None:
        """The connection lets go of it once the head of the answer is there; it is closed when the answer has been read."""


class _TimedReader(io.RawIOBase):
    """What comes from a socket, as long as there is time."""

    def __init__(self, connected: socket.socket, ends_at: float) -> None:
        self.connected, self.ends_at = connected, ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.connected.settimeout(_left(self.ends_at))
        return self.connected.recv_into(buffer)
