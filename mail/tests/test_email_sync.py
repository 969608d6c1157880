"""Personal settings, Email sync: accounts are connected, tested and disconnected; options are kept."""

from typing import Any

import pytest
from django.test import Client

from crm.accounts.models import User
from mail.models import Account
from mail.tests.fake_smtp import FakeServer
from tracking import preferences

pytestmark = pytest.mark.django_db


def filled(server: FakeServer | None = None, **fields: Any) -> dict[str, Any]:
    """The account form as somebody fills it in."""
    return {
        "email": "alice@acme.test",
        "sender_name": "Alice",
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port if server else 1,
        "smtp_security": "none",
        "smtp_username": "alice",
        "smtp_password": "hidden-password",
        "imap_port": 993,
        "imap_security": "tls",
        **fields,
    }


def test_before_an_account_is_connected_the_page_says_what_to_do_and_shows_no_options(alice_client: Client):
    page = alice_client.get("/settings/email-sync/").content.decode()
    assert "Connect your mail account" in page
    assert 'name="open_tracking"' not in page


def test_connecting_tries_the_server_and_shows_the_options(alice_client: Client, alice: User, server: FakeServer):
    assert alice_client.post("/settings/email-sync/accounts/", filled(server)).status_code == 302
    account = Account.objects.get()
    assert (account.owner, account.smtp_password, account.max_bytes) == (alice, "hidden-password", 40_000_000)
    page = alice_client.get("/settings/email-sync/").content.decode()
    for name in ("Open tracking", "Link tracking", "Notifications about tracking activity", "GDPR"):
        assert name in page
    assert 'href="/privacy/"' in page
    assert "checked" not in page


def test_a_server_that_does_not_answer_is_told_and_saved_only_on_demand(alice_client: Client):
    response = alice_client.post("/settings/email-sync/accounts/", filled())
    assert response.status_code == 422
    assert "accepts no connection" in response.content.decode()
    assert not Account.objects.exists()
    alice_client.post("/settings/email-sync/accounts/", filled(anyway="1"))
    assert Account.objects.get().smtp_port == 1


def test_the_connection_is_tested_without_saving(alice_client: Client, server: FakeServer):
    good = alice_client.post("/settings/email-sync/test/", filled(server), headers={"Accept": "application/json"}).content.decode()
    bad = alice_client.post("/settings/email-sync/test/", filled(), headers={"Accept": "application/json"}).content.decode()
    assert "Signed in" in good
    assert "accepts no connection" in bad
    assert not Account.objects.exists()


def test_a_test_with_holes_says_what_is_missing(alice_client: Client):
    response = alice_client.post("/settings/email-sync/test/", filled(smtp_host=""), headers={"Accept": "application/json"})
    assert response.status_code == 422
    assert "SMTP server" in response.content.decode()


def test_a_password_is_never_shown_again_and_stays_when_left_empty(alice_client: Client, server: FakeServer, account: Account):
    address = f"/settings/email-sync/accounts/{account.pk}/"
    assert "secret" not in alice_client.get(address).content.decode()
    alice_client.post(address, filled(server, smtp_password="", sender_name="Alice A."))
    account.refresh_from_db()
    assert (account.sender_name, account.smtp_password) == ("Alice A.", "secret")
    wrong = alice_client.post(address, filled(server, smtp_password="typed-and-wrong", email="nonsense"))
    assert wrong.status_code == 422
    assert "typed-and-wrong" not in wrong.content.decode()


def test_a_stored_password_goes_to_no_other_server(alice_client: Client, account: Account):
    fields = filled(smtp_host="mail.elsewhere.test", smtp_password="", account=account.pk)
    for address in (f"/settings/email-sync/accounts/{account.pk}/", "/settings/email-sync/test/"):
        response = alice_client.post(address, fields)
        assert response.status_code == 422
        assert "type its password" in response.content.decode()
    account.refresh_from_db()
    assert account.smtp_host == "127.0.0.1"


@pytest.mark.parametrize("stored_imap", ["", "imap-secret"])
@pytest.mark.parametrize("typed", [{}, {"smtp_password": "a guess"}])
def test_a_stored_password_goes_to_no_new_mailbox_server(
    alice_client: Client, account: Account, server: FakeServer, stored_imap: str, typed: dict[str, str]
):
    Account.objects.filter(pk=account.pk).update(imap_host="imap.acme.test" if stored_imap else "", imap_password=stored_imap)
    other = filled(server, smtp_password="", imap_host="localhost", imap_port=server.port, imap_security="none", anyway="1")
    page = alice_client.post(f"/settings/email-sync/accounts/{account.pk}/", other | typed)
    account.refresh_from_db()
    assert (account.imap_host, account.imap_password) == (
        ("localhost", "a guess") if typed else ("imap.acme.test" if stored_imap else "", stored_imap)
    )
    assert typed or "another server" in page.content.decode()


def test_the_same_address_is_not_connected_twice(alice_client: Client, server: FakeServer, account: Account):
    response = alice_client.post("/settings/email-sync/accounts/", filled(server, email="ALICE@acme.test"))
    assert response.status_code == 422
    assert "connected already" in response.content.decode()


@pytest.mark.parametrize("host", ["https://mail.acme.test", "alice@acme.test", "mail acme"])
def test_a_host_that_is_none_is_told(alice_client: Client, host: str):
    response = alice_client.post("/settings/email-sync/accounts/", filled(smtp_host=host))
    assert response.status_code == 422
    assert "name of a server" in response.content.decode()


def test_who_keeps_the_copy_in_sent_can_be_said(alice_client: Client, server: FakeServer, account: Account):
    address = f"/settings/email-sync/accounts/{account.pk}/"
    assert 'name="sent_kept_by"' in alice_client.get(address).content.decode()
    alice_client.post(address, filled(server, smtp_password="", sent_kept_by="provider"))
    account.refresh_from_db()
    assert account.sent_kept_by == "provider"


def test_disconnecting_forgets_the_account(alice_client: Client, account: Account):
    alice_client.post(f"/settings/email-sync/accounts/{account.pk}/disconnect/")
    assert not Account.objects.exists()


def test_the_options_are_kept(alice_client: Client, alice: User, account: Account):
    alice_client.post("/settings/email-sync/options/", {"open_tracking": "on", "notify_activity": "on"})
    options = preferences.for_user(alice)
    assert (options.open_tracking, options.link_tracking, options.notify_activity, options.count_undecided) == (True, False, True, False)
    alice_client.post("/settings/email-sync/options/", {"open_tracking": "on", "count_undecided": "on"})
    assert preferences.counts_undecided(alice)
    page = alice_client.get("/settings/email-sync/").content.decode()
    assert page.count("checked") == 2
