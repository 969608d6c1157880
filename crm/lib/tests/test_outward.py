"""Nothing that a stranger names an address of leads into our own network, and nothing takes longer than it may."""

import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from threading import Thread
from typing import Any

import pytest

from crm.lib import outward
from crm.lib.networks import is_public

INSIDE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
SPELLINGS = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://0/",
    "http://localhost/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
]
ODD = [
    "ftp://a.test/",
    "file:///etc/passwd",
    "gopher://a.test/",
    "//a.test/",
    "http:///x",
    "http://a.test:22/",
    "http://user@a.test/",
    "http://a.test\\@b.test/",
    "http://a.test/\r\nX-Evil: 1",
    "http://a.test:99999/",
    "http://[::1/",
    "http://a..test/" + "x" * 5000,
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_everybodys_is_refused(address: str):
    assert not is_public(ip_address(address))
    assert not outward.may_connect(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2a00:1450:4001:81b::200e", "2606:4700::1111"])
def test_an_address_of_the_internet_is_allowed(address: str):
    assert outward.may_connect(address)


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_leads_inside(url: str):
    with pytest.raises(outward.CannotFetch):
        outward.fetch(url, accept="*/*", most_bytes=100, seconds=2)


@pytest.mark.parametrize("url", ODD)
def test_an_odd_address_is_refused_before_anything_is_asked(url: str):
    with pytest.raises(outward.CannotFetch, match="an address"):
        outward.fetch(url, accept="*/*", most_bytes=100, seconds=2)


def test_a_name_that_leads_inside_is_refused_by_where_it_leads(monkeypatch: pytest.MonkeyPatch):
    inside = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)),
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 80, 0, 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_named: inside)
    with pytest.raises(outward.CannotFetch, match="private network"):
        outward.fetch("https://rebound.test/", accept="*/*", most_bytes=100, seconds=2)


Answering = Callable[[socket.socket], None]


@pytest.fixture
def serving(settings: Any) -> Iterator[Callable[[Answering], str]]:
    """Starts a server on loopback, which a setting allows, that answers one connection after the other by a function."""
    settings.OUTWARD_ONLY_PUBLIC = False
    opened: list[socket.socket] = []

    def serve(answer: Answering) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        opened.append(server)
        Thread(target=_answer_all, args=(server, answer), daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    yield serve
    for server in opened:
        server.close()


def _answer_all(server: socket.socket, answer: Answering) -> None:
    while True:
        try:
            connection, _peer = server.accept()
        except OSError:
            return
        with connection:
            try:
                answer(connection)
            except OSError:
                continue


def saying(text: bytes, heard: list[bytes] | None = None) -> Answering:
    def answer(connection: socket.socket) -> None:
        request = connection.recv(65_536)
        if heard is not None:
            heard.append(request)
        connection.sendall(text)

    return answer


def get(url: str, **changed: Any) -> outward.Answer:
    options: dict[str, Any] = {"accept": "image/png", "most_bytes": 1000, "seconds": 5.0, **changed}
    return outward.fetch(url, **options)


def test_what_is_asked_names_nobody(serving: Any):
    heard: list[bytes] = []
    site = serving(saying(b"HTTP/1.1 200 OK\r\nContent-Type: image/png; x=y\r\nContent-Length: 3\r\n\r\nabc", heard))
    assert get(f"{site}/ä b?q=1&r=ü") == outward.Answer(b"abc", "image/png")
    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "GET /%C3%A4%20b?q=1&r=%C3%BC HTTP/1.1"
    assert {line.partition(":")[0] for line in lines[1:] if line} == {"Host", "Accept", "User-Agent", "Accept-Encoding", "Connection"}


def test_an_answer_that_ends_with_the_connection_is_read_to_its_end(serving: Any):
    for head in (b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\n"):
        assert get(serving(saying(head + b"abc"))).content == b"abc"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    assert get(serving(saying(chunked))).content == b"abc"


def test_a_redirect_is_looked_at_like_the_first_address(serving: Any, settings: Any):
    target = serving(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    site = serving(saying(f"HTTP/1.1 302 Found\r\nLocation: {target}/x\r\nContent-Length: 0\r\n\r\n".encode()))
    assert get(site).content == b"ok"
    for elsewhere in ("file:///etc/passwd", "http://user@a.test/", "//", "//[::1", ""):
        with pytest.raises(outward.CannotFetch):
            get(serving(saying(f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n".encode())))


def test_a_circle_of_redirects_ends(serving: Any):
    heard: list[bytes] = []
    site = serving(saying(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n", heard))
    with pytest.raises(outward.CannotFetch, match="redirects"):
        get(site)
    assert len(heard) == outward.MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 5000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_is_too_large_or_none_is_refused(serving: Any, answer: bytes):
    with pytest.raises(outward.CannotFetch):
        get(serving(saying(answer)))


def test_an_answer_that_drips_ends_in_time(serving: Any):
    dripped: list[int] = []

    def drip(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        connection.settimeout(0.05)
        while True:  # until the other side has hung up
            connection.sendall(b"x")
            dripped.append(1)
            try:
                if connection.recv(1) == b"":
                    return
            except TimeoutError:
                continue

    with pytest.raises(outward.TooSlow):
        get(serving(drip), seconds=0.4)
    assert len(dripped) < 100
