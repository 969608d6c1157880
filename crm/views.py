"""Pages that belong to no app alone."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from crm.health import look


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where a salesperson begins: the mail."""
    return redirect("mail:folder", "inbox")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    return render(request, "crm/search.html", {"query": request.GET.get("q", "")})


@require_safe
def insights(request: HttpRequest) -> HttpResponse:
    return render(request, "crm/insights.html", {"section": "insights"})


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The parts of this installation and whether they are alive."""
    return render(request, "crm/health.html", {"section": "settings", "settings_page": "health", "health": look()})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "crm/privacy.html", {"section": "settings", "settings_page": "privacy"})


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
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")
