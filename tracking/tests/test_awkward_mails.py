"""Mails as nobody should write them: nothing but addresses and one image changes in them, and none takes long."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracking import markup
from tracking.instrument import instrument, pixel
from tracking.models import Copy
from tracking.tests.fidelity import differences, pixels, unexplained

HOST = "http://track.test/"
BOM = "\ufeff"
BEGINNINGS = [
    "",
    BOM,
    "<!doctype html>",
    "<?xml version='1.0'?>\r\n<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN' 'x'><html><head><title>x</title></head><body>",
    "<!-- x --><html><head><style>a > b {} <!-- </style><!--[if mso]><style></style><![endif]--></head><body class=x>\n",
    "<table width=100%><tr><td>",
]
LINKS = [
    '<a href="https://x.test/?a=1&amp;b=2#f">see</a>',
    "<A HREF='HTTP://X.test/q?x=\"y\"&copy=1&copy;&#38;&#x26;&amp&ampx' title=t>Go</A>",
    "<a href=https://x.test/u?p=1&lt=3 class=x>see</a>",
    '<a\nhref = "https://x.test/a%20b c " \n>see</a>',
    '<a href="https://x.test/1" href="https://x.test/2">see</a>',
    '<a title="<!--" data-x="-->" href="https://x.test/<!abcd>">see</a>',
    '<a href="https://x.test/n">see<a href="https://x.test/m">see</a></a>',
    '<a href="https://x.test/t">see<table><tr><td><a href="https://x.test/t2">see</a></table></a>',
    '<map><area href="https://x.test/area"></map>',
    '<a/href="https://x.test/s"/x=y/>see</a>',
    '<a x"y =z w=\'a>b\' href="https://x.test/q"title=a>see</a>',
    "<a href=https://x.test/?q=\"a'b/>see</a>",
    '<a href="https://x.test/open">see',
    '<a href="https://x.test/nul\0">see</a>',
    '<svg><a href="https://x.test/svg"><text>see</text></a></svg>',
    '<a href="mailto:x@x.test">see</a>',
    '<a href="https://x.test/cut',
]
NAMES = (  # not select: browsers build what is in it otherwise than they did before 2025
    "p div b i font span a nobr br h1 li ul table tbody tr td th caption colgroup col form button textarea title style script noscript"
    " iframe xmp svg math mi foreignObject html head body pre noframes object marquee o:p video main ruby rt details dd template"
)
TAGS = [tag for name in NAMES.split() for tag in (f"<{name}>", f"</{name}>")]
ODDITIES = r"""
<!-- x -->|<!--|-->|<!--->|<!-->|<!--x--!>|<!--x--!y|<!-- </body> -->|<!-- <a href="https://x.test/">x</a> -->
<!--[if mso]>|<![endif]-->|<!--[if !mso]><!-->|<!--<![endif]-->|<![if !mso]>|<![endif]>|<![CDATA[|]]>|<!>|<!x>|<!doctype|<!doctype html>
<?|<?>|<?php echo 1 ?>|</|</>|</ x>|</3>|<|<3|>|"|'|&|&amp;|&nbsp|<script><!--|//--></script>|<plaintext>|<frameset>|<image>
<img alt="x>y.test">|<v:roundrect href="https://x.test/v">|<base href="https://x.test/">|<body lang=x>|<a href=|</body |<p title='
word https://y.test/ |İ|😀|{{ x }}
"""
LINES = [*ODDITIES.replace("\n", "|").split("|"), "\0", "\r", "\r\n", "\n", "\t", " "]
ENDS = ["", "</body></html>\r\n", "</td></tr></table>", "</body></html><!-- </body> -->", "</body>\n</html>\n<!--"]
PIECES = st.lists(st.one_of(st.sampled_from(LINKS), st.sampled_from(TAGS), st.sampled_from(LINES)), max_size=30)

LINK = '<a href="https://x.test/?a=1&amp;b=2">see</a>'
TANGLES = {  # a megabyte, or what a browser makes more of
    "depth": "<div>" * 10_000 + LINK,
    "links": LINK * 5_000,
    "links in links": "<a href=https://x.test/>x<table><tr><td>" * 2_000,
    "blanks in a tag": f"<a {' ' * 1_000_000}href=https://x.test/>see</a>",
    "attributes": f"<a {' '.join(f'a{number}=1' for number in range(90_000))} href=https://x.test/>see</a>",
    "words": f"<a href=https://x.test/>{'@.' * 500_000} x</a>",
    "wide words": f"<a href=https://x.test/>{chr(0xFDFA) * 300_000}</a>",
    "ampersands": "&" * 1_000_000,
    "brackets": "<" * 1_000_000,
    "comments": "<!--" * 250_000,
    "Outlook's": f"<!--[if mso]>{'<a ' * 90_000}<![endif]-->",
    "formatting": "".join(f"<font size={number}><p>" for number in range(20_000)),
    "stray cells": "".join(f"<s n={number}><th>" for number in range(20_000)),
    "blocks moved": "".join(f"<b c={number}>" for number in range(3_000)) + "<p>" + "<br>" * 20_000 + "</b>" * 3_000,
}


@given(st.sampled_from(BEGINNINGS), PIECES, st.sampled_from(ENDS))
@settings(max_examples=600, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_addresses_and_one_image_differ(copy: Copy, beginning: str, pieces: list[str], end: str):
    """Byte for byte, and for a browser that is not made of our parser (html5lib)."""
    body = "".join([beginning, *pieces, end])
    tracked = instrument(body, copy=copy)

    assert unexplained(body, tracked, HOST) == ""
    body, tracked = body.removeprefix(BOM), tracked.removeprefix(BOM)
    assert differences(body, tracked, HOST) == []
    assert pixels(tracked, HOST) == tracked.count(pixel(copy)) <= 1


@pytest.mark.parametrize(
    "hidden", ["<object>", "<video>", "<noscript>", "<details>", "<select>", "<textarea>", "<!--", "<!-- </body>", "<script>"]
)
def test_the_pixel_stands_where_it_is_loaded(copy, hidden):
    body = f"<!doctype html>\n<p>Hello</p>{hidden} world"

    assert instrument(body, copy=copy) == body.replace("<p>", pixel(copy) + "<p>")


@pytest.mark.parametrize(
    "body",
    [
        '<p>a<a href="https://x.test/">b</a><!--!> --></p>',  # read in two ways
        '<html amp4email><a href="https://x.test/">b</a>',
        "<!doctype html><html ⚡4email><p>b",
        "<p>" * (markup.MOST_TAGS + 1),
    ],
)
def test_what_must_not_be_touched_goes_out_as_it_is_and_says_so(copy, body):
    assert instrument(body, copy=copy) == body
    copy.mail.refresh_from_db()
    assert (copy.mail.tracks_opens, copy.mail.tracks_links) == (False, False)


@pytest.mark.parametrize("tangle", TANGLES)
def test_no_mail_takes_for_ever(copy, tangle):
    """Each of them took minutes once."""
    tracked = instrument(TANGLES[tangle], copy=copy)

    assert unexplained(TANGLES[tangle], tracked, HOST) == ""
