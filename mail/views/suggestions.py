"""The steps that the Sales Assistant suggests, taken with one click and taken back with another."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.accounts.requests import signed_in
from crm.records.models import Activity
from mail import calls
from mail.models import Message
from mail.suggesting import KINDS
from mail.views.requests import wants_json


@require_POST
def call_plan(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Plan a call with who reads the mail."""
    message = _suggested(request, pk, kind)
    try:
        activity = calls.plan(message=message, kind=kind, now=timezone.now())
    except calls.NotSuggested:
        return _said(request, _("This is planned already, or no longer needed."), reverse("notifications:assistant"))
    sentence = _("%(subject)s: planned for %(when)s") % {"subject": activity.subject, "when": calls.when(activity)}
    undo = {"undo": calls.undo_url(message, kind, activity), "undo_label": _("Undo"), "card": calls.card_of(activity)}
    return _said(request, sentence, reverse("records:activity_detail", args=[activity.pk]), **undo)


@require_POST
def call_undo(request: HttpRequest, pk: int, kind: str, activity: int) -> HttpResponse:
    """Take a call back that was just planned."""
    message = _suggested(request, pk, kind)
    planned = get_object_or_404(Activity.objects.filter(owner=message.owner, done_at=None, kind=Activity.Kind.CALL), pk=activity)
    card = calls.take_back(message=message, kind=kind, activity=planned, now=timezone.now())
    return _said(request, _("Taken back."), reverse("notifications:assistant"), card=card)


def _suggested(request: HttpRequest, pk: int, kind: str) -> Message:
    if kind not in KINDS:
        raise Http404
    sent = Message.objects.visible_to(signed_in(request)).select_related("owner", "thread").prefetch_related("recipients__person")
    return get_object_or_404(sent, pk=pk)


def _said(request: HttpRequest, sentence: str, page: str, **more: str | int | None) -> HttpResponse:
    """As a toast where a script asked, else on the page that follows."""
    if wants_json(request):
        return JsonResponse({"toast": sentence, **more})
    messages.success(request, sentence)
    return redirect(page)
