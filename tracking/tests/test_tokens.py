"""Tokens: what they carry, and that nothing can be put in."""

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tracking import tokens

IDS = st.integers(0, 2**63 - 1)
PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\\"), max_size=300)
TARGETS = st.builds(lambda scheme, rest: f"{scheme}://x.test/{rest}", st.sampled_from(["http", "https", "HTTPS"]), PRINTABLE).filter(
    tokens.is_legal_target
)


def split(link: str) -> tuple[str, str]:
    path, _, query = link.partition("?")
    return path, query


@hypothesis_settings(derandomize=True, deadline=None)
@given(IDS)
def test_a_pixel_says_whose_copy_it_is_in_22_characters(public_id):
    path = tokens.pixel_path(public_id)

    assert re.fullmatch(r"/i/[A-Za-z0-9_-]{22}\.gif", path)
    assert tokens.read_pixel(path) == public_id


@hypothesis_settings(derandomize=True, deadline=None)
@given(IDS, st.integers(3, 24), st.sampled_from("ABab01-_+/=.!é"))
def test_a_pixel_with_any_other_character_is_not_ours(public_id, position, character):
    path = tokens.pixel_path(public_id)
    forged = path[:position] + character + path[position + 1 :]

    assert tokens.read_pixel(forged) == (public_id if forged == path else None)


@hypothesis_settings(derandomize=True, deadline=None)
@given(IDS, st.integers(0, tokens.MAX_NUMBER), TARGETS)
def test_any_legal_target_comes_back_exactly(public_id, number, target):
    assert tokens.read_link(*split(tokens.link_path(public_id, number, target))) == tokens.Link(public_id, number, target)


@hypothesis_settings(derandomize=True, deadline=None)
@given(IDS, TARGETS, st.data())
def test_a_link_with_any_byte_changed_leads_nowhere_else(public_id, target, data):
    link = tokens.link_path(public_id, 3, target)
    position = data.draw(st.integers(3, len(link) - 1))
    character = data.draw(st.characters(min_codepoint=0x21, max_codepoint=0xFF))
    found = tokens.read_link(*split(link[:position] + character + link[position + 1 :]))

    assert found is None or found == tokens.Link(public_id, 3, target)  # %3a for %3A says the same


def test_every_character_of_a_links_token_counts():
    path, query = split(tokens.link_path(7, 3, "https://x.test/"))
    for position in range(3, len(path)):
        for character in "Aa0-_+/":
            forged = path[:position] + character + path[position + 1 :]
            assert forged == path or tokens.read_link(forged, query) is None


def test_another_target_under_a_genuine_token_is_refused():
    path, _ = split(tokens.link_path(7, 0, "https://x.test/"))

    assert tokens.read_link(path, "u=" + quote("https://evil.test/", safe="")) is None


def test_parameters_that_others_appended_are_ignored():
    path, query = split(tokens.link_path(7, 0, "https://x.test/?a=1&b=2#c"))
    expected = tokens.Link(7, 0, "https://x.test/?a=1&b=2#c")

    assert tokens.read_link(path, query + "&utm_source=news&fbclid=1&u=https%3A%2F%2Fevil.test") == expected
    assert tokens.read_link(path, "ref=mail&" + query) == expected


def test_a_plus_is_a_plus_and_a_percent_sign_is_one():
    target = "https://x.test/a%20b?q=1+2%2B3&bad=%zz"

    assert tokens.read_link(*split(tokens.link_path(7, 0, target))) == tokens.Link(7, 0, target)


@pytest.mark.parametrize(
    "target",
    [
        "mailto:a@x.test",
        "javascript:alert(1)",
        "//x.test/",
        "/path",
        "https:///x",
        "https://?x",
        "https:x.test",
        "https://x.test\\@evil.test",
        "https://x.test/\r\nSet-Cookie: a=b",
        "https://x.test/\t",
        "https://x.test/\x7f",
        "https://bücher.test/",
        "https://[::1",
        " https://x.test/",
        "https://x.test/" + "a" * 2000,
    ],
)
def test_an_unsafe_target_is_neither_signed_nor_followed(target):
    assert not tokens.is_legal_target(target)
    with pytest.raises(ValueError):
        tokens.link_path(7, 0, target)


def test_a_former_key_goes_on_verifying_and_the_newest_signs(settings):
    settings.TRACKING_KEYS = ["former"]
    pixel, link = tokens.pixel_path(7), tokens.link_path(7, 1, "https://x.test/")
    settings.TRACKING_KEYS = ["newest", "former"]

    assert tokens.read_pixel(pixel) == 7
    assert tokens.read_link(*split(link))
    assert tokens.pixel_path(7) != pixel
    settings.TRACKING_KEYS = ["newest"]
    assert tokens.read_pixel(pixel) is None
    assert tokens.read_link(*split(link)) is None


def test_a_page_s_address_is_read_back_and_no_other_kind_s():
    path = tokens.page_path(2**62 + 5)
    assert tokens.read_page(path) == 2**62 + 5
    assert tokens.read_pixel(path.replace("/p/", "/i/").rstrip("/") + ".gif") is None
    assert tokens.read_page(f"/p/{tokens.pixel_path(7)[3:25]}/") is None
    assert tokens.read_page(path[:-2] + ("A" if path[-2] != "A" else "E") + "/") is None
