"""Pages that belong to no app alone."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm import insights as numbers
from crm import searching
from crm.accounts.requests import signed_in
from crm.consent.retention import facts
from crm.health import look
from crm.lib.primary_keys import primary_key
from crm.records.pipeline import default_pipeline
from crm.records.views.page import Request, page_or_fragment
from crm.searching import lately
from mail.models import Message
from tracking.checking import checked_lately
from tracking.robots import TEXT


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where a salesperson begins: the inbox, or what was sent while nothing has come in."""
    inbox = Message.objects.visible_to(signed_in(request)).in_folder(Message.Folder.INBOX)
    return redirect("mail:folder", "inbox" if inbox.exists() else "sent")


@require_safe
def search(request: Request) -> HttpResponse:
    """Everything that matches `?q=`, or of one kind `?kind=` more of it; as a piece, the few best under the search box."""
    query, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    if request.htmx:
        answer = searching.find(request.user, query, limit=searching.SUGGESTED)
        return render(request, "crm/_search_options.html", {"query": query, "answer": answer} | _lately(request, query))
    kind = kind if kind in searching.KINDS else ""
    shown = min(searching.MOST, max(searching.PAGE, primary_key(request.GET.get("shown", "")) or 0)) if kind else searching.SHOWN
    answer = searching.find(request.user, query, limit=shown, only=kind)
    more = shown + searching.PAGE if kind and shown < searching.MOST else 0
    context = {"query": query, "answer": answer, "kind": kind, "kinds": searching.KINDS, "more": more}
    return render(request, "crm/search.html", context | _lately(request, query))


def _lately(request: Request, query: str) -> dict[str, Any]:
    return {} if query else {"lately": lately.results(request.user)}


@require_safe
def insights(request: Request) -> HttpResponse:
    """The reader's own mail in numbers, and the deals that they see."""
    now, pipeline = timezone.now(), default_pipeline()
    context = {
        "section": "insights",
        "mail": numbers.mail_numbers(request.user, now),
        "stages": numbers.stage_numbers(request.user, pipeline),
        "closed": numbers.closed_numbers(request.user, now),
        "closed_days": numbers.CLOSED_DAYS,
    }
    return render(request, "crm/insights.html", context)


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The parts of this installation and whether they are alive."""
    return render(request, "crm/health.html", {"section": "settings", "settings_page": "health", "health": look()})


@require_safe
def health_tracking(request: Request) -> HttpResponse:
    """Whether the tracking hosts work: looked at while the health page is read, since it takes some seconds."""
    context = {"section": "settings", "settings_page": "health", "checked": checked_lately(), "health": None if request.htmx else look()}
    return page_or_fragment(request, "crm/health.html", "crm/_health_tracking.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What Candor stores, why and for how long, as the policy in force has it."""
    return render(request, "crm/privacy.html", {"section": "settings", "settings_page": "privacy", "facts": facts()})


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The process can do its work: 503 while the database is away."""
    state = look()
    return JsonResponse({"database": state.database, "worker": state.worker}, status=200 if state.database else 503)


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for search engines."""
    return HttpResponse(TEXT, content_type="text/plain")
