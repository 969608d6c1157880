"""The body of a message in its frame, what is told beside it, and the pictures inside of it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.requests import signed_in
from mail import framing, pictures, reading, trust
from mail.models import Message
from mail.views.framed import framed

PICTURE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",  # the frame has no origin that could be the same
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, max-age=21600, immutable",
}


@require_safe
def message_body(request: HttpRequest, pk: int) -> HttpResponse:
    """A message's body as a document of its own, under the policy of `mail.reading`."""
    message = get_object_or_404(Message.objects.visible_to(signed_in(request)), pk=pk)
    with_pictures = trust.is_permitted(message, request.GET.get("pictures", "")) or trust.is_trusted(message)
    html = reading.readable_html(message, with_pictures=with_pictures, now=timezone.now())
    return framed(request, html=html, style=framing.style(reading.contents_of(message)))


@require_safe
def message_reading(request: HttpRequest, pk: int) -> HttpResponse:
    """The frame and what is told beside it, for a message of a conversation that is opened."""
    message = get_object_or_404(Message.objects.visible_to(signed_in(request)), pk=pk)
    return render(request, "mail/_reading.html", {"message": message})


@require_POST
def message_pictures(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the pictures of this mail (`once`), from now on those of its sender (`always`), or no longer (`never`)."""
    user = signed_in(request)
    message = get_object_or_404(Message.objects.visible_to(user), pk=pk)
    if "always" in request.POST and message.from_email:
        trust.trust(user=user, email=message.from_email)
    if "never" in request.POST:
        trust.distrust(user=user, email=message.from_email)
    permission = "" if "never" in request.POST else trust.permit(message)
    if request.headers.get("HX-Request"):
        return render(request, "mail/_reading.html", {"message": message, "permission": permission})
    return redirect(f"{reverse('mail:thread', args=[message.thread_id])}?pictures={permission}#message-{message.pk}")


@login_not_required
@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponse:
    """A picture inside of a frame, which sends no cookie: its address is signed, for one reader and some hours."""
    now = timezone.now()
    try:
        drawn = pictures.draw(pictures.read(token, now=now), now=now)
    except pictures.NotShown:
        return HttpResponse(status=404)
    except pictures.TooMany:
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    return HttpResponse(drawn.content, content_type=drawn.content_type, headers=PICTURE_HEADERS)
