"""What a recipient's program gets: the image whatever happens, the exact target of a genuine link, nothing else."""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from crm.lib import viewer
from crm.records.models import Person
from tracking import edge, hits, tokens
from tracking.draining import drain
from tracking.instrument import add_copy, instrument
from tracking.spool import files
from tracking.tests.conftest import finish

TARGET = "https://x.test/a%20b?x=1&y=%2F+z#part-2"
LINK = tokens.link_path
STRANGER = "203.0.113.9"
PATH_OF_COPY = tokens.pixel_path(7)


def spooled(folder: Path) -> list[hits.Hit]:
    """What has been kept, oldest first."""
    return hits.decode(b"".join(path.read_bytes() for path in files(folder)))[0]


class Answered(NamedTuple):
    """An answer in comparable form."""

    status: int
    headers: dict[str, str]
    body: bytes


def answered(status: object, headers: Iterable[tuple[str, str]], body: bytes) -> Answered:
    return Answered(int(str(status).split()[0]), {name.title(): value for name, value in headers}, body)


def joined(value):
    """Headers of one name as a WSGI server hands them on (RFC 3875)."""
    return ", ".join(value) if isinstance(value, list) else value


def by_wsgi(method, url, **headers):
    path, _, query = url.partition("?")
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": headers.pop("peer", STRANGER)}
    environ |= {f"HTTP_{name.upper()}": joined(value) for name, value in headers.items()}
    started = []
    body = b"".join(edge.wsgi_edge(None)(environ, lambda status, sent: started.append((status, sent))))
    status, sent = started[0]
    return answered(status, sent, body)


def by_asgi(method, url, **headers):
    path, _, query = url.partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "client": (headers.pop("peer", STRANGER), 5)}
    values = {name: value if isinstance(value, list) else [value] for name, value in headers.items()}
    scope["headers"] = [(name.lower().replace("_", "-").encode(), one.encode()) for name in values for one in values[name]]
    sent = []

    async def send(message):
        sent.append(message)

    finish(edge.asgi_edge(None)(scope, None, send))
    return answered(sent[0]["status"], [(name.decode(), value.decode()) for name, value in sent[0]["headers"]], sent[1]["body"])


def by_view(method, url, **headers):
    peer = headers.pop("peer", STRANGER)
    given = {f"HTTP_{name.upper()}": joined(value) for name, value in headers.items()}
    cookie = given.pop("HTTP_COOKIE", "")
    client = Client(headers={"cookie": cookie} if cookie else {})
    response = client.generic(method, url, REMOTE_ADDR=peer, **given)
    return answered(response.status_code, response.items(), response.content)


@pytest.fixture(params=[by_wsgi, by_asgi, by_view], ids=["wsgi", "asgi", "view"])
def ask(request, db, spool):
    return request.param


@pytest.fixture
def tracking_hosts(settings):
    """The installation's tracking host and that of one sending domain."""
    settings.TRACKING_ONLY_HOSTS = frozenset({"track.test", "go.client.test"})


def test_the_pixel_is_an_image_that_nobody_may_store(ask, spool):
    answer = ask("GET", PATH_OF_COPY, user_agent="Thunderbird/140")

    assert (answer.status, answer.body) == (200, edge.GIF)
    assert answer.headers["Content-Type"] == "image/gif"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    (hit,) = spooled(spool)
    assert (hit.kind, hit.public_id, hit.method, hit.user_agent, hit.address) == ("open", 7, "GET", "Thunderbird/140", "203.0.113.9")
    assert abs(hit.at - time.time()) < 60


def test_a_link_redirects_to_its_target_byte_for_byte(ask, spool):
    answer = ask("GET", LINK(7, 3, TARGET))

    assert (answer.status, answer.headers["Location"]) == (302, TARGET)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    (hit,) = spooled(spool)
    assert (hit.kind, hit.public_id, hit.number) == ("click", 7, 3)


def test_what_was_appended_to_a_link_changes_nothing(ask):
    assert ask("GET", LINK(7, 3, TARGET) + "&utm_source=crm&u=https%3A%2F%2Fevil.test").headers["Location"] == TARGET


def test_a_link_outlives_mail_person_and_user_and_a_change_of_the_key(ask, spool, settings, mail, alice):
    person = Person.objects.create(owner=alice, name="Boris")
    body = instrument('<a href="https://x.test/?a=1&amp;b=2#c">see</a>', copy=add_copy(mail=mail, person=person))
    link = body.partition('href="http://track.test')[2].partition('"')[0]
    mail.delete()
    person.delete()
    alice.delete()
    settings.TRACKING_KEYS = ["newest", *settings.TRACKING_KEYS]

    assert ask("GET", link).headers["Location"] == "https://x.test/?a=1&b=2#c"
    assert drain(now=timezone.now()) == 0


@pytest.mark.parametrize(
    "path", ["/i/" + "A" * 22 + ".gif", "/i/x.gif", "/i/", "/i/../../etc/passwd", PATH_OF_COPY + "x", PATH_OF_COPY[:-4]]
)
def test_an_unknown_pixel_gets_the_same_image_and_leaves_nothing(ask, spool, path):
    answer = ask("GET", path)

    assert (answer.status, answer.body) == (200, edge.GIF)
    assert spooled(spool) == []


@pytest.mark.parametrize(
    "link",
    [
        "/l/",
        "/l/x?u=https%3A%2F%2Fevil.test",
        LINK(7, 3, TARGET).replace("x.test", "evil.test"),
        LINK(7, 3, TARGET).partition("?")[0],
        LINK(7, 3, TARGET).replace("u=", "v="),
        "/l/" + "A" * 28 + "?u=https%3A%2F%2Fevil.test",
    ],
)
def test_a_forged_link_is_plainly_not_found(ask, spool, link):
    answer = ask("GET", link)

    assert answer.status == 404
    assert "Location" not in answer.headers
    assert spooled(spool) == []


