"""A body as a document of its own, for a frame that has no origin and can run and load nothing."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from mail import framing


def framed(request: HttpRequest, *, html: str, style: str) -> HttpResponse:
    """HTML and style sheets that `mail.reading` has made safe, under the frame's policy."""
    headers = {**framing.HEADERS, "Content-Security-Policy": framing.policy(request.build_absolute_uri("/").rstrip("/"))}
    return HttpResponse(render_to_string("mail/body.html", {"html": html, "style": style}), headers=headers)
