"""The pages that a person sees when something failed; they need neither database nor session."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER = 10  # seconds


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when it was the database that is locked or gone."""
    if not is_outage(sys.exc_info()[1]):
        return HttpResponse(render_to_string("500.html"), status=500)
    page = render_to_string("503.html", {"is_reading": request.method in {"GET", "HEAD"}, "retry_after": RETRY_AFTER})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})


def is_outage(error: BaseException | None) -> bool:
    """Whether the database could not be reached or stayed locked, at whatever depth that was noticed."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.__cause__ or error.__context__
    return False
