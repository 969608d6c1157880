"""OAuth 2 with Google and Microsoft: the way to the provider and back, and tokens for what came of it. Keeps nothing (see `tokens`).

The browser is sent to the provider with a state and a PKCE challenge (RFC 7636); what it brings back is changed into tokens over a
connection of our own. What a person has not allowed, or takes back later, comes as `Refused`.
"""

import json
import secrets
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.urls import reverse
from requests import RequestException

from crm.lib import dialling
from mail import providers
from mail.models import Security, SignIn
from mail.providers import Place, Provider

SECONDS = 15  # for the provider's answer
USUAL_LIFE = 3600  # seconds, of a token that does not say its own


class Unreachable(Exception):
    """The provider could not be asked, or answered something else than tokens: the same may work later."""


class Refused(Exception):
    """The provider gives no token, and asking again does not help. `code` is its own word for why (RFC 6749 5.2)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Endpoints:
    """Where a provider is asked, and what for; `needs` has to be among what was allowed."""

    authorize_url: str
    token_url: str
    scope: str
    needs: str
    provider: Provider
    extra: dict[str, str] = field(default_factory=dict)  # for the page that asks the person


@dataclass(frozen=True)
class Tokens:
    """What the provider gives: `email` and its other names are whom it says that the person is."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    emails: tuple[str, ...] = ()
    is_enough: bool = True  # what was allowed covers mail


@dataclass(frozen=True)
class Departure:
    """A person on the way to the provider: kept in the session until they are back."""

    url: str
    state: str
    verifier: str


def leave(sign_in: str, *, email: str) -> Departure:
    """The address to send the browser to; `email` is proposed to the person there."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    at = _endpoints(sign_in)
    extra = at.extra | ({"login_hint": email} if email else {})
    with _client(sign_in, at) as client:
        url, _state = client.create_authorization_url(at.authorize_url, state=state, code_verifier=verifier, **extra)
    return Departure(url, state, verifier)


def arrive(sign_in: str, *, code: str, verifier: str, now: datetime) -> Tokens:
    """Change the code that the browser brought into tokens. Raises Refused, Unreachable."""
    return _ask(
        sign_in, now, lambda client, url: client.fetch_token(url, code=code, code_verifier=verifier, grant_type="authorization_code")
    )


def renew(sign_in: str, *, refresh_token: str, now: datetime) -> Tokens:
    """A fresh access token; the refresh token may be another one from now on, too. Raises Refused, Unreachable."""
    return _ask(sign_in, now, lambda client, url: client.refresh_token(url, refresh_token=refresh_token), before=refresh_token)


def servers(sign_in: str, email: str) -> tuple[Place, Place]:
    """The provider's IMAP and SMTP servers for an address."""
    found = providers.of_domain(email.rpartition("@")[2])
    provider = found if found and found.sign_in == sign_in else _endpoints(sign_in).provider
    return _own(sign_in, "imap", provider.imap), _own(sign_in, "smtp", provider.smtp)


def return_url() -> str:
    """Where the provider sends the browser back to: what has to be registered there."""
    return settings.SITE_URL + reverse("mail:account_signed_in")


def _own(sign_in: str, protocol: str, usual: Place | None) -> Place:
    """The server that the installation names instead. One on this machine is not asked for TLS."""
    own = settings.OAUTH[sign_in][protocol]
    if not own:
        assert usual  # every provider of this kind has both
        return usual
    host, port = own
    is_plain = host in ("127.0.0.1", "::1", "localhost")
    return Place(host, port, Security.NONE if is_plain else Security.STARTTLS if port in (143, 587) else Security.TLS)


def _endpoints(sign_in: str) -> Endpoints:
    own = settings.OAUTH[sign_in]
    usual = _google() if sign_in == SignIn.GOOGLE else _microsoft()
    return Endpoints(
        authorize_url=own["authorize_url"] or usual.authorize_url,
        token_url=own["token_url"] or usual.token_url,
        scope=own["scope"] or usual.scope,
        needs="" if own["scope"] else usual.needs,
        provider=usual.provider,
        extra=usual.extra,
    )


def _google() -> Endpoints:
    return Endpoints(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://mail.google.com/ openid email",
        needs="https://mail.google.com/",  # the person may leave it out of what they allow
        provider=providers.GMAIL,
        extra={"access_type": "offline", "prompt": "consent"},  # else no refresh token comes the second time
    )


def _microsoft() -> Endpoints:
    base = f"https://login.microsoftonline.com/{settings.MICROSOFT_OAUTH_TENANT}/oauth2/v2.0"
    mail = "https://outlook.office.com"
    return Endpoints(
        f"{base}/authorize",
        f"{base}/token",
        f"{mail}/IMAP.AccessAsUser.All {mail}/SMTP.Send offline_access openid email profile",
        needs="IMAP.AccessAsUser.All",
        provider=providers.MICROSOFT_365,
        extra={"prompt": "select_account"},
    )


def _client(sign_in: str, at: Endpoints) -> OAuth2Session:
    own = settings.OAUTH[sign_in]
    client = OAuth2Session(
        own["client_id"],
        own["client_secret"] or None,
        scope=at.scope,
        redirect_uri=return_url(),
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_post" if own["client_secret"] else "none",
        default_timeout=SECONDS,
    )
    dialling.guard(client, seconds=SECONDS, may_be_plain=at.token_url.startswith("http:"))
    return client


def _ask(sign_in: str, now: datetime, ask: Any, *, before: str = "") -> Tokens:
    at = _endpoints(sign_in)
    try:
        with _client(sign_in, at) as client:
            answer = ask(client, at.token_url)
    except OAuthError as error:
        raise Refused(str(error.error)[:60]) from None  # the description may hold what was sent
    except (RequestException, OSError, ValueError) as error:
        raise Unreachable(type(error).__name__) from None
    if not isinstance(answer, dict) or not answer.get("access_token"):
        raise Unreachable("no token in the answer")
    return _tokens(answer, at, now, before)


def _tokens(answer: dict[str, Any], at: Endpoints, now: datetime, before: str) -> Tokens:
    allowed = str(answer.get("scope") or at.needs)
    return Tokens(
        access=str(answer["access_token"]),
        refresh=str(answer.get("refresh_token") or before),
        expires_at=now + timedelta(seconds=_life(answer.get("expires_in"))),
        emails=_emails(str(answer.get("id_token") or "")),
        is_enough=at.needs.lower() in allowed.lower(),
    )


def _life(told: object) -> float:
    try:
        return max(60.0, min(float(str(told)), 86400.0))
    except ValueError:
        return USUAL_LIFE


def _emails(id_token: str) -> tuple[str, ...]:
    """The addresses in an OpenID Connect token, which came straight from the provider (OpenID Connect Core 3.1.3.7 6: TLS vouches for it).

    They only say whom the person chose there: that the mailbox is theirs is proved by its servers, at the sign-in.
    """
    try:
        part = id_token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        names = [claims.get(name) for name in ("email", "preferred_username", "upn")]
    except (ValueError, IndexError, AttributeError):
        return ()
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and "@" in name))
