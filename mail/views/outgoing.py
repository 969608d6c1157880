"""What can be done with a mail that waits in the outbox: taken back into the composer, sent now, given another time."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.accounts.requests import signed_in
from mail import outbox, scheduling, tasks
from mail.models import Message
from mail.views.requests import wants_json


@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a sending: the mail is a draft again, as it was, and opens in the composer."""
    message = get_object_or_404(Message.objects.visible_to(signed_in(request)), pk=pk)
    try:
        outbox.back_to_drafts(message=message, keeps_time=True)
    except outbox.CannotSend as error:
        return _told(request, error.sentence)
    address = f"{reverse('mail:composer')}?draft={message.pk}"
    return JsonResponse({"composer": address, "message": message.pk}) if wants_json(request) else redirect(address)


@require_POST
def reschedule(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a mail that waits for its time another one (`send_at`), or send it now (`now`)."""
    user, now = signed_in(request), timezone.now()
    message = get_object_or_404(Message.objects.visible_to(user), pk=pk)
    try:
        send_at = None if "now" in request.POST else scheduling.chosen(request.POST.get("send_at", ""), zone=user.zone, now=now)
        if send_at is None and "now" not in request.POST:
            raise scheduling.NotATime(_("Choose a day and a time."))
        with transaction.atomic():
            outbox.reschedule(message=message, send_at=send_at, now=now)
            transaction.on_commit(tasks.wake)
    except (outbox.CannotSend, scheduling.NotATime) as error:
        return _told(request, error.sentence)
    messages.success(request, scheduling.goes_at(send_at) if send_at else _("Sending…"))
    return redirect("mail:folder", "outbox")


def _told(request: HttpRequest, sentence: Any) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"errors": {"": sentence}}, status=409)
    messages.error(request, sentence)
    return redirect("mail:folder", "outbox")
