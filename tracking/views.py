"""Pixel and redirect as plain views (where no edge stands in front), and the icons of a tracked mail for its sender alone."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt

from crm.accounts.models import User
from tracking import edge, reading
from tracking.models import TrackedMail


class SignedInRequest(HttpRequest):
    """A request behind LoginRequiredMiddleware."""

    user: User


@login_not_required
@csrf_exempt
def pixel(request: HttpRequest) -> HttpResponse:
    """The image of a copy, whatever the token and the method."""
    return _hit(request)


@login_not_required
@csrf_exempt
def link(request: HttpRequest) -> HttpResponse:
    """The redirect of a tracked link, or 404."""
    return _hit(request)


def icons(request: SignedInRequest, pk: int) -> HttpResponse:
    """The icons of one mail as they are now: what open tabs put in place of theirs."""
    mails = reading.with_activity(TrackedMail.objects.visible_to(request.user))
    response = render(request, "tracking/_icons.html", {"tracked": get_object_or_404(mails, pk=pk)})
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _hit(request: HttpRequest) -> HttpResponse:
    meta = request.META
    query, peer = meta.get("QUERY_STRING", ""), meta.get("REMOTE_ADDR", "")
    found = edge.answer(edge.Request(request.method or "GET", request.path_info, query, meta, peer))
    return HttpResponse(found.body, status=found.status, headers=dict(found.headers))
