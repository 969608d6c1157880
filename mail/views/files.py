"""Attachments: put to a draft, taken away, downloaded."""

import logging

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from mail import attachments
from mail.models import Attachment, Message
from mail.views.requests import wants_json

logger = logging.getLogger(__name__)


@require_POST
def attach(request: HttpRequest) -> JsonResponse:
    """Put one uploaded file to a draft; answers with its line, or a sentence. The draft is kept whatever happens."""
    pk, upload = primary_key(request.POST.get("draft", "")), request.FILES.get("file")
    draft = get_object_or_404(Message.objects.visible_to(signed_in(request)), pk=pk)
    if upload is None:
        return _told(_("The file did not arrive. Try again."))
    try:
        attachment = attachments.add(message=draft, upload=upload)
    except attachments.TooLarge as error:
        return _told(error.sentence)
    except attachments.NotADraft:
        return _told(_("This mail has been sent already."))
    except OSError as error:
        logger.error("An attachment could not be stored: %s", error)
        return _told(_("The file could not be stored on the server: %(reason)s. Your text is kept.") % {"reason": error.strerror})
    return JsonResponse({"html": render_to_string("mail/_composer_file.html", {"attachment": attachment}, request=request)})


@require_POST
def attachment_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file from a draft."""
    attachment = get_object_or_404(Attachment.objects.filter(message__owner=signed_in(request)), pk=pk)
    try:
        attachments.remove(attachment=attachment)
    except attachments.NotADraft:
        return _told(_("This mail has been sent already."))
    if wants_json(request):
        return JsonResponse({})
    return redirect(f"{reverse('mail:composer')}?draft={attachment.message_id}")


@require_safe
def attachment(request: HttpRequest, pk: int) -> FileResponse:
    """Download a file. Never shown in the browser, whatever it claims to be."""
    return as_download(get_object_or_404(Attachment.objects.filter(message__owner=signed_in(request)), pk=pk))


def as_download(found: Attachment) -> FileResponse:
    """A file that the user may have, as something that is saved."""
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(content, as_attachment=True, filename=found.name, content_type=found.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def _told(sentence: str) -> JsonResponse:
    return JsonResponse({"errors": {"attachments": sentence}}, status=422)
