"""The body that goes out: links rewritten, pixel placed, all else byte for byte as it was."""

import html as htmllib
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.corpora import corpus
from tracking import tokens
from tracking.instrument import add_copy, instrument, pixel
from tracking.models import Copy, TrackedLink, TrackedMail
from tracking.tests.fidelity import differences, pixels, unexplained

HOST = "http://track.test/"
SAMPLES = Path(__file__).parent / "samples"


def targets(body: str) -> list[str]:
    """Where the tracked links of a body lead."""
    found = [
        tokens.read_link(*htmllib.unescape(href).split("?", 1))
        for href in re.findall(r'href="http://track\.test(/l/[^"]+)"', body, re.IGNORECASE)
    ]
    return [link.target for link in found if link]


def test_a_link_leads_through_us_to_exactly_its_target(copy):
    body = instrument('<p><a class="x" href="https://x.test/a?b=1&amp;c=%20#d">Price list</a></p>', copy=copy)

    assert targets(body) == ["https://x.test/a?b=1&c=%20#d"]
    assert [(link.number, link.target, link.text) for link in copy.mail.links.all()] == [(0, "https://x.test/a?b=1&c=%20#d", "Price list")]


def test_nothing_but_the_address_and_the_pixel_changes(copy):
    head, foot = "<!DOCTYPE html>\r\n<HTML><Body  bgcolor=white>\r\n", "</BODY></HTML>\r\n"
    body = f"{head}<P>Hi &nbsp;<A  Title='a>b' HREF = https://x.test/ >there</A> 😀\r\n{foot}"
    tracked = instrument(body, copy=copy)
    link = re.search(r'"http://track\.test/l/[^"]+"', tracked)

    assert link
    assert tracked.replace(link[0], "https://x.test/").replace(pixel(copy), "") == body
    assert tracked.endswith(pixel(copy) + foot)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="mailto:a@x.test">a</a>',
        '<a href="tel:+49301">a</a>',
        '<a href="sms:+49301">a</a>',
        '<a href="cid:part1">a</a>',
        '<a href="data:text/html,x">a</a>',
        '<a href="javascript:void(0)">a</a>',
        '<a href="#top">a</a>',
        '<a href="">a</a>',
        "<a href>a</a>",
        '<a name="top">a</a>',
        '<a href="/path?x=https://x.test">a</a>',
        '<a href="//x.test/">a</a>',
        '<a href="www.x.test">a</a>',
        '<a href="http://testserver/mail/">a</a>',
        '<a href="http://TRACK.test:80/x">a</a>',
        '<a href="https://x.test/unsubscribe?id=1">leave</a>',
        '<a href="https://x.test/u/1">Unsubscribe from this list</a>',
        '<a href="https://x.test/{{ person.id }}">a</a>',
        '<a href="{{ link }}">a</a>',
        '<a href="https://x.test/*|FNAME|*">a</a>',
        '<a href="https://x.test/?id=<?= $id ?>">a</a>',
        '<a data-notrack href="https://x.test/">a</a>',
        '<p data-notrack>So <a href="https://x.test/">a</a></p>',
        '<a href="https://x.test/">https://x.test/</a>',
        '<a href="https://x.test/">www.x.test/prices</a>',
        '<a href="https://x.test/"><b>x.test</b></a>',
        '<a href="https://x.test/">anna@x.test</a>',
        '<a href="https://x.test/a\\b">a</a>',
        '<a href="https://bücher.test/">a</a>',
        '<a href="https://x.test/a\nb">a</a>',
        f'<a href="https://x.test/{"a" * 2000}">a</a>',
        '<!-- <a href="https://x.test/">a</a> -->',
        '<!--[if mso]><v:roundrect href="https://x.test/"><a href="https://x.test/">a</a></v:roundrect><![endif]-->',
        '<textarea><a href="https://x.test/">a</a></textarea>',
        '<template><a href="https://x.test/">a</a></template>',
        '<style>a[href="https://x.test/"] { color: red }</style>',
        '<svg><a href="https://x.test/"><text>a</text></a></svg>',
        '<link rel="stylesheet" href="https://x.test/">',
        '<form action="https://x.test/"><button formaction="https://x.test/">a</button></form>',
    ],
)
def test_what_is_no_trackable_link_stays_as_it_is(copy, link):
    assert instrument(f"<div>{link}</div>", copy=copy).replace(pixel(copy), "") == f"<div>{link}</div>"
    assert not TrackedLink.objects.exists()


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ('<a href=" https://x.test/a b ">see</a>', "https://x.test/a b"),
        ('<a href="https://x.test/?a=1&copy=2">see</a>', "https://x.test/?a=1&copy=2"),
        ('<a href="https://x.test/?a=1&amp;copy;=2&amp;amp;">see</a>', "https://x.test/?a=1&copy;=2&amp;"),
        ("<a href='https://x.test/\"q\"'>see</a>", 'https://x.test/"q"'),
        ("<a href=https://x.test/?a=b/>see</a>", "https://x.test/?a=b/"),
        ('<a HREF="HTTPS://X.test/">see</a>', "HTTPS://X.test/"),
        ('<a href="https://x.test/1" href="https://x.test/2">see</a>', "https://x.test/1"),
        ('<a data-href="https://y.test/" href="https://x.test/">see</a>', "https://x.test/"),
        ('<a href="https://x.test/"><img src="https://x.test/logo.png" alt="Our logo"></a>', "https://x.test/"),
        ('<map name="m"><area href="https://x.test/" alt="here"></map>', "https://x.test/"),
        ("<table><a href='https://x.test/'>foster</a><tr><td>x</table>", "https://x.test/"),
        ("<b><a href='https://x.test/'>one<p>two</b> three</a>", "https://x.test/"),
        ('<a href="https://x.test/">see x.test for more</a>', "https://x.test/"),
        ('<a href="https://x.test/">https://prices.track.test/</a>', "https://x.test/"),
        ("<a href='https://user@x.test:8443/'>see</a>", "https://user@x.test:8443/"),
        ('<a title="<![if x]>" href="https://x.test/?q=<!abcd>">see</a>', "https://x.test/?q=<!abcd>"),
        ('<a href="https://x.test/?a&amp&ampb&copy=1&copya">see</a>', "https://x.test/?a&&ampb&copy=1&copya"),
        ("<a class='x'\xa0rel=y href='https://x.test/'>see</a>", "https://x.test/"),
        ("<![if !mso]><a href='https://x.test/'>see</a><![endif]>", "https://x.test/"),
    ],
)
def test_a_trackable_link_is_found_however_it_is_written(copy, link, target):
    body = instrument(f"<div>{link}</div>", copy=copy)

    assert targets(body) == [target]
    assert unexplained(f"<div>{link}</div>", body, HOST) == ""
    assert differences(f"<div>{link}</div>", body, HOST) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Hello",
        "<p>Hello",
        "<p>Hello</p>\n",
        "<html><head><title>x</title></head><body><p>Hello</p></body></html>\n\n",
        "<html><body><p>Hello</p></html>",
        "<html><body><p>Hello</p></body></html><p>late</p>",
        "<p>Hello <!-- </body> -->",
        "<p>Hello <!-- never closed",
        "<p>Hello <!-- never <b>closed</b>",
        "<!doctype html><p>Hello</p></body></html><!-- never <b>closed</b>",
        "<?xml version='1.0'?><!doctype html><p>Hello</ ><!> <? > <![CDATA[x>y]]>",
        "<p>Hello</p><textarea>never closed",
        "<table><tr><td>Hello",
        "<p><b>Hello</p> open</b><i>still open",
        "<p><a href='https://x.test/'>never closed",
        "<body><p>İİİ</p></body>",
        "\ufeff<p>Hello <a href='https://x.test/'>x</a></p>",
        "<div>" * 600 + "deep",
    ],
)
def test_a_browser_finds_one_pixel_in_the_body_and_no_other_change(copy, body):
    tracked = instrument(body, copy=copy)

    assert pixels(tracked.removeprefix("\ufeff"), HOST) == 1
    assert differences(body.removeprefix("\ufeff"), tracked.removeprefix("\ufeff"), HOST) == []
    assert tracked.startswith("\ufeff") == body.startswith("\ufeff")


