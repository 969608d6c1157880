"""Our pixels and links inside of what gateways, image proxies and webmails put around them: known, and led straight to the exact target."""

from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking import tokens
from tracking.cleaning import own_target, strip_own, strip_own_text
from tracking.wrapping import RUNS, layers

HOST = "https://go.client.test"  # of nobody's settings: known by what we signed
TARGET = "https://x.test/a%20b;c?sig=%2F+z&u=a_b-c&b=%25#part-2"
LINK = HOST + tokens.link_path(7, 3, TARGET)
PIXEL = HOST + tokens.pixel_path(7)


def whole(url):
    return quote(url, safe="")


def defended_v2(url):
    spelt = whole(url).replace("-", "%2D").replace("_", "%5F").replace("%2F", "_").replace("%", "-")
    return f"https://urldefense.proofpoint.com/v2/url?u={spelt}&d=DwMFaQ&c=x&r=y&m=z&s=w&e="


def defended_v3(url, odd="%#&*"):
    """Runs of odd letters written as Proofpoint does: one star for one letter, two and a length for more."""
    spelt, kept, place = "", "", 0
    while place < len(url):
        end = place
        while end < len(url) and url[end] in odd and end - place < len(RUNS) + 1:
            end += 1
        run = url[place:end]
        spelt += url[place] if not run else "*" if len(run) == 1 else f"**{RUNS[len(run) - 2]}"
        kept += run
        place = max(end, place + 1)
    letters = urlsafe_b64encode(kept.encode()).decode().rstrip("=")
    return f"https://urldefense.com/v3/__{spelt}__;{letters}!!GuAItXPztq0!jULEM6V$"


WRAPPERS = {
    "Microsoft": lambda url: f"https://nam02.safelinks.protection.outlook.com/?url={whole(url)}&data=05%7C02%7C&sdata=a%2Fb&reserved=0",
    "Microsoft in Teams": lambda url: f"https://statics.teams.cdn.office.net/safelinks/1/atp-safelinks.html?url={whole(url)}&locale=en",
    "Proofpoint 1": lambda url: f"https://urldefense.proofpoint.com/v1/url?u={whole(url)}&k=x%0A&r=y",
    "Proofpoint 2": defended_v2,
    "Proofpoint 3": defended_v3,
    "Proofpoint 3 with folded strokes": lambda url: defended_v3(url).replace("__https://", "__https:/"),
    "Barracuda": lambda url: f"https://linkprotect.cudasvc.com/url?a={whole(url)}&c=E,1,x&typo=1",
    "Cisco": lambda url: f"https://secure-web.cisco.com/1abcDEF/{whole(url)}",
    "Sophos": lambda url: f"https://eu-central-1.protection.sophos.com/?d=client.test&u={b64encode(url.encode()).decode()}&i=x",
    "Trend Micro": lambda url: f"https://ddec1-0-en-ctp.trendmicro.com:443/wis/clicktime/v1/query?url={whole(url)}&umid=x",
    "Google": lambda url: f"https://www.google.com/url?q={whole(url)}&source=gmail&ust=1&usg=x",
    "Yahoo": lambda url: f"https://ecp.yusercontent.com/mail?url={whole(url)}&t=1&ymreqid=x&sig=y",
    "Gmail": lambda url: f"https://ci3.googleusercontent.com/meips/ADKq_NZ=s0-d-e1-ft#{url}",
    "an archive": lambda url: f"https://archive.test/2026/{url}",
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapped_link_leads_to_the_exact_target(name):
    html = '<p>See <a class="x" href="{}">this</a></p>'
    as_quoted = html.format(WRAPPERS[name](LINK).replace("&", "&amp;"))

    assert strip_own(as_quoted) == html.format(TARGET.replace("&", "&amp;"))


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapped_pixel_goes(name):
    assert strip_own(f'<p>a<img src="{WRAPPERS[name](PIXEL).replace("&", "&amp;")}" alt="">b</p>') == "<p>ab</p>"


def test_the_gateways_of_both_sides_are_unwrapped():
    for outer in WRAPPERS.values():
        for inner in WRAPPERS.values():
            assert own_target(outer(inner(LINK))) == TARGET


@pytest.mark.parametrize("name", WRAPPERS)
def test_others_links_stay_wrapped(name):
    html = f'<a href="{WRAPPERS[name]("https://other.test/i/news?u=https%3A%2F%2Fx.test")}">this</a><img src="{WRAPPERS[name]("https://other.test/i/a.gif")}">'

    assert strip_own(html) == html


def test_a_link_of_which_a_gateway_decoded_the_target_leads_to_the_exact_one():
    bare, _, _ = LINK.partition("?")
    for spoilt in (f"{bare}?u={TARGET}", f"{bare}?u={TARGET}&utm_source=x", f"{LINK}&amp;utm=1", f"{LINK}&utm=1#x"):
        assert own_target(spoilt) == TARGET


@given(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\\"), max_size=80), st.sampled_from(sorted(WRAPPERS))
)
@settings(max_examples=60, deadline=None)
def test_any_target_comes_back_byte_for_byte(tail, name):
    target = f"https://x.test/?{tail}"

    assert own_target(WRAPPERS[name](HOST + tokens.link_path(7, 3, target))) == target


@given(st.text(max_size=200), st.sampled_from(sorted(WRAPPERS)))
@settings(max_examples=60, deadline=None)
def test_no_address_is_too_odd_to_look_into(text, name):
    assert own_target(f"https://x.test/l/{text}") is None
    assert own_target(WRAPPERS[name](f"https://x.test/{text}")[: len(text)]) is None


def test_looking_ends_however_often_something_is_wrapped():
    url = LINK
    for _ in range(40):
        url = f"https://a.test/?{'&'.join(f'p{number}={whole(url)}' for number in range(3))}"[:20_000]
    assert len(list(layers(url))) < 500


def test_an_address_of_ours_that_can_be_read_is_led_straight_as_well():
    shown = LINK.replace("&", "&amp;")

    assert strip_own(f'<div>Prices: {shown}.<br><style>a{{}}/* /l/ */</style><b title="{shown}">x</b></div>') == (
        f'<div>Prices: {TARGET.replace("&", "&amp;")}.<br><style>a{{}}/* /l/ */</style><b title="{shown}">x</b></div>'
    )


def test_a_plain_reply_quotes_neither_our_pixel_nor_our_links():
    reply = f"Fine.\n\n> See the prices<{WRAPPERS['Microsoft'](LINK)}> soon ({LINK}).\n> [{PIXEL}]\n> https://other.test/l/x"

    assert strip_own_text(reply) == f"Fine.\n\n> See the prices<{TARGET}> soon ({TARGET}).\n>\n> https://other.test/l/x"
