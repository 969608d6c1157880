"""What follows from who is signed in: zone, language, and the viewer cookie."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from crm.lib import viewer


class PreferencesMiddleware:
    """Activates the user's time zone and language, and keeps the viewer cookie in step with the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        with timezone.override(request.user.zone):
            response = self.get_response(request)
        self._keep_cookie(request, response)
        return response

    def _keep_cookie(self, request: HttpRequest, response: HttpResponse) -> None:
        value = viewer.sign(request.user.pk) if request.user.is_authenticated else ""
        if not value:  # signed out by this very request
            response.delete_cookie(viewer.COOKIE)
        elif request.COOKIES.get(viewer.COOKIE) != value:
            response.set_cookie(viewer.COOKIE, value, max_age=viewer.MAX_AGE, httponly=True, samesite="Lax", secure=settings.IS_HTTPS)
