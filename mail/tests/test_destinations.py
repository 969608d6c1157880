"""A link that leads elsewhere than it says is told from one that does what it says."""

import pytest

from mail import destinations


@pytest.mark.parametrize(
    ("href", "text", "host"),
    [
        ("https://evil.test/", "paypal.com", "evil.test"),
        ("https://evil.test/", "Log in at https://www.paypal.com/login now", "evil.test"),
        ("https://evil.test/?url=https://paypal.com/", "paypal.com", "evil.test"),
        ("https://paypal.com.evil.test/", "paypal.com", "paypal.com.evil.test"),
        ("https://user@evil.test\\@paypal.com/", "paypal.com", "evil.test"),
        ("https://paypal.com@evil.test/", "paypal.com", "evil.test"),
        ("mailto:a@evil.test", "a@acme.test", "evil.test"),
        ("https://evil.co.uk/", "bank.co.uk", "evil.co.uk"),
        ("https://xn--pypal-4ve.com/", "click here", "xn--pypal-4ve.com"),
        ("https://evil.test/", "раураl.com", "evil.test"),
        ("https://evil.test/", "pay\u200bpal\u00ad.com", "evil.test"),
        ("https://evil.test/", "ｐａｙｐａｌ。ｃｏｍ", "evil.test"),
        ("https://evil.test/", "\u202emoc.lapyap", "evil.test"),
        ("https://evil.github.io/", "acme.github.io", "evil.github.io"),
        ("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.test%2F&data=x", "paypal.com", "evil.test"),
    ],
)
def test_a_link_that_names_another_domain_is_elsewhere(href: str, text: str, host: str):
    found = destinations.of(href, text)
    assert found is not None
    assert found.is_elsewhere
    assert found.host == host


@pytest.mark.parametrize(
    ("href", "text"),
    [
        ("https://www.acme.test/x", "acme.test"),
        ("https://acme.co.uk/", "https://shop.acme.co.uk/a"),
        ("https://acme.test/", "Our prices"),
        ("https://www.acme.github.io/", "acme.github.io"),
        ("https://github.com/a/b", "main.py, README.md and node.js"),
        ("https://acme.test/", "Dear Mr.Smith, e.g. version v1.2.3 of Acme Inc."),
        ("mailto:a@acme.test?subject=x", "a@acme.test"),
        ("https://münchen.de/", "münchen.de"),
        ("https://xn--mnchen-3ya.de/", "münchen.de"),
        ("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Facme.test%2F&data=x", "acme.test"),
    ],
)
def test_a_link_that_does_what_it_says_is_not(href: str, text: str):
    found = destinations.of(href, text)
    assert found is not None
    assert not found.is_elsewhere


def test_a_name_of_other_letters_is_shown_in_both_spellings():
    assert destinations.readable("bücher.com") == "bücher.com (xn--bcher-kva.com)"
    assert destinations.readable("пример.рф") == "пример.рф"


def test_what_leads_to_no_host_is_nothing():
    assert destinations.of("tel:+491234", "acme.test") is None
    assert destinations.of("https://[broken/", "x") is None


def test_a_service_that_counts_is_told():
    found = destinations.of("https://click.pstmrk.it/3s/acme.test", "acme.test")
    assert found is not None
    assert (found.counted_by, found.is_elsewhere) == ("Postmark", True)
