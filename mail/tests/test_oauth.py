"""Gmail and Microsoft 365 without a password: to the provider and back, mail by XOAUTH2, tokens renewed, rotated, taken back."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import requests
from django.db import connection
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from mail import imap, tokens
from mail.faults import Kind, ServerFault
from mail.models import Account, Message
from mail.tests.fake_authorisation import FakeAuthorisation
from mail.tests.fake_imap import FakeImap
from mail.tests.fake_smtp import FakeServer
from mail.tests.filing import work
from notifications.models import Card

pytestmark = pytest.mark.django_db
XOAUTH2 = "250-fake.test\r\n250-AUTH LOGIN PLAIN XOAUTH2\r\n250 8BITMIME"
PAGE = "/settings/email-sync/"


@pytest.fixture
def provider() -> Iterator[FakeAuthorisation]:
    with FakeAuthorisation() as running:
        yield running


@pytest.fixture
def mailbox(provider: FakeAuthorisation) -> Iterator[FakeImap]:
    with FakeImap(good_tokens=provider.good) as running:
        yield running


@pytest.fixture
def server(provider: FakeAuthorisation) -> Iterator[FakeServer]:
    with FakeServer({"ehlo": [XOAUTH2] * 20}, good_tokens=provider.good) as running:
        yield running


@pytest.fixture(autouse=True)
def registered(settings, provider: FakeAuthorisation, mailbox: FakeImap, server: FakeServer) -> None:
    """This installation is known to both providers, which are the fake one."""
    own = {
        "client_id": "candor",
        "client_secret": "hush",
        "authorize_url": f"{provider.url}/authorize",
        "token_url": f"{provider.url}/token",
        "scope": "",
        "imap": ("127.0.0.1", mailbox.port),
        "smtp": ("127.0.0.1", server.port),
    }
    settings.OAUTH = {"google": own, "microsoft": own}


def go(client: Client, query: str = "", *, sign_in: str = "google") -> str:
    """Follow the button to the provider, sign in there and come back; answers what the page then says."""
    there = client.get(f"{PAGE}sign-in/{sign_in}/{query}")
    back = requests.get(there["Location"], allow_redirects=False, timeout=20).headers["Location"]
    client.get(back.removeprefix("http://testserver"))
    return client.get(PAGE).content.decode()


@pytest.fixture
def account(alice_client: Client) -> Account:
    go(alice_client)
    return Account.objects.get()


def expire(account: Account, seconds: float = -1) -> None:
    Account.objects.filter(pk=account.pk).update(token_expires_at=timezone.now() + timedelta(seconds=seconds))


def test_from_the_button_to_a_mail_that_is_sent_with_a_renewed_token(
    alice_client: Client, alice: User, provider: FakeAuthorisation, server: FakeServer, mailbox: FakeImap
):
    begin = alice_client.get(PAGE).content.decode()
    assert f'href="{PAGE}sign-in/google/"' in begin
    assert "alice@acme.test is connected." in go(alice_client, "?email=alice%40acme.test")
    asked = provider.visits[0]
    assert (asked["login_hint"], asked["access_type"], asked["response_type"]) == ("alice@acme.test", "offline", "code")
    account = Account.objects.get()
    assert (account.sign_in, account.email, account.smtp_password, account.sender_name) == ("google", "alice@acme.test", "", "Alice Ahrens")
    stored = Account.objects.filter(pk=account.pk).values_list("access_token", "refresh_token").get()
    assert account.refresh_token in provider.refresh_tokens
    assert account.access_token not in str(stored)

    alice_client.post("/mail/compose/send/", {"account": account.pk, "to": "boris@client.test", "subject": "Offer", "body_html": "Hello"})
    expire(account)
    work()
    assert [one.sender for one in server.taken] == ["alice@acme.test"]
    assert provider.renewals == 1
    assert server.logins[-1] == mailbox.logins[-1] == ("alice@acme.test", Account.objects.get().access_token)
    assert Message.objects.get().filing == "filed"


def test_what_was_typed_before_is_switched_to_the_provider(alice_client: Client, alice: User):
    old = Account.objects.create(owner=alice, email="Alice@acme.test", smtp_host="old.acme.test", smtp_password="old")
    go(alice_client)
    account = Account.objects.get()
    assert (account.pk, account.email) == (old.pk, "Alice@acme.test")
    assert (account.smtp_host, account.smtp_password, account.has_token) == ("127.0.0.1", "", True)


def test_another_address_than_the_accounts_is_not_taken(alice_client: Client, provider: FakeAuthorisation, account: Account):
    provider.person = "mallory@acme.test"
    page = go(alice_client, f"?account={account.pk}")
    assert "You signed in as mallory@acme.test there, and this account is alice@acme.test." in page
    assert Account.objects.get().access_token == account.access_token
    assert "You signed in as mallory@acme.test" in go(alice_client, "?email=bob@acme.test")
    assert Account.objects.count() == 1


def test_a_mailbox_that_does_not_let_the_person_in_is_not_connected(alice_client: Client, mailbox: FakeImap, server: FakeServer):
    mailbox.good_tokens = server.good_tokens = ()
    assert "did not accept the permission that was given to Candor" in go(alice_client)
    assert not Account.objects.exists()


def test_half_of_it_is_connected_and_told(alice_client: Client, mailbox: FakeImap):
    mailbox.will(authenticate=["NO [ALERT] Your account is not enabled for IMAP use. Please visit your settings (Failure)"])
    page = go(alice_client)
    assert "not all of it works yet" in page
    assert "IMAP is switched off for this mailbox" in page
    assert Account.objects.get().failing_since


REFUSALS = [
    ({"refuses": "access_denied"}, "was not allowed in at Google. Nothing was changed."),
    ({"refuses": "consent_required"}, "administrator at Google has to allow Candor"),
    ({"allows": "openid email"}, "did not give access to your mail"),
    ({"script": (400, {"error": "invalid_grant"})}, "Google refused the sign-in (invalid_grant)"),
    ({"script": (503, {})}, "Google cannot be reached at the moment"),
    ({"script": (200, {"nonsense": 1})}, "Google cannot be reached at the moment"),
]


@pytest.mark.parametrize(("how", "words"), REFUSALS, ids=[words for _how, words in REFUSALS])
def test_what_goes_wrong_on_the_way_is_told_and_changes_nothing(alice_client: Client, provider: FakeAuthorisation, how, words):
    provider.will(*[how.pop("script")] if "script" in how else ())
    for name, value in how.items():
        setattr(provider, name, value)
    assert words in go(alice_client)
    assert not Account.objects.exists()


def test_nobody_comes_back_who_did_not_set_out(alice_client: Client, client: Client, bob: User, provider: FakeAuthorisation):
    there = alice_client.get(f"{PAGE}sign-in/google/")["Location"]
    back = requests.get(there, allow_redirects=False, timeout=20).headers["Location"].removeprefix("http://testserver")
    client.force_login(bob)
    client.get(back)
    assert "began in another browser" in client.get(PAGE).content.decode()
    alice_client.get(f"{PAGE}signed-in/?code=x&state=forged")
    assert provider.asked == []
    alice_client.get(back)
    alice_client.get(back)
    assert len(provider.asked) == 1


def test_without_a_registration_there_is_no_button_and_no_way(alice_client: Client, settings):
    settings.OAUTH = {name: {"client_id": ""} for name in ("google", "microsoft")}
    assert "sign-in/google" not in alice_client.get(PAGE).content.decode()
    assert alice_client.get(f"{PAGE}sign-in/google/").status_code == 404
    assert alice_client.get(f"{PAGE}sign-in/password/").status_code == 404


def test_at_microsoft_the_refresh_token_rotates_and_the_newest_is_kept(alice_client: Client, provider: FakeAuthorisation):
    provider.rotates, provider.allows = True, "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send"
    go(alice_client, sign_in="microsoft")
    account = Account.objects.get()
    for _time in range(3):
        expire(account)
        assert tokens.current(account.pk) in provider.good
    account.refresh_from_db()
    assert provider.refresh_tokens == {account.refresh_token}


def test_a_token_is_renewed_ahead_of_its_end(provider: FakeAuthorisation, account: Account):
    expire(account, seconds=600)
    assert tokens.current(account.pk) == account.access_token
    expire(account, seconds=200)
    assert tokens.current(account.pk) != account.access_token
    assert provider.renewals == 1


def test_a_token_that_was_ended_early_is_renewed_once_and_the_mail_goes(
    provider: FakeAuthorisation, server: FakeServer, mailbox: FakeImap, account: Account, queued: Callable[..., Message]
):
    queued(account=account)
    provider.end_tokens()
    work()
    assert len(server.taken) == 1
    assert provider.renewals == 1
    provider.end_tokens()
    with imap.connected(Account.objects.get()) as box:
        assert box.sent_folder() == "Sent"
    assert provider.renewals == 2


def test_a_permission_that_was_taken_back_stops_the_account_and_its_mail_waits_until_it_is_connected_again(
    alice_client: Client, provider: FakeAuthorisation, server: FakeServer, account: Account, queued: Callable[..., Message], caplog
):
    message = queued(account=account)
    provider.take_back()
    with caplog.at_level(logging.DEBUG):
        work()
    work(after=timedelta(days=9))
    assert (provider.renewals, server.taken) == (1, [])
    assert message.deliveries.get().attempts == 1
    page = alice_client.get(PAGE).content.decode()
    assert "Google lets Candor in no more" in page
    assert f'href="{PAGE}sign-in/google/?account={account.pk}"' in page
    assert "Waits: connect the account again" in alice_client.get("/mail/outbox/").content.decode()
    assert Card.objects.get().title == "alice@acme.test has to be connected again"
    assert not any(secret in caplog.text for secret in (account.access_token, account.refresh_token, "hush"))

    assert "alice@acme.test is connected." in go(alice_client, f"?account={account.pk}")
    work()
    assert len(server.taken) == 1
    assert Account.objects.get().last_error == ""


@pytest.mark.parametrize("answer", [(503, {}), (401, {"error": "invalid_client"}), (200, {})], ids=str)
def test_a_provider_in_trouble_only_delays(
    provider: FakeAuthorisation, server: FakeServer, account: Account, queued: Callable[..., Message], answer
):
    message = queued(account=account)
    expire(account)
    provider.will(answer)
    work()
    assert message.deliveries.get().status == "retry"
    assert "cannot be reached at the moment" in message.deliveries.get().error
    assert not Account.objects.get().needs_reconnecting
    work(after=timedelta(minutes=2))
    assert len(server.taken) == 1


def test_more_than_one_refusal_of_a_fresh_token_is_told(account: Account, mailbox: FakeImap, provider: FakeAuthorisation):
    mailbox.good_tokens = ()
    with pytest.raises(ServerFault) as fault, imap.connected(account):
        pass
    assert fault.value.kind == Kind.TOKEN_REFUSED
    assert (len(mailbox.logins), provider.renewals) == (3, 1)


def test_the_servers_words_count_more_than_the_error_in_the_challenge(account: Account, mailbox: FakeImap, provider: FakeAuthorisation):
    mailbox.will(authenticate=["NO [ALERT] Too many simultaneous connections. (Failure)"])
    with pytest.raises(ServerFault) as fault, imap.connected(account):
        pass
    assert fault.value.kind == Kind.TOO_MANY
    assert provider.renewals == 0


@pytest.mark.django_db(transaction=True)
def test_while_one_worker_renews_a_token_no_other_does(provider: FakeAuthorisation, account: Account, monkeypatch):
    expire(account)
    provider.rotates = True
    provider.reached.clear()
    provider.released.clear()
    found: list[str] = []

    def ask() -> None:
        found.append(tokens.current(account.pk))
        connection.close()

    worker = threading.Thread(target=ask)
    worker.start()
    assert provider.reached.wait(20)
    with monkeypatch.context() as patch:
        patch.setattr(tokens, "WAIT", 0.0)
        with pytest.raises(ServerFault, match="sign_in_down"):
            tokens.current(account.pk)
    provider.released.set()
    assert tokens.current(account.pk) in provider.good  # waits for the other
    worker.join(20)
    assert (provider.renewals, found) == (1, [Account.objects.get().access_token])
    assert Account.objects.get().refresh_token in provider.refresh_tokens


def test_a_worker_that_died_over_it_is_not_waited_for_for_ever(provider: FakeAuthorisation, account: Account):
    expire(account)
    Account.objects.update(token_claimed_at=timezone.now() - timedelta(minutes=2))
    assert tokens.current(account.pk) in provider.good
    expire(account, seconds=100)
    Account.objects.update(token_claimed_at=timezone.now())
    assert tokens.current(account.pk) == Account.objects.get().access_token  # somebody renews it: what is left of it serves
    assert provider.renewals == 1
