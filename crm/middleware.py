"""Request-wide rules of the site: one canonical host, and what the browser may use."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect

GetResponse = Callable[[HttpRequest], HttpResponse]
ELSEWHERE_TOO = ("/inboxes/", "/site/", "/static/", "/healthz", "/readyz", "/robots.txt")


class CanonicalHostMiddleware:
    """Sends the CRM's pages to SITE_URL's host; the demo's inboxes answer on any allowed host (hits never come here)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.get_host() == settings.SITE_HOST or request.path.startswith(ELSEWHERE_TOO):
            return self.get_response(request)
        redirect = HttpResponseRedirect if settings.IS_LOCAL else HttpResponsePermanentRedirect
        return redirect(settings.SITE_URL + request.get_full_path())


class PermissionsPolicyMiddleware:
    """Adds the Permissions-Policy header, which Django 5.2 has no setting for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response
