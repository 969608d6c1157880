"""Which host a mail's pixels and links lead to."""

import pytest
from django.utils import timezone

from tracking.hosts import base_of, host_for
from tracking.instrument import add_copy, instrument, track
from tracking.models import TrackedMail

SALES, NORTH = "https://go.example.com", "https://t.north.example.com"


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.TRACKING_HOSTS = {"example.com": SALES, "north.example.com": NORTH, "xn--e1afmkfd.xn--p1ai": "https://t.xn--e1afmkfd.xn--p1ai"}


@pytest.mark.parametrize(
    ("sender", "host"),
    [
        ("anna@example.com", SALES),
        ("Anna@EXAMPLE.com", SALES),
        ("anna@mail.example.com", SALES),
        ("anna@north.example.com", NORTH),
        ("anna@mail.north.example.com", NORTH),
        ("anna@пример.рф", "https://t.xn--e1afmkfd.xn--p1ai"),
        ("anna@notexample.com", ""),
        ("anna@example.com.evil.test", ""),
        ("anna@..", ""),
        ("", ""),
    ],
)
def test_a_sender_uses_the_host_of_their_domain_or_of_the_nearest_above(sender, host):
    assert host_for(sender) == host


def test_a_mail_keeps_its_host_when_the_setting_changes(alice, settings):
    mail = track(owner=alice, subject="", url="", tracks_opens=True, tracks_links=True, now=timezone.now(), sender="anna@example.com")
    settings.TRACKING_HOSTS = {}
    mail = TrackedMail.objects.get(pk=mail.pk)

    html = instrument('<p><a href="https://x.test/">Prices</a></p>', copy=add_copy(mail=mail))

    assert base_of(mail) == SALES
    assert html.count(f"{SALES}/") == 2
    assert settings.TRACKING_URL not in html