def test_head_is_answered_like_get_without_a_body(ask, spool):
    pixel, link = ask("HEAD", PATH_OF_COPY), ask("HEAD", LINK(7, 3, TARGET))

    assert (pixel.status, pixel.body, pixel.headers["Content-Length"]) == (200, b"", str(len(edge.GIF)))
    assert (link.status, link.headers["Location"]) == (302, TARGET)
    assert [hit.method for hit in spooled(spool)] == ["HEAD", "HEAD"]


def test_ranges_and_conditions_are_not_honoured(ask):
    answer = ask("GET", PATH_OF_COPY, range="bytes=0-1", if_modified_since="Mon, 23 Nov 2026 00:00:00 GMT", if_none_match="*")

    assert (answer.status, answer.body) == (200, edge.GIF)


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "PROPFIND"])
def test_any_method_is_answered(ask, spool, method):
    assert ask(method, PATH_OF_COPY).body == edge.GIF
    assert ask(method, LINK(7, 3, TARGET)).status == 302
    assert {hit.method for hit in spooled(spool)} == {method}


def test_the_headers_that_a_verdict_reads_are_kept_and_no_others(ask, spool):
    ask("GET", PATH_OF_COPY, sec_purpose="prefetch;prerender", x_moz="prefetch", accept="image/*", referer="https://mail.test/?q=secret")

    assert spooled(spool)[0].headers == {"Sec-Purpose": "prefetch;prerender", "X-Moz": "prefetch"}


def test_a_signed_in_browser_of_ours_is_recognised(ask, spool):
    ask("GET", PATH_OF_COPY, cookie=f"a=b; {viewer.COOKIE}={viewer.sign(42)}; c=d")
    ask("GET", PATH_OF_COPY, cookie=f"{viewer.COOKIE}=43.{'0' * 32}")

    assert [hit.viewer_id for hit in spooled(spool)] == [42, None]


def test_long_and_odd_headers_are_cut_and_kept_readable(ask, spool):
    ask("GET", PATH_OF_COPY, user_agent="ü\x00" + "x" * 2000, purpose="p" * 500)
    (hit,) = spooled(spool)

    assert len(hit.user_agent) <= 500
    assert "\0" not in hit.user_agent
    assert len(hit.headers["Purpose"]) == 100


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # forged
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),  # forged through the proxy, which appends
        ("10.0.0.1", ["192.0.2.66", "198.51.100.1:5678 "], "198.51.100.1"),  # in two headers
        ("::ffff:10.0.0.1", ["[2001:db8::1]:80"], "2001:db8::1"),
        ("10.0.0.1", ["%0d%0a<x>"], "10.0.0.1"),
    ],
)
def test_a_forged_address_changes_nothing(ask, spool, settings, peer, forwarded, address):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    ask("GET", PATH_OF_COPY, peer=peer, x_forwarded_for=forwarded, forwarded="for=192.0.2.99", x_real_ip="192.0.2.98")

    assert [hit.address for hit in spooled(spool)] == [address]


@pytest.mark.parametrize("host", ["track.test", "TRACK.test:80", "track.test.", "go.client.test", "go.client.test:443"])
@pytest.mark.parametrize("path", ["/", "/account/login/", "/mail/inbox/", "/static/css/tokens.css", "/healthz", "/i", "/admin"])
def test_a_tracking_host_shows_no_page_and_sets_no_cookie(ask, tracking_hosts, host, path):
    answer = ask("GET", path, host=host, cookie="candor_session=x")

    assert (answer.status, answer.body) == (404, b"Not found.")
    assert not {"Set-Cookie", "Location", "Strict-Transport-Security"} & set(answer.headers)


@pytest.mark.parametrize("host", ["track.test", "go.client.test", "former-host.test"])
def test_pixels_and_links_are_answered_on_every_host_that_leads_here(ask, spool, tracking_hosts, host):
    pixel, link = ask("GET", PATH_OF_COPY, host=host), ask("GET", LINK(7, 3, TARGET), host=host)

    assert (pixel.body, link.headers["Location"]) == (edge.GIF, TARGET)
    for answer in (pixel, link):
        assert (answer.headers["Referrer-Policy"], answer.headers["X-Robots-Tag"]) == ("no-referrer", "noindex")
        assert not {"Set-Cookie", "Strict-Transport-Security"} & set(answer.headers)
    assert len(spooled(spool)) == 2


def test_search_engines_are_asked_to_leave_a_tracking_host_alone(ask, tracking_hosts):
    answer = ask("GET", "/robots.txt", host="go.client.test")

    assert (answer.status, answer.body) == (200, b"User-agent: *\nDisallow: /\n")


def test_everything_else_goes_to_the_application():
    def application(environ, start_response):
        return [b"page of " + environ["PATH_INFO"].encode()]

    assert edge.wsgi_edge(application)({"PATH_INFO": "/mail/"}, None) == [b"page of /mail/"]


def test_a_record_is_one_line_of_json(spool):
    edge.answer(edge.Request("GET", PATH_OF_COPY, "", {"HTTP_USER_AGENT": "a\nb"}, ""))
    (path,) = files(spool)

    assert json.loads(path.read_text().strip())[0] == hits.VERSION
    assert datetime.fromtimestamp(spooled(spool)[0].at, UTC).year >= 2026
