"""Connecting an account without a password: to the provider, and back with what the person has allowed there (OAuth 2)."""

import logging
import time
from dataclasses import asdict, dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from mail import accounts, diagnosis, oauth, tasks
from mail.models import Account, SignIn
from mail.providers import is_registered
from mail.views.accounts import note

logger = logging.getLogger(__name__)
KEPT = "mail_sign_ins"  # in the session, by their state
MOST = 5  # that are on their way at once, in several tabs
LIFE = 20 * 60  # seconds
WHY: dict[str, Promise] = {  # by the provider's words (RFC 6749 4.1.2.1 and 5.2, OpenID Connect)
    "access_denied": gettext_lazy("Candor was not allowed in at %(provider)s. Nothing was changed."),
    "consent_required": gettext_lazy("Your administrator at %(provider)s has to allow Candor first. Nothing was changed."),
    "interaction_required": gettext_lazy("Your administrator at %(provider)s has to allow Candor first. Nothing was changed."),
    "temporarily_unavailable": gettext_lazy("%(provider)s cannot be reached at the moment. Try again a little later."),
    "server_error": gettext_lazy("%(provider)s cannot be reached at the moment. Try again a little later."),
}
OTHERWISE = gettext_lazy("%(provider)s refused the sign-in (%(code)s). Whoever runs Candor may have to look at its registration there.")


class NotConnected(Exception):
    """The person came back, and the account could not be connected; the text tells them why."""


@dataclass(frozen=True)
class Trip:
    """Somebody on the way to the provider; `account` is the one that they connect again, if any."""

    sign_in: str
    verifier: str
    email: str
    account: int | None
    began_at: float

    @property
    def provider(self) -> str:
        return str(SignIn(self.sign_in).label)


@require_safe
def account_sign_in(request: HttpRequest, sign_in: str) -> HttpResponse:
    """Send the browser to the provider, for a new account (`?email=`) or one to connect again (`?account=`)."""
    user = signed_in(request)
    if not is_registered(sign_in):
        raise Http404
    pk = primary_key(request.GET.get("account", ""))
    account = get_object_or_404(Account.objects.visible_to(user), pk=pk) if pk else None
    email = account.email if account else request.GET.get("email", "")[:254]
    departure = oauth.leave(sign_in, email=email)
    trip = Trip(sign_in, departure.verifier, email, account.pk if account else None, time.time())
    _keep(request, departure.state, trip)
    return redirect(departure.url)


@require_safe
def account_signed_in(request: HttpRequest) -> HttpResponse:
    """Back from the provider: connect the account, if it is the right one and its servers let us in."""
    user = signed_in(request)
    try:
        account, findings = _connected(request, user)
    except NotConnected as error:
        messages.error(request, str(error))
        return redirect("mail:email_sync")
    tasks.wake()
    if all(finding.is_good for finding in findings):
        messages.success(request, _("%(email)s is connected.") % {"email": account.email})
    else:
        messages.warning(request, _("%(email)s is connected, but not all of it works yet.") % {"email": account.email})
    return redirect("mail:email_sync")


def _connected(request: HttpRequest, user: User) -> tuple[Account, list[diagnosis.Finding]]:
    trip = _trip(request)
    tokens = _tokens(request, trip)
    account = _account(user, trip, tokens)
    findings = diagnosis.check(account, token=tokens.access)
    if not any(finding.is_good for finding in findings):
        raise NotConnected(" ".join(dict.fromkeys(finding.sentence for finding in findings)))
    accounts.connect(account=account, found=tokens, now=timezone.now())
    note(account, findings)
    return account, findings


def _tokens(request: HttpRequest, trip: Trip) -> oauth.Tokens:
    code = request.GET.get("code", "")
    if not code:
        raise NotConnected(_why(trip, request.GET.get("error", "")))
    try:
        tokens = oauth.arrive(trip.sign_in, code=code, verifier=trip.verifier, now=timezone.now())
    except oauth.Refused as error:
        logger.warning("%s gave no token: %s", trip.sign_in, error.code)
        raise NotConnected(_why(trip, error.code)) from error
    except oauth.Unreachable as error:
        logger.warning("%s gave no token: %s", trip.sign_in, error)
        raise NotConnected(_why(trip, "server_error")) from error
    if not tokens.is_enough or not tokens.refresh:
        raise NotConnected(
            _("%(provider)s did not give access to your mail. Try again, and allow all of it.") % {"provider": trip.provider}
        )
    return tokens


def _account(user: User, trip: Trip, tokens: oauth.Tokens) -> Account:
    """The account that is meant, set up for its provider and not saved. Raises NotConnected when somebody else signed in there."""
    own = Account.objects.visible_to(user)
    account = own.filter(pk=trip.account).first() if trip.account else None
    email = account.email if account else trip.email or next(iter(tokens.emails), "")
    if not email:
        raise NotConnected(_("%(provider)s did not say whose mailbox it is. Type the address first.") % {"provider": trip.provider})
    account = account or own.filter(email__iexact=email).first() or Account(owner=user, sender_name=user.name)
    known = {email.casefold(), account.imap_username.casefold()} - {""}
    username = next((one for one in tokens.emails if one.casefold() in known), "" if tokens.emails else email)
    if not username:
        words = {"other": tokens.emails[0], "email": email}
        raise NotConnected(_("You signed in as %(other)s there, and this account is %(email)s. Try again with that address.") % words)
    accounts.prepare(account, sign_in=trip.sign_in, email=email, username=username)
    return account


def _why(trip: Trip, code: str) -> str:
    return str(WHY.get(code, OTHERWISE)) % {"provider": trip.provider, "code": code[:40] or "?"}


def _keep(request: HttpRequest, state: str, trip: Trip) -> None:
    kept = {**request.session.get(KEPT, {}), state: asdict(trip)}
    newest = sorted(kept, key=lambda one: kept[one]["began_at"])[-MOST:]
    request.session[KEPT] = {one: kept[one] for one in newest}


def _trip(request: HttpRequest) -> Trip:
    """What the state stands for, once. Raises NotConnected for one that this browser did not set out with."""
    kept = dict(request.session.get(KEPT, {}))
    found = kept.pop(request.GET.get("state", ""), None)
    request.session[KEPT] = kept
    if not found or time.time() - found["began_at"] > LIFE or not is_registered(found["sign_in"]):
        raise NotConnected(_("This sign-in has run out, or began in another browser. Begin again."))
    return Trip(**found)
