"""The icons of a tracked mail and every hit behind them, for its sender alone."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from tracking import correcting, details, hosts, reading, wording
from tracking.models import Event, TrackedMail


@require_safe
def icons(request: HttpRequest, pk: int) -> HttpResponse:
    """The icons of one mail as they are now: what open tabs put in place of theirs."""
    mails = reading.with_activity(TrackedMail.objects.visible_to(signed_in(request)))
    return _unkept(render(request, "tracking/_icons.html", {"tracked": get_object_or_404(mails, pk=pk)}))


@require_safe
def hit_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Every hit upon a mail with its verdict and reasons: a page, or a fragment for the drawer."""
    mail = get_object_or_404(TrackedMail.objects.visible_to(signed_in(request)), pk=pk)
    choice = request.GET.get("show", "")
    return _details(request, mail, choice if choice in details.CHOICES else "")


@require_POST
def hit_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """The sender knows better who it was, or takes that back."""
    event = get_object_or_404(Event.objects.visible_to(signed_in(request)).select_related("mail"), pk=pk)
    try:
        correcting.correct(event, verdict=request.POST.get("verdict", ""), now=timezone.now())
    except correcting.CannotCorrect:
        return HttpResponseBadRequest()
    if not request.headers.get("HX-Request"):
        return redirect("tracking:hit_list", event.mail_id)
    return _details(request, TrackedMail.objects.get(pk=event.mail_id), "", corrected=event)


def _details(request: HttpRequest, mail: TrackedMail, choice: str, *, corrected: Event | None = None) -> HttpResponse:
    is_fragment = bool(request.headers.get("HX-Request"))
    context = {
        "mail": mail,
        "summary": wording.detail(mail, mail.events.filter(is_settled=False).count(), counts_undecided=False),
        "without_hits": details.without_hits(mail),
        "page": details.page_of(mail, choice=choice, before=primary_key(request.GET.get("before", ""))),
        "choice": choice,
        "choices": details.used_choices(mail),
        "corrected": corrected,
        "foreign_host": hosts.apart_from_site(mail),
    }
    response = _unkept(render(request, f"tracking/{'_' if is_fragment else ''}hits.html", context))
    patch_vary_headers(response, ["HX-Request"])
    return response


def _unkept(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "private, no-store"
    return response