def test_html_that_shows_nothing_goes_out_as_it_is(copy):
    assert instrument("<!doctype html><style>never closed", copy=copy) == "<!doctype html><style>never closed"


def test_the_pixel_is_small_unhidden_and_last_in_the_body(copy):
    image = pixel(copy)
    tracked = instrument("<html><body><p>Hello</p></body></html>", copy=copy)

    assert tracked == f"<html><body><p>Hello</p>{image}</body></html>"
    assert 'width="1" height="1" alt=""' in image
    assert "display" not in image


def test_each_kind_is_tracked_only_when_wanted(copy):
    body = "<p><a href='https://x.test/'>x</a></p>"
    copy.mail.tracks_opens, copy.mail.tracks_links = False, True
    assert "<img" not in instrument(body, copy=copy)
    copy.mail.tracks_opens, copy.mail.tracks_links = True, False
    assert instrument(body, copy=copy) == body + pixel(copy)


def test_a_second_try_and_a_second_copy_use_the_same_rows(copy):
    body = "<a href='https://x.test/1'>a</a><a href='https://x.test/2'>b</a><a href='https://x.test/1'>c</a>"
    first = instrument(body, copy=copy)

    assert instrument(body, copy=copy) == first
    assert targets(instrument(body, copy=add_copy(mail=copy.mail))) == targets(first)
    assert list(copy.mail.links.values_list("number", "target", "text")) == [
        (0, "https://x.test/1", "a"),
        (1, "https://x.test/2", "b"),
        (2, "https://x.test/1", "c"),
    ]


