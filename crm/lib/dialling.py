"""Connections to hosts that users name: none leads into a private network, unless ALLOW_PRIVATE_MAIL_HOSTS lets it.

A name is resolved once, the address that came of it is judged, and that very address is connected to. So neither an odd spelling
(`2130706433`) nor a name that answers differently the next time gets around the rule, and TLS still proves the name.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from crm.lib.networks import is_in, is_public, read_address

MOST_ADDRESSES = 6  # of one name that are tried
CHUNK = 16 * 1024
_of_thread = threading.local()


class PrivateHost(OSError):
    """The host leads into a private network. Nothing was connected to, so nothing is known of what is there."""


class TooMuch(Exception):
    """What was asked for is longer, or comes more slowly, than is waited for."""


def dial(host: str, port: int, *, timeout: float, is_trusted: bool = False) -> socket.socket:
    """A TCP connection, within `timeout` seconds. Raises PrivateHost, and what sockets raise (OSError, UnicodeError).

    `is_trusted` is for hosts that no user can choose.
    """
    ends_at = time.monotonic() + timeout
    last: OSError | None = None
    for family, address in _addresses(host, port, is_trusted=is_trusted):
        left = ends_at - time.monotonic()
        if left <= 0:
            break
        try:
            return _connect(family, address, left)
        except OSError as error:
            last = error
    raise last or TimeoutError(f"no answer within {timeout} s")


def is_allowed(host: str, address: str) -> bool:
    """Whether users may have Candor connect to this address, which the host resolved to."""
    allowed: list[str] = settings.ALLOW_PRIVATE_MAIL_HOSTS
    found = read_address(address)
    if found is None:
        return False
    return is_public(found) or host.lower().rstrip(".") in allowed or is_in(found, allowed)


def _addresses(host: str, port: int, *, is_trusted: bool) -> Sequence[tuple[int, Any]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    good = [(family, address) for family, _, _, _, address in found if is_trusted or is_allowed(host, str(address[0]))]
    if not good:
        raise PrivateHost("the host leads into a private network")
    return good[:MOST_ADDRESSES]


def _connect(family: int, address: Any, seconds: float) -> socket.socket:
    with contextlib.ExitStack() as undo:
        sock = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
        sock.settimeout(seconds)
        sock.connect(address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a command and its literal are one question
        undo.pop_all()
    return sock


def guard(session: requests.Session, *, seconds: float, may_be_plain: bool = False) -> None:
    """Have an HTTP session connect through `dial` only, past no proxy, to https unless told otherwise, and along few redirects."""
    session.trust_env = False
    session.max_redirects = 3
    session.adapters.clear()
    session.mount("https://", _Adapter(seconds))
    if may_be_plain:
        session.mount("http://", _Adapter(seconds))


def fetch(url: str, *, limit: int, seconds: float, may_be_plain: bool = False) -> bytes | None:
    """What lies at an address that somebody else chose; None for anything but a success. Raises TooMuch, RequestException, OSError."""
    ends_at = time.monotonic() + seconds
    with requests.Session() as session, _hung_up_after(seconds):
        guard(session, seconds=seconds, may_be_plain=may_be_plain)
        session.headers["Accept-Encoding"] = "identity"
        with session.get(url, timeout=seconds, stream=True) as response:
            return _read(response, limit, ends_at) if response.status_code == 200 else None


@contextlib.contextmanager
def _hung_up_after(seconds: float) -> Iterator[None]:
    """End this thread's HTTP connections when the time is up: a server that sends a byte now and then would hold it for ever."""
    opened = _of_thread.connections = []
    timer = threading.Timer(seconds, _hang_up, [opened])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _of_thread.connections = None


def _hang_up(connections: list[HTTPConnection]) -> None:
    for one in list(connections):
        with contextlib.suppress(OSError, AttributeError):
            one.sock.shutdown(socket.SHUT_RDWR)


def _note(connection: HTTPConnection) -> None:
    opened = getattr(_of_thread, "connections", None)
    if opened is not None:
        opened.append(connection)


def _read(response: requests.Response, limit: int, ends_at: float) -> bytes:
    content = b""
    for chunk in response.iter_content(CHUNK):
        content += chunk
        if len(content) > limit or time.monotonic() > ends_at:
            raise TooMuch
    return content


class _Plain(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _note(self)

    def _new_conn(self) -> socket.socket:
        return dial(self._dns_host, self.port or 80, timeout=_seconds(self.timeout))


class _Secure(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _note(self)

    def _new_conn(self) -> socket.socket:
        return dial(self._dns_host, self.port or 443, timeout=_seconds(self.timeout))


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    """Waits `seconds` at most where the caller names no time of its own."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = kwargs.get("timeout") or self.seconds
        return super().send(request, *args, **kwargs)


def _seconds(timeout: Any) -> float:
    return float(timeout) if isinstance(timeout, int | float) else 10.0
