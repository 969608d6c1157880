"""What allauth tells of sign-ins, passwords and second factors goes into the audit log."""

from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest

from crm.accounts import audit, browsers, second_factor, sessions
from crm.accounts.models import User


def connect() -> None:
    """Listen, once for each process."""
    account.user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    account.password_changed.connect(_password_changed)
    account.password_set.connect(_password_changed)
    account.password_reset.connect(_password_reset)
    mfa.authenticator_added.connect(_added)
    mfa.authenticator_removed.connect(_removed)
    mfa.authenticator_reset.connect(_codes_made)
    mfa.authentication_failed.connect(_code_failed)


def where(request: HttpRequest) -> dict[str, str]:
    """From which address and browser, for the log."""
    return {
        "address": get_adapter(request).get_client_ip(request),
        "browser": browsers.words(request.headers.get("User-Agent", "")),
    }


def _signed_in(*, request: HttpRequest, user: User, **rest: Any) -> None:
    sessions.touch(request)
    if second_factor.is_missing(user):
        request.session[second_factor.MISSING] = True
    audit.note("signed_in", actor=user, **where(request))


def _signed_out(*, request: HttpRequest, user: User | None, **rest: Any) -> None:
    if user is not None and request is not None:
        audit.note("signed_out", actor=user)


def _password_changed(*, request: HttpRequest, user: User, **rest: Any) -> None:
    sessions.end_all(user, but=request.session.session_key or "", actor=user)
    audit.note("password_changed", actor=user, **where(request))


def _password_reset(*, request: HttpRequest, user: User, **rest: Any) -> None:
    sessions.end_all(user, actor=user)
    audit.note("password_reset", actor=user, **where(request))


def _added(*, request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        request.session.pop(second_factor.MISSING, None)
        audit.note("second_factor_on", actor=user)


def _removed(*, request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        audit.note("second_factor_off", actor=user)


def _codes_made(*, request: HttpRequest, user: User, **rest: Any) -> None:
    audit.note("recovery_codes_made", actor=user)


def _code_failed(*, request: HttpRequest, user: User, **rest: Any) -> None:
    audit.note("code_failed", by=audit.STRANGER, about=user.email, address=where(request)["address"])
