"""What follows from who is signed in: zone, language, viewer cookie, no caching, the list of sessions, a second factor that is missing."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from crm.accounts import second_factor, sessions
from crm.lib import viewer

WHILE_MISSING = {  # what answers while a second factor has to be set up
    *("mfa_activate_totp", "mfa_view_recovery_codes", "mfa_reauthenticate", "account_reauthenticate", "account_logout", "avatar"),
}


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page needs a sign-in; a request for a piece of a page is refused with 401, for the sign-in page would land inside of it."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> Any:
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401)
        return super().handle_no_permission(request, view_func)


class PreferencesMiddleware:
    """Activates the user's time zone and language, and keeps the viewer cookie in step with the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_signed_in = request.user.is_authenticated
        if request.user.is_authenticated:
            with translation.override(request.user.language), timezone.override(request.user.zone):
                request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
                response = self.get_response(request)
                response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        else:
            response = self.get_response(request)
        if was_signed_in or request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")  # nobody who comes later reads it from a cache
            self._keep_cookie(request, response)
        return response

    def _keep_cookie(self, request: HttpRequest, response: HttpResponse) -> None:
        value = viewer.sign(request.user.pk) if request.user.is_authenticated else ""
        if not value:  # signed out by this very request
            response.delete_cookie(viewer.COOKIE)
        elif request.COOKIES.get(viewer.COOKIE) != value:
            response.set_cookie(viewer.COOKIE, value, max_age=viewer.MAX_AGE, httponly=True, samesite="Lax", secure=settings.IS_HTTPS)


class SessionsMiddleware:
    """Writes down every five minutes that a session is in use; a request in between costs nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and sessions.is_stale(request):
            sessions.touch(request)
        return self.get_response(request)


class SecondFactorMiddleware:
    """Leads whoever has to set up a second factor to its page; other sessions pay nothing, for theirs does not say so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view_func: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not request.user.is_authenticated or second_factor.MISSING not in request.session:
            return None
        if not second_factor.is_missing(request.user):
            del request.session[second_factor.MISSING]
            return None
        if request.resolver_match and request.resolver_match.url_name in WHILE_MISSING:
            return None
        return _to(request, reverse("mfa_activate_totp"))


def _to(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect of the whole page, for a request of a piece of it as well."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
