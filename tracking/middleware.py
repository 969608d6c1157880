"""What tracking learns from the pages of the CRM: where its users work from."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crm.lib.proxies import client_address
from tracking import places


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
