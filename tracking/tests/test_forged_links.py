"""No open redirect: whatever is done to a genuine link, it leads to exactly the target that was signed with it, or nowhere."""

import string
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracking import edge, tokens
from tracking.tests.conftest import finish

SIGNED = [
    "https://x.test/",
    "https://x.test/a%20b;c?sig=%2F+z&u=a_b-c&b=%25#part-2",
    "http://user:pass@x.test:8080/?",
    "HTTPS://[2001:db8::1]:8443/a//b/../c?next=https%3A%2F%2Fy.test%2F%3Fu%3D1&u=https://z.test/",
    f"https://xn--bcher-kva.test/{'long/' * 390}",
]
GENUINE = {path: target for number, target in enumerate(SIGNED) for path in [tokens.link_path(7, number, target)]}
TARGET_OF = {link.partition("?")[0].encode(): target for link, target in GENUINE.items()}  # by path: a token signs one target
EVIL = b"https://evil.test/"
INSERTED = [
    *(bytes([byte]) for byte in range(256)),
    *[
        b"//",
        b"\\",
        b"\r\n",
        b"%0d%0a",
        b"%0D%0ALocation:%20https://evil.test/",
        b"\r\nLocation: https://evil.test/\r\n",
        b"%00",
        b"%5c",
        b"%2e%2e/",
        b"../",
    ],
    *[
        b"@evil.test",
        b"%40evil.test",
        b".evil.test",
        b"#",
        b"%23",
        b"?",
        b"&",
        b"&amp;",
        b";",
        b"=",
        b"u=",
        b"&u=",
        b"&u=" + EVIL,
        b"u=" + EVIL + b"&",
    ],
    *[
        b"&U=" + EVIL,
        b"&u[]=" + EVIL,
        b"&%75=" + EVIL,
        b"%75=" + EVIL + b"&",
        "ü".encode(),
        "\u202e".encode(),
        b"%c0%af",
        b"%u002f",
        b"%",
        b"+",
        b" ",
        b"%20",
    ],
]
Link = st.sampled_from([link.encode() for link in GENUINE])
Place = st.floats(0, 1)


def inserted(link: bytes, place: float, piece: bytes) -> bytes:
    at = round(place * len(link))
    return link[:at] + piece + link[at:]


def overwritten(link: bytes, place: float, piece: bytes) -> bytes:
    at = round(place * len(link))
    return link[:at] + piece + link[at + len(piece) :]


def cut(link: bytes, place: float, length: int) -> bytes:
    at = round(place * len(link))
    return link[:at] + link[at + length :]


def of_two(link: bytes, other: bytes) -> bytes:
    """This one's token, the other one's target."""
    return link.partition(b"?")[0] + b"?" + other.partition(b"?")[2]


def twice(link: bytes, other: bytes) -> bytes:
    return link + b"&" + other.partition(b"?")[2]


def to(link: bytes, target: bytes) -> bytes:
    return link.partition(b"?")[0] + b"?u=" + target


def in_other_words(link: bytes, spelling: Callable[[bytes], bytes]) -> bytes:
    """The same target, encoded otherwise."""
    return to(link, spelling(unquote_to_bytes(link.partition(b"?u=")[2])))


SPELLINGS: list[Callable[[bytes], bytes]] = [
    lambda target: target,
    lambda target: quote(quote(target, safe="")).encode(),
    lambda target: quote_from_bytes(target).encode(),
    lambda target: quote_from_bytes(target, safe="").lower().encode(),
    lambda target: b"".join(b"%%%02x" % byte for byte in target),
    lambda target: target.replace(b"https", b"http"),
    lambda target: quote_from_bytes(target.swapcase(), safe="").encode(),
    lambda target: quote_from_bytes(target + b"/", safe="").encode(),
    lambda target: quote_from_bytes(b" " + target, safe="").encode(),
    lambda target: quote_from_bytes(target.removesuffix(b"?"), safe="").encode(),
]
CHANGES: list[Any] = [
    st.tuples(st.just(inserted), Place, st.sampled_from(INSERTED)),
    st.tuples(st.just(overwritten), Place, st.one_of(st.sampled_from(INSERTED), st.binary(min_size=1, max_size=3))),
    st.tuples(st.just(overwritten), Place, st.sampled_from([letter.encode() for letter in string.ascii_letters + string.digits + "-_"])),
    st.tuples(st.just(cut), Place, st.integers(1, 30)),
    st.tuples(st.just(of_two), Link),
    st.tuples(st.just(twice), Link),
    st.tuples(st.just(to), st.one_of(st.just(EVIL), st.just(quote(EVIL, safe="").encode()), st.binary(max_size=60))),
    st.tuples(st.just(in_other_words), st.sampled_from(SPELLINGS)),
    st.tuples(st.just(inserted), Place, st.integers(1, 70_000).map(lambda length: b"a" * length)),
]
Forged = st.tuples(Link, st.lists(st.one_of(*CHANGES), min_size=1, max_size=4))


def forged(link: bytes, changes: list[Any]) -> bytes:
    for change, *details in changes:
        link = change(link, *details)
    return link


def by_wsgi(path: bytes, query: bytes) -> tuple[int, list[tuple[str, str]]]:
    answers: list[tuple[int, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        answers.append((int(status.split()[0]), headers))

    def application(_environ: object, start: Callable[..., None]) -> list[bytes]:
        start("404 Not Found", [])
        return []

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query.decode("latin-1")}
    edge.wsgi_edge(application)(environ, start_response)
    return answers[0]


def by_asgi(path: bytes, query: bytes) -> tuple[int, list[tuple[str, str]]]:
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    async def application(_scope: object, _receive: object, send: Callable[..., Any]) -> None:
        await send({"status": 404, "headers": []})

    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "query_string": query,
        "headers": [],
    }
    finish(edge.asgi_edge(application)(scope, None, send))
    return messages[0]["status"], [(name.decode().title(), value.decode()) for name, value in messages[0]["headers"]]


@pytest.mark.parametrize("ask", [by_wsgi, by_asgi])
def test_a_genuine_link_leads_to_its_target(ask, spool):
    for link, target in GENUINE.items():
        path, _, query = link.encode().partition(b"?")
        status, headers = ask(path, query)
        assert (status, dict(headers)["Location"]) == (302, target)


@pytest.mark.parametrize("ask", [by_wsgi, by_asgi])
@given(Forged)
@settings(max_examples=700, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_forged_link_leads_where_it_was_signed_for_or_nowhere(ask, spool, made):
    path, _, query = forged(*made).partition(b"#")[0].partition(b"?")
    status, headers = ask(path, query)
    locations = [value for name, value in headers if name == "Location"]
    is_pixel = unquote_to_bytes(path).startswith(b"/i/")  # one letter makes a link a forged pixel, which is answered like any
    nowhere: tuple[int, list[str]] = (200 if is_pixel else 404, [])

    assert (status, locations) in [nowhere, (302, [TARGET_OF.get(unquote_to_bytes(path))])]
    assert all(value.isascii() and value.isprintable() for header in headers for value in header)
