"""Composed HTML: kept where it is writing, taken out where it is anything else; and the text part that says the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail import body

KEPT = [
    '<p style="color:red;text-align:center">a<br>b</p>',
    '<div class="gmail_quote"><blockquote type="cite">old</blockquote></div>',
    '<table border="0" cellpadding="4"><tbody><tr><td style="border-left:3px solid #e33">Ann</td></tr></tbody></table>',
    '<a href="https://x.test/?a=1&amp;b=%20c#top" data-notrack="">x</a>',
    '<ul><li>one</li></ul><ol start="3"><li>three</li></ol>',
    '<img src="https://x.test/logo.png" alt="Logo" width="80">',
    '<img src="data:image/png;base64,iVBORw0KGgo=">',
    '<img src="cid:part1@acme.test">',
    '<font color="#336699" face="Arial" size="2">x</font>',
]
TAKEN_OUT = [
    "<script>alert(1)</script>",
    '<p onclick="alert(1)">a</p>',
    '<a href="javascript:alert(1)">a</a>',
    '<a href=" java\tscript:alert(1)">a</a>',
    '<a href="data:text/html,alert(1)">a</a>',
    '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
    '<svg><use href="#alert(1)"></use></svg>',
    "<style>p{background:url(//alert(1))}</style>",
    '<link rel="stylesheet" href="//alert(1)">',
    '<iframe src="//alert(1)"></iframe><object data="//alert(1)"></object><embed src="//alert(1)">',
    '<form action="//alert(1)"><input name="alert(1)"></form>',
    '<meta http-equiv="refresh" content="0;alert(1)"><base href="//alert(1)">',
    '<p style="background:url(//alert(1))">a</p>',
    '<p style="position:fixed;width:expression(alert(1))">a</p>',
    '<p style="color:var(--alert(1))">a</p>',
    '<p style="background-color:\\75 rl(//alert(1))">a</p>',
    '<img srcset="//alert(1) 2x" src="x">',
    '<table background="//alert(1)"><tr><td>a</td></tr></table>',
    "<!-- alert(1) --><!--[if mso]>alert(1)<![endif]-->",
    "<math><mtext><style>alert(1)</style></mtext></math>",
]


@pytest.mark.parametrize("html", KEPT)
def test_writing_is_kept(html):
    assert body.clean(html) == html


@pytest.mark.parametrize("html", TAKEN_OUT)
def test_everything_else_is_taken_out(html):
    cleaned = body.clean(html)
    assert "alert" not in cleaned or cleaned == "alert(1)"
    assert not set(cleaned.lower().replace("<p>", "").split()) & {"onclick", "srcset", "background"}


def test_hidden_text_is_shown():
    assert body.clean('<span style="display:none;color:red">x</span>') == '<span style="color:red">x</span>'


def test_addresses_that_lead_nowhere_are_completed_or_dropped():
    assert body.clean('<a href="www.acme.test/offer">a</a>') == '<a href="https://www.acme.test/offer">a</a>'
    assert body.clean('<a href="/deals/1/">a</a> <a href="#top">b</a>') == '<a>a</a> <a href="#top">b</a>'


@settings(deadline=None)
@given(st.text(alphabet="<>/=\"'abpdivstyle:;()& \n\x00{}", max_size=80))
def test_cleaning_twice_changes_nothing_more(html):
    assert body.clean(body.clean(html)) == body.clean(html)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_every_text_part_can_be_made(html):
    assert isinstance(body.to_text(body.clean(html)), str)


TEXTS = [
    ("", ""),
    ("<p>one</p><p>two</p>", "one\n\ntwo"),
    ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
    ("<div>one</div><div>two</div><div><br></div><div>three</div>", "one\ntwo\n\nthree"),
    ('<a href="https://x.test/a?b=1&amp;c=2">here</a>', "here (https://x.test/a?b=1&c=2)"),
    ('<a href="https://x.test/a">https://x.test/a</a>, <a href="https://x.test">x.test</a>', "https://x.test/a, x.test"),
    ('<a href="mailto:a@b.test">a@b.test</a> <a href="mailto:a@b.test">Ann</a>', "a@b.test Ann (a@b.test)"),
    ('<a href="https://x.test/"><b>bold</b> link</a>!', "bold link (https://x.test/)!"),
    ("<ul><li>a</li><li>b</li></ul>", "  * a\n  * b"),
    ("<p>I say</p><blockquote><p>you said</p><blockquote>I had said</blockquote></blockquote>", "I say\n\n> you said\n>\n> > I had said"),
    ("a&nbsp;b &lt;c&gt;", "a b <c>"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a  b\nc  d"),
    ('<p>Chart: <img src="cid:1" alt="sales by month"></p>', "Chart: sales by month"),
]


@pytest.mark.parametrize(("html", "text"), TEXTS)
def test_the_text_says_what_the_html_says(html, text):
    assert body.to_text(html) == text


def test_the_preview_is_of_ones_own_words():
    assert body.preview(body.to_text("<p>Thank you,<br> Boris</p><blockquote>old</blockquote><p>Bye</p>")) == "Thank you, Boris Bye"


def test_a_body_without_words_or_pictures_is_empty():
    assert body.is_empty("<p><br></p>&nbsp;")
    assert not body.is_empty('<img src="cid:1">')


def test_formatting_that_is_never_closed_does_not_eat_the_memory():
    """Each paragraph would open anew all that came before it."""
    html = "".join(f'<font color="#{number:06x}"><p>word{number}' for number in range(3000))
    cleaned = body.clean(html)
    assert len(cleaned) < 3 * len(html)
    assert "word2999" in cleaned


def test_a_long_mail_in_good_order_keeps_its_formatting():
    html = "".join(f"<p><b>bold {number}</b> and <i>not</i></p>" for number in range(1000))
    assert body.clean(html) == html