def test_a_fault_of_ours_sends_the_original_is_logged_and_admitted(copy, settings, caplog):
    settings.TRACKING_KEYS = []
    Copy.objects.update(dispatched_at=None)

    assert instrument("<p><a href='https://x.test/'>x</a></p>", copy=copy) == "<p><a href='https://x.test/'>x</a></p>"
    assert "goes out untracked" in caplog.text
    assert not TrackedLink.objects.exists()
    mail = TrackedMail.objects.get()
    assert (mail.tracks_opens, mail.tracks_links) == (False, False)


@given(st.lists(st.sampled_from([*"<>/'\"= &;ab", "<a ", "href=", "https://x.test/", "<p>", "</p>", "<table>", "<!-- x -->", "</body>"])))
@hypothesis_settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_only_addresses_and_one_image_differ(copy, pieces):
    body = "".join(pieces)
    tracked = instrument(body, copy=copy)

    assert unexplained(body, tracked, HOST) == ""
    assert differences(body, tracked, HOST) == []


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.html")), ids=lambda path: path.stem)
def test_our_samples_stay_faithful(copy, sample):
    body = sample.read_text(encoding="utf-8")
    tracked = instrument(body, copy=copy)

    assert unexplained(body, tracked, HOST) == ""
    assert differences(body, tracked, HOST) == []
    assert pixels(tracked, HOST) == 1


def test_real_mails_stay_faithful(copy):
    mails = sorted(corpus("html").rglob("*.html"))
    assert mails
    for mail in mails:
        body = mail.read_bytes().decode("utf-8", "surrogateescape")
        tracked = instrument(body, copy=copy)
        assert unexplained(body, tracked, HOST) == "", mail.name
        assert differences(body, tracked, HOST) == [], mail.name
        assert pixels(tracked, HOST) == 1, mail.name
