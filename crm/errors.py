"""The pages that a person sees when something failed; they need neither database nor session."""

import errno
import sys
from collections.abc import Iterator

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

RETRY_AFTER = 10  # seconds


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when it was the database that is locked or gone, or the disk that is full; a script is told the reason as JSON."""
    error = sys.exc_info()[1]
    if not is_outage(error):
        return HttpResponse(render_to_string("500.html"), status=500)
    is_full = is_disk_full(error)
    headers = {"Retry-After": str(RETRY_AFTER)}
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"reason": _reason(is_full)}, status=503, headers=headers)
    is_reading = request.method in {"GET", "HEAD"}
    page = render_to_string("503.html", {"is_reading": is_reading, "is_full": is_full, "retry_after": RETRY_AFTER})
    return HttpResponse(page, status=503, headers=headers)


def is_outage(error: BaseException | None) -> bool:
    """Whether the database could not be reached, stayed locked or had no space, at whatever depth that was noticed."""
    return is_disk_full(error) or any(isinstance(one, OperationalError | InterfaceError) for one in _causes(error))


def is_disk_full(error: BaseException | None) -> bool:
    """Whether it failed for want of space: SQLite and PostgreSQL say so in words, files by their error number."""
    return any(
        (isinstance(one, OSError) and one.errno in {errno.ENOSPC, errno.EDQUOT})
        or (isinstance(one, OperationalError) and any(words in str(one) for words in ("disk is full", "No space left")))
        for one in _causes(error)
    )


def _reason(is_full: bool) -> str:
    if is_full:
        return _("The server’s disk is full; your text is kept in this browser.")
    return _("The database does not answer; your text is kept in this browser.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
