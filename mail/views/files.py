"""Attachments: put to a draft, taken away, looked at, downloaded."""

import logging
from typing import IO, Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.requests import signed_in
from crm.lib import filenames
from crm.lib.primary_keys import primary_key
from mail import attachments, downloads, redrawing
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
    return as_download(_own(request, pk))


def as_download(found: Attachment) -> FileResponse:
    """A file that the user may have, as something that is saved."""
    name = filenames.safe_name(found.name)
    response = FileResponse(_opened(found), as_attachment=True, filename=name, content_type=filenames.safe_type(found.name))
    for header, value in filenames.HEADERS.items():
        response[header] = value
    return response


@require_safe
def attachment_thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    """A small picture of a picture, drawn by us."""
    return _drawn(request, pk, side=downloads.THUMBNAIL)


@require_safe
def attachment_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """A picture to look at, drawn by us: nothing of the file itself reaches the browser."""
    return _drawn(request, pk, side=downloads.PREVIEW)


@require_safe
def attachment_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The beginning of a mail or a text file, as text and nothing else."""
    found = _own(request, pk)
    if filenames.ending(found.name) not in downloads.READABLE:
        raise Http404
    with _opened(found) as file:
        content = file.read(downloads.MAX_TEXT + 1)
    text = downloads.as_text(content[: downloads.MAX_TEXT])
    shown = {"attachment": found, "file": filenames.safe_name(found.name), "message": found.message, "text": text}
    return render(request, "mail/attachment_text.html", {**shown, "is_cut": len(content) > downloads.MAX_TEXT, "section": "mail"})


def _own(request: HttpRequest, pk: int) -> Attachment:
    return get_object_or_404(Attachment.objects.filter(message__owner=signed_in(request)).select_related("message"), pk=pk)


def _opened(found: Attachment) -> IO[Any]:
    try:
        opened: IO[Any] = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return opened


def _drawn(request: HttpRequest, pk: int, *, side: int) -> HttpResponse:
    try:
        drawn = downloads.drawn(_own(request, pk), side=side)
    except (redrawing.Unusable, OSError) as error:
        raise Http404 from error
    headers = {**filenames.HEADERS, "Cache-Control": "private, max-age=86400"}
    return HttpResponse(drawn.content, content_type=drawn.content_type, headers=headers)


def _told(sentence: str) -> JsonResponse:
    return JsonResponse({"errors": {"attachments": sentence}}, status=422)
