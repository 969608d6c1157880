"""Two-factor sign-in through the real pages: setting it up, using it, losing it, and a company that demands it."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from crm.accounts.models import AuditEntry, Company
from crm.accounts.tests.conftest import SIGN_IN, code, sign_in
from crm.lib.encryption import decrypt

pytestmark = pytest.mark.usefixtures("fresh_limits")
ON, OFF, CODES, NEW_CODES = (
    f"/account/{name}/" for name in ("second-factor/on", "second-factor/off", "recovery-codes", "recovery-codes/new")
)
STEP = "/account/second-factor/"
SECURITY = "/account/security/"


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def offered(page: str) -> str:
    found = re.search(r'totp-key">([A-Z2-7]+)<', page)
    assert found
    return found[1]


def test_it_is_set_up_with_a_picture_or_a_key_and_a_code(client, alice, at_once):
    sign_in(client)
    page = client.get(ON).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    answer = client.post(ON, {"code": code(offered(page))})
    assert answer.headers["Location"] == CODES
    codes = client.get(CODES).content.decode()
    assert len(re.findall(r"<li><code>\d{8}</code>", codes)) == 10
    assert 'href="data:text/plain;charset=utf-8,' in codes
    assert [message.subject for message in mail.outbox] == ["The second factor is on"]
    assert "second_factor_on" in actions()


def test_a_wrong_code_switches_nothing_on(client, alice):
    sign_in(client)
    client.get(ON)
    assert "not right" in client.post(ON, {"code": "000000"}).content.decode()
    assert not Authenticator.objects.exists()


def test_recovery_codes_are_shown_once_and_made_anew(client, alice, set_up, at_once):
    sign_in(client)
    set_up(alice)
    RecoveryCodes.activate(alice)
    first = re.findall(r"<li><code>(\d{8})</code>", client.get(CODES).content.decode())
    assert len(first) == 10
    again = client.get(CODES).content.decode()
    assert "cannot be shown again" in again
    assert first[0] not in again
    client.post(NEW_CODES)
    fresh = re.findall(r"<li><code>(\d{8})</code>", client.get(CODES).content.decode())
    assert set(fresh).isdisjoint(first)
    assert "recovery_codes_made" in actions()


def test_the_secrets_lie_encrypted(alice, set_up):
    secret = set_up(alice)
    RecoveryCodes.activate(alice)
    for row in Authenticator.objects.all():
        assert secret not in str(row.data)
    assert decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret


def test_the_secrets_move_to_the_newest_key_with_all_others(alice, set_up, settings):
    secret = set_up(alice)
    old, new = settings.CREDENTIAL_KEYS[0], Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [new, old]
    call_command("rotate_credentials")
    settings.CREDENTIAL_KEYS = [new]
    assert decrypt(Authenticator.objects.get().data["secret"]) == secret


def test_a_lost_key_lets_nobody_in_and_says_why(client, alice, set_up, settings):
    set_up(alice)
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError):
        call_command("rotate_credentials")
    sign_in(client)
    assert "cannot be read" in client.post(STEP, {"code": code("")}).content.decode()
    assert "_auth_user_id" not in client.session


def test_the_password_alone_no_longer_lets_in(client, alice, set_up):
    secret = set_up(alice)
    assert sign_in(client, next="/privacy/").headers["Location"].startswith(STEP)
    assert client.get("/privacy/").status_code == 302
    assert "signed_in" not in actions()
    assert client.post(STEP, {"code": code(secret)}).headers["Location"] == "/privacy/"
    assert client.get("/privacy/").status_code == 200


def test_a_code_counts_once_for_as_long_as_it_would_be_valid(client, alice, set_up):
    secret = set_up(alice)
    now = code(secret)
    sign_in(client)
    client.post(STEP, {"code": now})
    other = Client()
    sign_in(other)
    assert "used already" in other.post(STEP, {"code": now}).content.decode()


def test_a_telephones_clock_may_be_half_a_minute_off_and_no_more(client, alice, set_up):
    secret = set_up(alice)
    sign_in(client)
    assert client.post(STEP, {"code": code(secret, step=3)}).status_code == 200
    assert client.post(STEP, {"code": code(secret, step=-1)}).status_code == 302


def test_a_recovery_code_lets_in_once(client, alice, set_up):
    set_up(alice)
    recovery = RecoveryCodes.activate(alice).get_unused_codes()[0]
    sign_in(client)
    assert client.post(STEP, {"code": recovery}).status_code == 302
    other = Client()
    sign_in(other)
    assert other.post(STEP, {"code": recovery}).status_code == 200
    assert "9 are left" in client.get(SECURITY).content.decode()


def test_guessing_codes_is_held_off_told_to_the_owner_and_noted(client, alice, set_up, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    secret = set_up(alice)
    sign_in(client)
    for _ in range(5):
        client.post(STEP, {"code": "000000"})
    assert "Too many wrong" in client.post(STEP, {"code": code(secret)}).content.decode()
    assert "_auth_user_id" not in client.session
    assert actions().count("code_failed") == 5


def test_a_password_that_was_reset_by_mail_still_needs_the_code(client, alice, set_up):
    set_up(alice)
    client.post("/account/password/reset/", {"email": alice.email})
    link = re.findall(r"http://testserver(/\S+)", str(mail.outbox[0].body))[0]
    form = client.get(link, follow=True)
    answer = client.post(form.request["PATH_INFO"], {"password1": "a-fresh-secret-7", "password2": "a-fresh-secret-7"})
    assert answer.headers["Location"].startswith(STEP)
    assert client.get("/privacy/").status_code == 302


def test_changing_it_asks_who_it_is_unless_they_have_just_signed_in(alice, alice_client, set_up):
    for address in (ON, OFF, NEW_CODES):
        if address == OFF:
            set_up(alice)
        assert alice_client.get(address).headers["Location"].startswith("/account/reauthenticate/"), address
    assert "not your password" in alice_client.post("/account/reauthenticate/", {"password": "x"}).content.decode()
    answer = alice_client.post(f"/account/reauthenticate/?next={OFF}", {"password": "alice-pw", "next": OFF})
    assert answer.headers["Location"] == OFF
    assert alice_client.get(OFF).status_code == 200


def test_a_code_proves_as_well_who_it_is(alice, alice_client, set_up):
    secret = set_up(alice)
    answer = alice_client.post(f"{STEP}again/", {"code": code(secret), "next": OFF})
    assert answer.headers["Location"] == OFF


def test_it_is_switched_off_with_its_codes_and_a_mail(client, alice, set_up):
    secret = set_up(alice)
    RecoveryCodes.activate(alice)
    sign_in(client)
    client.post(STEP, {"code": code(secret)})
    assert client.post(OFF).headers["Location"] == SECURITY
    assert not Authenticator.objects.exists()
    assert mail.outbox[-1].subject == "The second factor is off"
    assert actions()[-1] == "second_factor_off"


def test_a_company_that_asks_for_it_leads_everybody_there_after_the_sign_in(client, alice, demanding, at_once):
    sign_in(client)
    for address in ("/privacy/", SECURITY, "/people/", "/settings/profile/"):
        assert client.get(address).headers["Location"] == ON, address
    piece = client.get("/assistant/cards/", headers={"HX-Request": "true"})
    assert (piece.status_code, piece.headers["HX-Redirect"]) == (204, ON)
    page = client.get(ON)
    assert page.status_code == 200, "the password was typed a moment ago"
    client.post(ON, {"code": code(offered(page.content.decode()))})
    assert client.get("/privacy/").status_code == 200


def test_who_has_to_set_it_up_can_sign_out_instead(client, alice, demanding):
    sign_in(client)
    assert client.post("/account/logout/").headers["Location"] == SIGN_IN


def test_what_the_company_asks_for_cannot_be_switched_off(client, alice, demanding, set_up):
    secret = set_up(alice)
    sign_in(client)
    client.post(STEP, {"code": code(secret)})
    assert "cannot be switched off" in client.get(OFF).content.decode()
    client.post(OFF)
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_company_that_asks_no_longer_lets_everybody_go_on(client, alice, demanding):
    sign_in(client)
    Company.objects.update(needs_second_factor=False)
    assert client.get("/privacy/").status_code == 200


def test_sessions_that_need_nothing_cost_no_query(client, alice, django_assert_num_queries):
    sign_in(client)
    with django_assert_num_queries(2):  # session, user
        client.get("/account/signup/")
