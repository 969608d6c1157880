"""What tests of the sign-in share."""

import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client

from crm.accounts.models import Company, User

SIGN_IN = "/account/login/"


@pytest.fixture
def fresh_limits() -> None:
    """No attempt was made before."""
    cache.clear()


@pytest.fixture
def ada_client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def demanding(db: None) -> Company:
    """A company that asks everybody for a second factor."""
    return Company.objects.create(pk=1, needs_second_factor=True)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for the commit happens within the request, as in life: the test's own transaction never ends."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda function, **options: function())


def code(secret: str, *, step: int = 0) -> str:
    """What an app would show now, or some steps of half a minute from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step)))


@pytest.fixture
def set_up() -> Callable[[User], str]:
    """Gives a user a second factor; answers its secret."""

    def add(user: User) -> str:
        secret = str(generate_totp_secret())
        TOTP.activate(user, secret)
        assert Authenticator.objects.filter(user=user).exists()
        return secret

    return add


def sign_in(client: Client, email: str = "alice@acme.test", password: str = "alice-pw", **extra: str):  # type: ignore[no-untyped-def]
    return client.post(SIGN_IN, {"login": email, "password": password, **extra})
