"""The site as a whole: one host, security headers, health."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils.formats import date_format


def test_the_crm_lives_on_one_host_only(client, settings):
    assert client.get("/account/login/", headers={"host": "track.test"}).status_code == 404
    settings.TRACKING_ONLY_HOSTS = frozenset()  # as in the demo
    answer = client.get("/account/login/?next=/mail/", headers={"host": "track.test"})
    assert answer.status_code in {301, 302}
    assert answer["Location"] == "http://testserver/account/login/?next=/mail/"


def test_an_unknown_host_is_refused(client: Client) -> None:
    assert client.get("/", headers={"host": "evil.test"}).status_code == 400


def test_every_page_carries_a_strict_policy(client: Client) -> None:
    answer = client.get("/account/login/")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "unsafe-eval" not in policy
    assert "object-src 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Permissions-Policy"].startswith("camera=()")


@pytest.mark.parametrize("path", ["/", "/mail/inbox/", "/search/", "/insights/", "/settings/health/", "/privacy/"])
def test_a_stranger_is_sent_to_the_sign_in(client: Client, path: str, db: None) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/?next=")


def test_the_process_says_that_it_lives(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


def test_readiness_tells_database_and_worker(client: Client, db: None) -> None:
    assert client.get("/readyz").json() == {"database": True, "worker": False}


def test_search_engines_are_asked_to_stay_away(client: Client) -> None:
    assert b"Disallow: /" in client.get("/robots.txt").content


def test_english_dates_name_the_month_so_that_nobody_mixes_it_up_with_the_day() -> None:
    day = datetime(2026, 4, 3, 15, 5)
    assert date_format(day, "SHORT_DATE_FORMAT") == "3 Apr 2026"
    assert date_format(day, "DATETIME_FORMAT") == "3 April 2026, 15:05"
