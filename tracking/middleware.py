"""Tracking in Django's own chain: hits are answered before anything else of it; pages teach where their readers work."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crm.lib.proxies import client_address
from tracking import edge, places


class HitsMiddleware:
    """The edge where no edge stands in front (the development server): before hosts are checked, sessions read, cookies set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = edge.hit_or_nothing(edge.from_wsgi({"REQUEST_METHOD": request.method, **request.META}))
        if found is None:
            return self.get_response(request)
        return HttpResponse(found.body, status=found.status, headers=dict(found.headers))


class PlacesMiddleware:
    """Notes, once a day, the address that a signed-in browser comes from; behind AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            address = client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))
            places.learn(user=request.user, address=address, now=timezone.now())
        return response
