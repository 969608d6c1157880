"""“What the recipient gets”: a draft as it would leave, copy by copy."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.accounts.requests import signed_in
from mail import previewing, reading, rendering
from mail.models import Message
from mail.views.framed import framed


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The preview of a draft: as a fragment for the composer's dialog, or as a page."""
    message = _draft(request, pk)
    context = {"section": "mail", "message": message, "preview": None, "fault": ""}
    try:
        context["preview"] = previewing.of(message)
    except rendering.CannotRender as error:
        context["fault"] = _("A part of the mail cannot be read: %(name)s. Remove it and attach it again.") % {"name": error}
    template = "mail/_preview.html" if request.headers.get("HX-Request") else "mail/preview.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def preview_body(request: HttpRequest, pk: int) -> HttpResponse:
    """Its HTML part as a document of its own, under the policy of `mail.reading`."""
    html, style = reading.previewed(previewing.html(_draft(request, pk)), now=timezone.now())
    return framed(request, html=html, style=style)


def _draft(request: HttpRequest, pk: int) -> Message:
    drafts = Message.objects.visible_to(signed_in(request)).in_folder(Message.Folder.DRAFTS)
    return get_object_or_404(drafts.select_related("owner", "account"), pk=pk)
