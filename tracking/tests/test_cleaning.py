"""Our own pixels and links are taken out of whatever is typed, pasted or quoted."""

from urllib.parse import quote

import pytest

from crm.consent.models import Settings as Company
from tracking import markup, tokens
from tracking.cleaning import copies_in, questions_in, strip_own, strip_own_text
from tracking.instrument import instrument, pixel

PIXEL = tokens.pixel_path(7)
LINK = tokens.link_path(7, 0, "https://x.test/?a=1&b=2#c")


def test_a_mail_comes_back_as_it_was_written(copy):
    body = '<p>Hi <a href="https://x.test/?a=1&amp;b=2#c">there</a></p><p>Bye</p>'

    assert strip_own(instrument(body, copy=copy)) == body


@pytest.mark.parametrize(
    "src",
    [
        f"http://track.test{PIXEL}",
        f"https://track.test:80{PIXEL}",
        f"http://TESTSERVER{PIXEL}?x=1",
        f"https://ci3.googleusercontent.com/meips/ADKq_NZ=s0-d-e1-ft#http://track.test{PIXEL}",
        f"https://ci6.googleusercontent.com/proxy/abc=s0-d-e1-ft#http://track.test{PIXEL}",
    ],
)
def test_our_pixel_is_taken_out_in_every_form(src):
    if src.startswith("https://track.test:80"):
        src = src.replace("https", "http", 1)
    assert strip_own(f"<p>a<img alt='x' src={src!r} width=1>b</p>") == "<p>ab</p>"


@pytest.mark.parametrize(
    "image",
    [
        "<img src='https://x.test/i/abc.gif'>",
        "<img src='http://testserver/static/i/logo.gif'>",
        "<img src='cid:i/1.gif'>",
        "<img alt='/i/'>",
        f"<!-- <img src='http://track.test{PIXEL}'> -->",
    ],
)
def test_other_images_stay(image):
    assert strip_own(f"<p>{image}</p>") == f"<p>{image}</p>"


def test_what_we_signed_for_a_former_host_is_ours_too():
    former = f'<a href="https://old-track.test{LINK}">x</a><img src="https://old-track.test{PIXEL}">'
    assert strip_own(former) == '<a href="https://x.test/?a=1&amp;b=2#c">x</a>'


def test_a_link_signed_with_a_forgotten_key_is_unwrapped_too(settings):
    settings.TRACKING_KEYS = ["another"]

    assert strip_own(f"<a href=http://track.test{LINK}>x</a>") == '<a href="https://x.test/?a=1&amp;b=2#c">x</a>'


@pytest.mark.parametrize(
    "href",
    [
        f"https://x.test{LINK[:20]}AAAA{LINK[24:]}",
        "http://track.test/l/short?u=https%3A%2F%2Fx.test",
        f"http://track.test{LINK.partition('?')[0]}?u=javascript%3Aalert(1)",
        f"http://track.test{LINK.partition('?')[0]}",
    ],
)
def test_what_is_no_link_of_ours_stays(href):
    assert strip_own(f'<a href="{href}">x</a>') == f'<a href="{href}">x</a>'


def test_cleaning_twice_changes_nothing_more(copy):
    once = strip_own(f"<p>{pixel(copy)}<a href='http://track.test{LINK}'>x</a>")

    assert strip_own(once) == once


def test_whose_copy_a_body_is_can_be_read_from_it(copy):
    body = instrument('<p>Hi <a href="https://x.test/?a=1&amp;b=2#c">there</a></p>', copy=copy)

    assert copies_in(body) == {copy.public_id}
    assert copies_in(strip_own(body)) == set()


@pytest.mark.parametrize(
    "html",
    [
        f"<IMG width=1 src=https://old-track.test{PIXEL}>",
        f"<!--[if mso]><a href='https://old-track.test{LINK}'><![endif]-->",
        f'<img src="https://ci3.googleusercontent.com/meips/ADKq_NZ=s0-d-e1-ft#http://track.test{PIXEL}">',
        f'<a href="https://nam01.safelinks.protection.outlook.com/?url={quote("http://track.test" + LINK, safe="")}&amp;data=05">x</a>',
        f"in words: http://track.test{LINK}",
    ],
)
def test_a_copy_is_known_wherever_its_addresses_stand(html):
    assert copies_in(html) == {7}


@pytest.mark.parametrize(
    "html",
    [
        f'<img src="http://track.test{PIXEL.replace("/i/A", "/i/B")}">',
        f'<a href="http://track.test{LINK}x">x</a>',
        '<img src="https://x.test/i/abc.gif"><a href="https://x.test/l/list">l</a>',
    ],
)
def test_what_we_did_not_sign_names_no_copy(html):
    assert copies_in(html) == set()


