"""Connections to hosts that users name never lead inside: however they are spelt, whatever they resolve to, wherever they send one."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from crm.lib import dialling
from crm.lib.dialling import PrivateHost, TooMuch, dial

SPELLINGS = {
    "loopback": ("127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433"),
    "loopback, octal and hexadecimal": ("017700000001", "0x7f000001", "0x7f.1", "0177.0.0.1", "0177.0x0.0.1"),
    "loopback, by name": ("127.0.0.1.", "localhost", "localhost."),
    "nowhere, which is loopback": ("0", "0.0.0.0", "0x0"),
    "loopback, IPv6": ("::1", "0:0:0:0:0:0:0:1", "::", "[::1]"),
    "IPv4 as IPv6": ("::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:0:127.0.0.1", "::127.0.0.1", "::7f00:1", "[::ffff:127.0.0.1]"),
    "IPv4 inside of IPv6": ("64:ff9b::7f00:1", "64:ff9b::127.0.0.1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::1"),
    "private, IPv6": ("fe80::1", "fe80::1%lo", "fec0::1", "fc00::1", "fd12:3456::1"),
    "private, IPv4": ("10.0.0.1", "10.1", "0xa000001", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.168.257"),
    "of a carrier, or the cloud's own": ("100.64.0.1", "100.127.255.255", "169.254.169.254", "0xa9fea9fe", "2852039166"),
    "for examples": ("192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.7", "2001:db8::1", "3fff::1"),
    "for groups and later": ("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "ff02::1", "5f00::1"),
    "of a tunnel": ("192.88.99.1",),
}


@pytest.fixture
def inside(settings) -> Iterator[int]:
    """The port of something inside of this network, which must not be reached."""
    settings.ALLOW_PRIVATE_MAIL_HOSTS = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        yield listener.getsockname()[1]
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("host", [host for row in SPELLINGS.values() for host in row])
def test_no_spelling_of_a_private_address_is_connected_to(inside: int, host: str):
    with pytest.raises(OSError) as error:
        dial(host, inside, timeout=5)
    assert isinstance(error.value, PrivateHost | socket.gaierror)


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: list[str]) -> list[tuple[str, int]]:
    """Has every name resolve to these, one list each time; answers where it was then connected to, which always fails."""
    queue, connected = list(addresses), []

    def resolve(host: str, port: int, **more: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in queue.pop(0)]

    def connect(_self: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    return connected


def test_a_name_that_changes_its_mind_is_asked_once(inside: int, monkeypatch: pytest.MonkeyPatch):
    connected = answers(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    with pytest.raises(ConnectionRefusedError):
        dial("rebinding.test", inside, timeout=5)
    assert connected == [("93.184.215.14", inside)]


def test_of_several_addresses_only_the_public_ones_are_tried(inside: int, monkeypatch: pytest.MonkeyPatch):
    connected = answers(monkeypatch, ["127.0.0.1", "93.184.215.14", "10.0.0.1"])
    with pytest.raises(ConnectionRefusedError):
        dial("mixed.test", inside, timeout=5)
    assert connected == [("93.184.215.14", inside)]


@pytest.mark.parametrize(
    ("allowed", "host", "is_let"),
    [
        (["127.0.0.1/32"], "127.1", True),
        (["127.0.0.1/32"], "127.0.0.2", False),
        (["localhost"], "LOCALHOST", True),
        (["localhost"], "127.0.0.1", False),
        (["10.0.0.0/8"], "localhost", False),
    ],
)
def test_the_setting_lets_names_addresses_and_networks(settings, allowed: list[str], host: str, is_let: bool):
    settings.ALLOW_PRIVATE_MAIL_HOSTS = allowed
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.nullcontext() if is_let else pytest.raises(PrivateHost):
        dial(host, listener.getsockname()[1], timeout=5).close()


@pytest.fixture
def site() -> Iterator[Callable[[Callable[[BaseHTTPRequestHandler], None]], str]]:
    """Serves what it is given over plain http on this machine; answers the address."""
    running: list[ThreadingHTTPServer] = []

    def serve(answer: Callable[[BaseHTTPRequestHandler], None]) -> str:
        handler = type("Handler", (BaseHTTPRequestHandler,), {"do_GET": answer, "log_message": lambda *details: None})
        running.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=running[-1].serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{running[-1].server_port}/"

    yield serve
    for one in running:
        one.shutdown()
        one.server_close()


def sending(content: bytes, status: int = 200, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        with contextlib.suppress(OSError):
            request.wfile.write(content)

    return answer


def fetch(url: str, *, seconds: float = 10) -> bytes | None:
    return dialling.fetch(url, limit=1000, seconds=seconds, may_be_plain=True)


def test_what_is_there_is_fetched_and_what_is_not_is_none(site):
    assert fetch(site(sending(b"here"))) == b"here"
    assert fetch(site(sending(b"gone", status=404))) is None


def test_more_than_the_limit_is_not_taken(site):
    with pytest.raises(TooMuch):
        fetch(site(sending(b"x" * 1001)))


def test_a_server_that_drips_is_hung_up_on(site):
    done = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            while not done.wait(0.02):
                request.wfile.write(b"H")
                request.wfile.flush()

    started = time.monotonic()
    with pytest.raises(requests.RequestException):
        fetch(site(drip), seconds=0.3)
    done.set()
    assert time.monotonic() - started < 5


def test_a_redirect_leads_neither_inside_nor_to_plain_http_nor_for_ever(site, settings):
    settings.ALLOW_PRIVATE_MAIL_HOSTS = ["127.0.0.1/32"]
    inside = site(sending(b"secret")).replace("127.0.0.1", "127.0.0.2")
    with pytest.raises(requests.ConnectionError):
        fetch(site(sending(b"", status=302, Location=inside)))
    with pytest.raises(requests.exceptions.InvalidSchema):
        fetch(site(sending(b"", status=302, Location="file:///etc/passwd")))
    with pytest.raises(requests.exceptions.InvalidSchema):
        dialling.fetch(site(sending(b"here")), limit=1000, seconds=10)
    with pytest.raises(requests.TooManyRedirects):
        fetch(site(sending(b"", status=302, Location="/")))


def test_no_proxy_of_the_environment_is_used(site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", site(sending(b"the proxy")))
    assert fetch(site(sending(b"itself"))) == b"itself"
