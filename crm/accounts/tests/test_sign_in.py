"""Signing in and out, passwords, and what the middleware derives from who is signed in."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.utils import timezone, translation

from crm.accounts.adapter import AccountAdapter
from crm.accounts.models import User
from crm.lib import viewer

SIGN_IN = "/account/login/"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


def sign_in(client, email="alice@acme.test", password="alice-pw", **extra):
    return client.post(SIGN_IN, {"login": email, "password": password, **extra})


@pytest.mark.parametrize(
    "address",
    ["login/", "signup/", "inactive/", "password/reset/", "password/reset/done/", "password/reset/key/done/", "password/reset/key/1-x/"],
)
def test_the_pages_before_signing_in_need_no_account(client, db, address):
    answer = client.get(f"/account/{address}")
    assert answer.status_code == 200
    assert b"entrance-card" in answer.content


@pytest.mark.parametrize("address", ["/settings/profile/", "/account/password/change/", "/assistant/", "/privacy/", "/settings/health/"])
def test_every_other_page_leads_to_the_sign_in_and_back(client, db, address):
    assert client.get(address).headers["Location"] == f"{SIGN_IN}?next={address}"


def test_a_piece_of_a_page_is_refused_rather_than_replaced_by_the_sign_in(client, db):
    assert client.get("/assistant/cards/", headers={"HX-Request": "true"}).status_code == 401


def test_email_and_password_sign_in(client, alice):
    assert sign_in(client).headers["Location"] == "/"
    assert client.get("/privacy/").status_code == 200


def test_the_case_of_the_email_does_not_matter(client, alice):
    assert sign_in(client, email="Alice@ACME.test").status_code == 302


def test_the_page_asked_for_is_kept(client, alice):
    assert sign_in(client, next="/assistant/?kind=opened").headers["Location"] == "/assistant/?kind=opened"
    assert b'name="next" value="/assistant/"' in client_page(client.__class__(), "/account/login/?next=/assistant/")


def client_page(client, address):
    return client.get(address).content


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test/", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(client, alice, target):
    assert "evil" not in sign_in(client, next=target).headers["Location"]


def test_a_wrong_password_gets_a_sentence_and_the_same_as_an_unknown_email(client, alice):
    wrong = sign_in(client, password="nonsense")
    unknown = sign_in(client, email="nobody@acme.test")
    for answer in (wrong, unknown):
        assert "do not belong together" in answer.content.decode()
    assert not client.session.get("_auth_user_id")


def test_guessing_is_locked_out_with_a_sentence(client, alice):
    for _ in range(5):
        sign_in(client, password="nonsense")
    answer = sign_in(client)
    assert "Too many wrong passwords" in answer.content.decode()


def test_a_user_who_was_switched_off_cannot_sign_in_and_is_signed_out(client, alice):
    sign_in(client)
    alice.is_active = False
    alice.save()
    assert client.get("/privacy/").status_code == 302
    assert sign_in(client).headers["Location"] == "/account/inactive/"


def test_nobody_signs_up(client, db):
    assert "By invitation" in client.get("/account/signup/").content.decode()
    client.post("/account/signup/", {"email": "x@acme.test", "password1": "long-enough-pw"})
    assert not alice_exists("x@acme.test")


def alice_exists(email):
    return User.objects.filter(email=email).exists()


def test_allauths_other_pages_are_not_there(alice_client):
    for address in ("email/", "2fa/", "confirm-email/"):
        assert alice_client.get(f"/account/{address}").status_code == 404


def test_signing_out_ends_the_session(client, alice):
    sign_in(client)
    assert client.post("/account/logout/").headers["Location"] == SIGN_IN
    assert client.get("/privacy/").status_code == 302


def test_the_viewer_cookie_comes_with_the_sign_in_and_holds_no_session_key(client, alice):
    answer = sign_in(client)
    cookie = answer.cookies[viewer.COOKIE]
    assert viewer.read(cookie.value) == alice.pk
    assert client.session.session_key not in cookie.value
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_the_viewer_cookie_is_not_sent_again_and_is_deleted_at_sign_out(client, alice):
    sign_in(client)
    assert viewer.COOKIE not in client.get("/privacy/").cookies
    assert client.post("/account/logout/").cookies[viewer.COOKIE]["max-age"] == 0


def test_a_forged_viewer_cookie_is_replaced(client, alice):
    sign_in(client)
    client.cookies[viewer.COOKIE] = f"{alice.pk + 1}.{'0' * 32}"
    assert viewer.read(client.get("/privacy/").cookies[viewer.COOKIE].value) == alice.pk


def test_the_session_cookie_cannot_be_read_by_scripts(client, alice):
    cookie = sign_in(client).cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert cookie["max-age"] == settings.SESSION_COOKIE_AGE


def test_pages_speak_the_users_language_and_zone(alice_client, alice):
    alice.language, alice.time_zone = "ru", "Asia/Tokyo"
    alice.save()
    answer = alice_client.get("/settings/profile/")
    assert '<html lang="ru"' in answer.content.decode()
    assert answer.headers["Content-Language"] == "ru"
    assert translation.get_language() == "en"
    assert timezone.get_current_timezone_name() == "UTC"


def reset_link(message):
    return re.findall(r"http://testserver(/\S+)", str(message.body))[0]


def test_a_forgotten_password_is_reset_by_mail_and_the_link_works_once(client, alice):
    answer = client.post("/account/password/reset/", {"email": "ALICE@acme.test"})
    assert answer.headers["Location"] == "/account/password/reset/done/"
    message = mail.outbox[0]
    assert (message.to, message.subject) == ([alice.email], "Set a new password for Candor")
    link = reset_link(message)
    form = client.get(link, follow=True)
    saved = client.post(form.request["PATH_INFO"], {"password1": "a-fresh-secret-7", "password2": "a-fresh-secret-7"})
    assert saved.status_code == 302
    assert sign_in(client.__class__(), password="a-fresh-secret-7").status_code == 302
    assert "expired" in client.__class__().get(link, follow=True).content.decode()


def test_a_reset_link_expires(client, alice, monkeypatch, settings):
    client.post("/account/password/reset/", {"email": alice.email})
    settings.PASSWORD_RESET_TIMEOUT = timedelta(seconds=-1).total_seconds()
    assert "expired" in client.get(reset_link(mail.outbox[0]), follow=True).content.decode()


def test_a_strangers_address_gets_the_same_answer_and_no_mail(client, alice):
    assert client.post("/account/password/reset/", {"email": "nobody@acme.test"}).headers["Location"] == "/account/password/reset/done/"
    assert mail.outbox == []


def test_a_mail_server_that_is_down_gets_a_sentence(client, alice, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = client.post("/account/password/reset/", {"email": alice.email}, follow=True).content.decode()
    assert "could not be sent" in page


def test_the_password_is_changed_and_other_browsers_are_signed_out(alice_client, alice, client):
    sign_in(client)
    wrong = {"oldpassword": "nonsense", "password1": "a-fresh-secret-7", "password2": "a-fresh-secret-7"}
    assert "not your current password" in alice_client.post("/account/password/change/", wrong).content.decode()
    assert alice_client.post("/account/password/change/", {**wrong, "oldpassword": "alice-pw"}).status_code == 302
    assert alice_client.get("/privacy/").status_code == 200
    assert client.get("/privacy/").status_code == 302


def test_the_address_for_limits_comes_from_trusted_proxies_only(rf, settings):
    def address(forwarded):
        request = rf.get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.1")
        return AccountAdapter(request).get_client_ip(request)

    assert address("203.0.113.9, 10.0.0.2") == "10.0.0.1"
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "not-a-network"]
    assert address("198.51.100.7, 203.0.113.9, 10.0.0.2") == "203.0.113.9"
    assert address("nonsense") == "10.0.0.1"