def test_what_is_too_tangled_to_be_read_holds_no_address_of_ours_either():
    tangle = "<p>" * (markup.MOST_TAGS + 1)
    ours = f'<a href="http://track.test{LINK}">x</a><img src="http://track.test{PIXEL}">{tangle}<a href="https://y.test/i/?a&amp;b&copy=1">y</a>'

    assert (
        strip_own(ours)
        == f'<a href="https://x.test/?a=1&amp;b=2#c">x</a><img src="">{tangle}<a href="https://y.test/i/?a&amp;b&copy=1">y</a>'
    )


@pytest.mark.parametrize("blank", [" ", "\t ", "\n"])
def test_a_long_blank_is_no_trap(blank):
    """Else this does not end."""
    text = f"See /i/{blank * 100_000}x"
    assert strip_own_text(text) == text


PAGE = tokens.page_path(7)
WORDS = "The sender is told when this mail is opened. What is kept, and how to refuse"
NOTICE = f'<div class="candor_notice" style="margin-top:16px"><a href="http://testserver{PAGE}">{WORDS}</a></div>'


@pytest.mark.parametrize(
    "quoted",
    [
        NOTICE,
        NOTICE.replace("candor_notice", "x_candor_notice"),  # Outlook
        NOTICE.replace("candor_notice", "m_-123456candor_notice").replace("<a ", '<a target="_blank" '),  # Gmail
        NOTICE.replace(">The", "><font size=2><span>The").replace("</a>", "</span></font></a>\n<br>"),
        NOTICE.replace("<a ", "<span><a ").replace("</a>", "</a></span>"),
        NOTICE.replace("http://testserver", "https://eur01.safelinks.protection.outlook.com/?url=http%3A%2F%2Ftestserver"),
        NOTICE.replace("http://testserver", "https://former.test"),
        f'<a href="http://testserver{PAGE}">{WORDS}</a>',
        f'<a href="http://testserver{PAGE}">http://testserver{PAGE}</a>',
        f"http://testserver{PAGE.rstrip('/')}",
        f'<a href="http://testserver/p/ask/{"a" * 32}/">Yes or no</a>',
    ],
)
def test_the_page_of_a_recipient_is_taken_out_with_the_line_that_leads_to_it(quoted):
    assert strip_own(f"<blockquote><p>Hello</p>{quoted}</blockquote>") == "<blockquote><p>Hello</p></blockquote>"


def test_a_line_that_says_more_than_ours_keeps_what_others_wrote_into_it():
    assert strip_own(NOTICE.replace("</a>", "</a> And I answer here")).count("And I answer here") == 1


@pytest.mark.parametrize(
    "href",
    ["https://x.test/p/about/", f"https://x.test{PAGE[:10]}AAAA{PAGE[14:]}", "https://x.test/p/ask/abc/", "http://testserver/people/7/"],
)
def test_pages_of_others_stay(href):
    assert strip_own(f'<a href="{href}">x</a>') == f'<a href="{href}">x</a>'


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"Hello\n\n{WORDS}:\nhttp://testserver{PAGE}\n", "Hello\n"),
        (f"> Hello\n>\n> {WORDS}:\n> http://testserver{PAGE}\n> Bye", "> Hello\n>\n> \n> Bye"),
        (f"> The sender is told when this mail is\n> opened. What is kept, and how to\n> refuse <http://testserver{PAGE}>", "> "),
        (f"Words that nobody knows <http://testserver{PAGE}>", "Words that nobody knows"),
        ("Отправитель http://testserver/p/ask/abcdef/.", "Отправитель ."),
        (f"{WORDS} https://x.test/p/about/", f"{WORDS} https://x.test/p/about/"),
    ],
)
def test_plain_text_loses_the_page_and_the_words_before_it(text, left):
    assert strip_own_text(text) == left


@pytest.mark.django_db
def test_the_companys_own_words_are_known_again():
    Company.objects.create(footer="Wir  sehen, ob Sie lesen.")
    assert strip_own_text(f"Hallo\n\nWir sehen, ob\nSie lesen.\nhttp://testserver{PAGE}\n") == "Hallo\n"


def test_a_copy_is_known_by_its_page_too():
    assert copies_in(NOTICE) == {7}
    assert questions_in('<a href="http://testserver/p/ask/abc/">x</a> <a href="https://x.test/p/ask/def/">y</a>') == {"abc"}
