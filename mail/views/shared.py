"""Mail that colleagues share: read on the pages of the contacts and deals that it is about, without any of its tracking."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from mail import framing, reading, sharing
from mail.models import Attachment, Message, Thread
from mail.models.message import MessageQuerySet
from mail.views.files import as_download
from mail.views.framed import framed
from mail.views.requests import saved


@require_safe
def shared_thread(request: HttpRequest, pk: int) -> HttpResponse:
    """What a colleague shares of a conversation, as far as the user may read it."""
    user = signed_in(request)
    if Thread.objects.visible_to(user).filter(pk=pk).exists():
        return redirect("mail:thread", pk)
    shown = list(_shared(user).filter(thread=pk).select_related("owner").prefetch_related("recipients", "attachments").order_by("at", "pk"))
    if not shown:
        raise Http404
    context = {"section": "contacts", "shown": shown, "sharer": shown[0].owner, "subject": shown[-1].subject}
    return render(request, "mail/shared_thread.html", context)


@require_safe
def shared_body(request: HttpRequest, pk: int) -> HttpResponse:
    """A shared message's body, as safe as one's own."""
    message = get_object_or_404(_shared(signed_in(request)), pk=pk)
    html = reading.readable_html(message, with_pictures=False, now=timezone.now())
    return framed(request, html=html, style=framing.style(reading.contents_of(message)))


@require_safe
def shared_attachment(request: HttpRequest, pk: int) -> FileResponse:
    """A file of a shared message."""
    return as_download(get_object_or_404(Attachment.objects.filter(message__in=_shared(signed_in(request))), pk=pk))


@require_POST
def sharing_default(request: HttpRequest) -> HttpResponse:
    """Keep what the user's new mail shall begin as."""
    sharing.keep_default(user=signed_in(request), shares_new_mail="shares_new_mail" in request.POST)
    return saved(request, "mail:email_sync", _("Saved."))


def _shared(user: User) -> MessageQuerySet:
    return Message.objects.readable_by(user).exclude(owner=user)
