"""Everything that one may see as a file. An archive is found by whoever had it made, and by nobody else."""

from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from crm.accounts.permissions import Permission
from crm.accounts.requests import needs, signed_in
from crm.exchange import exporting, tasks
from crm.exchange.models import ExportJob

FRAME = {"section": "settings", "settings_page": "export"}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.EXPORT)
def export_list(request: HttpRequest) -> HttpResponse:
    """What an archive holds, those there are, and a button for a new one."""
    user = signed_in(request)
    if request.method == "POST":
        job = exporting.begin(owner=user, now=timezone.now())
        transaction.on_commit(lambda: tasks.wake_export(job.pk))
        return redirect("exchange:export_list")
    jobs = ExportJob.objects.visible_to(user).filter(created_at__gt=timezone.now() - exporting.LIFE)
    return render(request, "exchange/export_list.html", {**FRAME, "jobs": jobs})


def _find(request: HttpRequest, pk: int) -> ExportJob:
    fresh = ExportJob.objects.visible_to(signed_in(request)).filter(created_at__gt=timezone.now() - exporting.LIFE)
    job: ExportJob = get_object_or_404(fresh, pk=pk)
    return job


@require_safe
@needs(Permission.EXPORT)
def export_state(request: HttpRequest, pk: int) -> HttpResponse:
    """One archive's line, which asks for itself until it is made."""
    return render(request, "exchange/_export.html", {"job": _find(request, pk)})


@require_safe
@needs(Permission.EXPORT)
def export_fetch(request: HttpRequest, pk: int) -> FileResponse:
    """The archive itself."""
    job = _find(request, pk)
    if not job.file:
        raise Http404
    name = f"candor-{timezone.localdate(job.finished_at):%Y-%m-%d}.zip"
    return FileResponse(job.file.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
