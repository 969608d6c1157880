"""The list of browsers that are signed in, and ending what is on it."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from crm.accounts import browsers, sessions
from crm.accounts.models import AuditEntry
from crm.accounts.tests.conftest import sign_in

pytestmark = pytest.mark.usefixtures("fresh_limits")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
SECURITY = "/account/security/"


@pytest.fixture
def two(alice):
    """Alice at her desk and with her telephone."""
    desk, telephone = Client(headers={"User-Agent": FIREFOX}), Client(headers={"User-Agent": IPHONE}, REMOTE_ADDR="203.0.113.7")
    sign_in(desk)
    sign_in(telephone)
    return desk, telephone


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_in_a_few_words(user_agent, words):
    assert browsers.words(user_agent) == words


def test_the_page_lists_each_browser_and_marks_this_one(two):
    page = two[0].get(SECURITY).content.decode()
    for words in ("Firefox on Linux", "Safari on iPhone", "203.0.113.7", "this one"):
        assert words in page
    assert page.count("this one") == 1


def test_one_browser_is_signed_out(two, alice):
    desk, telephone = two
    row = UserSession.objects.get(ip="203.0.113.7")
    desk.post(f"/settings/sessions/{row.pk}/end/")
    assert telephone.get("/privacy/").status_code == 302
    assert desk.get("/privacy/").status_code == 200
    assert AuditEntry.objects.filter(action="sessions_ended", actor=alice, about=alice.email).exists()


def test_all_others_are_signed_out_those_too_that_began_before_there_was_a_list(two, alice):
    desk, telephone = two
    early = Client()
    early.force_login(alice)
    desk.post("/settings/sessions/end-others/")
    for client in (telephone, early):
        assert client.get("/privacy/").status_code == 302
    assert desk.get("/privacy/").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(two, bob):
    other = Client()
    other.force_login(bob)
    row = UserSession.objects.get(ip="203.0.113.7")
    assert other.post(f"/settings/sessions/{row.pk}/end/").status_code == 404
    other.post("/settings/sessions/end-others/")
    assert two[1].get("/privacy/").status_code == 200


def test_changing_the_password_ends_the_others_and_keeps_this_one(two):
    desk, telephone = two
    fresh = {"oldpassword": "alice-pw", "password1": "a-fresh-secret-7", "password2": "a-fresh-secret-7"}
    assert desk.post("/account/password/change/", fresh).status_code == 302
    assert telephone.get("/privacy/").status_code == 302
    page = desk.get(SECURITY).content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" not in page
    assert Session.objects.count() == 1


def test_when_it_was_last_used_is_written_every_five_minutes_and_not_in_between(two, django_assert_num_queries):
    desk = two[0]
    with django_assert_num_queries(2):  # session, user
        desk.get("/account/signup/")
    session = desk.session
    session["seen_at"] = (timezone.now() - timedelta(minutes=6)).timestamp()
    session.save()
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(minutes=6))
    desk.get("/account/signup/")
    assert UserSession.objects.filter(last_seen_at__gte=timezone.now() - timedelta(minutes=1)).count() == 1


def test_what_ended_by_itself_is_forgotten(two):
    Session.objects.filter(session_key=two[0].session.session_key).delete()
    sessions.forget_ended()
    assert [row.ip for row in UserSession.objects.all()] == ["203.0.113.7"]


def test_signing_out_takes_the_browser_off_the_list(two, alice):
    desk, telephone = two
    telephone.post("/account/logout/")
    assert "Safari on iPhone" not in desk.get(SECURITY).content.decode()
    assert AuditEntry.objects.filter(action="signed_out", actor=alice).count() == 1
