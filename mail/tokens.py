"""The access tokens of accounts that sign in by OAuth 2: renewed ahead of their end, by one worker at a time, and never written to a log.

The right to renew is claimed in the account's row. A provider may give another refresh token each time and take the old one back, so
two workers that renewed at once would lock the account out.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.lib.encryption import CannotDecrypt
from mail import oauth
from mail.faults import Kind, ServerFault
from mail.models import Account, SignIn
from notifications import feed

logger = logging.getLogger(__name__)
AHEAD = timedelta(minutes=5)  # of its end, a token is renewed
CLAIM = timedelta(seconds=60)  # after which a worker that renews is taken for dead; the provider is waited for much shorter
WAIT = 20.0  # seconds, for another worker that renews
LOOK = 0.1  # seconds between looks whether it has
OURS = {"invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type", "invalid_scope"}  # faults of our registration


def source(account: Account, token: str = "") -> Callable[[str], str] | None:
    """Where a connection gets the account's access tokens; None for one that signs in by password.

    What it answers is called with the token that was refused ("" at first) and raises ServerFault.
    """
    if not account.has_token:
        return None
    if token:
        return lambda refused: token
    return partial(current, account.pk)


def current(pk: int, refused: str = "", *, clock: Callable[[], datetime] = timezone.now) -> str:
    """An access token that can be used now and is not the refused one. Raises ServerFault."""
    try:
        return _current(pk, refused, clock)
    except CannotDecrypt:
        raise fault_of(Account.objects.get(pk=pk), Kind.UNREADABLE) from None


def _current(pk: int, refused: str, clock: Callable[[], datetime]) -> str:
    ends_at = time.monotonic() + WAIT
    while True:
        account, now = Account.objects.get(pk=pk), clock()
        if account.needs_reconnecting:
            raise fault_of(account, Kind.RECONNECT)
        left = _left(account, refused, now)
        if left > AHEAD:
            return str(account.access_token)
        if _claim(account, now):
            return _renew(account, now)
        if left > timedelta(0):
            return str(account.access_token)  # somebody renews it; until then it serves
        if time.monotonic() > ends_at:
            raise fault_of(account, Kind.SIGN_IN_DOWN)
        time.sleep(LOOK)


def keep(account: Account, tokens: oauth.Tokens) -> None:
    """Put tokens into an account, without saving it."""
    account.access_token, account.refresh_token, account.token_expires_at = tokens.access, tokens.refresh, tokens.expires_at
    account.token_claimed_at, account.needs_reconnecting = None, False


def fault_of(account: Account, kind: Kind) -> ServerFault:
    """A fault of the provider's sign-in."""
    return ServerFault(kind, protocol="OAuth", host=str(SignIn(account.sign_in).label), port=443)


def _left(account: Account, refused: str, now: datetime) -> timedelta:
    if not account.access_token or account.access_token == refused or account.token_expires_at is None:
        return timedelta(0)
    return account.token_expires_at - now


def _claim(account: Account, now: datetime) -> bool:
    """The end of the token that we saw is part of the condition: somebody may have renewed it meanwhile."""
    free = Q(token_claimed_at=None) | Q(token_claimed_at__lt=now - CLAIM)
    same = Account.objects.filter(pk=account.pk, token_expires_at=account.token_expires_at, needs_reconnecting=False)
    account.token_claimed_at = now
    return bool(same.filter(free).update(token_claimed_at=now))


def _renew(account: Account, now: datetime) -> str:
    mine = Account.objects.filter(pk=account.pk, token_claimed_at=now)
    try:
        tokens = oauth.renew(account.sign_in, refresh_token=account.refresh_token, now=now)
    except oauth.Refused as error:
        if error.code in OURS:
            logger.error("%s refuses this installation (%s): check its OAuth settings.", account.sign_in, error.code)
            mine.update(token_claimed_at=None)
            raise fault_of(account, Kind.SIGN_IN_DOWN) from None
        _give_up(account, now)
        raise fault_of(account, Kind.RECONNECT) from None
    except oauth.Unreachable as error:
        logger.warning("The token of account %s could not be renewed: %s", account.pk, error)
        mine.update(token_claimed_at=None)
        raise fault_of(account, Kind.SIGN_IN_DOWN) from None
    changes = {"access_token": tokens.access, "refresh_token": tokens.refresh, "token_expires_at": tokens.expires_at}
    mine.update(**changes, token_claimed_at=None)
    return tokens.access


@transaction.atomic
def _give_up(account: Account, now: datetime) -> None:
    """Only its owner can help: the account stands still until it is connected again."""
    with translation.override(account.owner.language):
        sentence = fault_of(account, Kind.RECONNECT).sentence
        mine = Account.objects.filter(pk=account.pk, token_claimed_at=account.token_claimed_at)
        changes = {"needs_reconnecting": True, "access_token": "", "refresh_token": "", "token_claimed_at": None}
        if not mine.update(**changes, last_error=sentence, failing_since=Coalesce(F("failing_since"), now)):
            return
        feed.notify(
            user=account.owner,
            kind="mail_failed",
            title=_("%(email)s has to be connected again") % {"email": account.email},
            detail=_("Until then its mail waits in the outbox."),
            group_key=f"account:{account.pk}",
            url=reverse("mail:email_sync"),
            now=now,
        )
