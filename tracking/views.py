"""The icons of a tracked mail, for its sender alone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from crm.accounts.models import User
from tracking import reading
from tracking.models import TrackedMail


class SignedInRequest(HttpRequest):
    """A request behind LoginRequiredMiddleware."""

    user: User


def icons(request: SignedInRequest, pk: int) -> HttpResponse:
    """The icons of one mail as they are now: what open tabs put in place of theirs."""
    mails = reading.with_activity(TrackedMail.objects.visible_to(request.user))
    response = render(request, "tracking/_icons.html", {"tracked": get_object_or_404(mails, pk=pk)})
    response.headers["Cache-Control"] = "private, no-store"
    return response
