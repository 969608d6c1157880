"""Where a page's live events begin."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from notifications.cursor import current


class LiveCursorMiddleware:
    """Notes what has been told before a page reads anything: what happens while it is put together is told to it afterwards."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_page(request):
            request.live_from = str(current(timezone.now()))  # type: ignore[attr-defined]
        return self.get_response(request)


def _is_page(request: HttpRequest) -> bool:
    """Whether somebody who is signed in opens a page: fragments and files follow no events of their own."""
    return (
        request.method == "GET"
        and "HX-Request" not in request.headers
        and "text/html" in request.headers.get("Accept", "")
        and request.user.is_authenticated
    )
