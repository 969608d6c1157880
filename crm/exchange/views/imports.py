"""Imports of files: begin, map, try, run, look at what came out. A job belongs to whoever began it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.permissions import Permission
from crm.accounts.requests import needs, signed_in
from crm.exchange import mapping, purging, reading, results, running, tasks, uploading
from crm.exchange.forms import MappingForm, ReadingForm, UploadForm
from crm.exchange.models import ImportedRow, ImportJob

LATEST = 20
ROWS = 50
AT_ONCE = 2000  # rows that are tried while the person waits
SECTIONS = {"person": "contacts", "organisation": "contacts", "deal": "deals", "lead": "deals"}
Status = ImportJob.Status
form_page = require_http_methods(["GET", "HEAD", "POST"])


@form_page
@needs(Permission.IMPORT)
def import_list(request: HttpRequest) -> HttpResponse:
    """Choose a file; one's imports so far."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        job = _uploaded(request, form)
        if job:
            return redirect("exchange:import_detail", job.pk)
    jobs = ImportJob.objects.visible_to(signed_in(request)).exclude(file="")[:LATEST]
    context = {"section": "contacts", "form": form, "jobs": jobs, "most": reading.MAX_ROWS, "megabytes": reading.MAX_BYTES // 1024 // 1024}
    return render(request, "exchange/import_list.html", context, status=422 if form.errors else 200)


def _uploaded(request: HttpRequest, form: UploadForm) -> ImportJob | None:
    """The job of a file, or nothing and a sentence in the form."""
    file = form.cleaned_data["file"]
    try:
        return uploading.begin(owner=signed_in(request), name=file.name, content=file.read(), kind=form.cleaned_data["kind"])
    except reading.Unreadable as refusal:
        form.add_error("file", refusal.sentence)
        return None


def _find(request: HttpRequest, pk: int) -> ImportJob:
    job: ImportJob = get_object_or_404(ImportJob.objects.visible_to(signed_in(request)).select_related("owner"), pk=pk)
    return job


def _context(job: ImportJob, **more: Any) -> dict[str, Any]:
    return {"section": SECTIONS[job.kind], "job": job, **more}


@require_safe
@needs(Permission.IMPORT)
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How an import stands: to be set up, tried, running, or done."""
    job = _find(request, pk)
    if job.status == Status.MAPPING:
        return redirect("exchange:import_mapping", pk) if job.file else redirect("exchange:import_list")
    return render(request, "exchange/import_detail.html", _context(job))


@require_safe
@needs(Permission.IMPORT)
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar, which asks for itself until there is something else to see."""
    job = _find(request, pk)
    response = render(request, "exchange/_progress.html", {"job": job})
    if not job.is_working:
        response["HX-Refresh"] = "true"
    return response


@form_page
@needs(Permission.IMPORT)
def import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """What each column holds; sent, it is tried."""
    job = _find(request, pk)
    if job.status not in (Status.MAPPING, Status.TRIED) or not job.file:
        return redirect("exchange:import_detail" if job.file else "exchange:import_list", *([pk] if job.file else []))
    form = MappingForm(job, signed_in(request), request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _tried(job, form)
    return _mapping_page(request, job, form, ReadingForm(job))


def _mapping_page(request: HttpRequest, job: ImportJob, form: MappingForm, reading_form: ReadingForm) -> HttpResponse:
    samples = [row.cells for row in running.sheet_of(job).rows[:30]]
    context = _context(job, form=form, reading_form=reading_form, columns=form.columns(samples))
    return render(request, "exchange/import_mapping.html", context, status=422 if form.errors or reading_form.errors else 200)


def _tried(job: ImportJob, form: MappingForm) -> HttpResponse:
    """Small files are tried at once, larger ones by the worker."""
    if mapping.choose(job=job, mapping=form.mapping(), chosen=form.cleaned_data, now=timezone.now()):
        if job.row_count <= AT_ONCE:
            running.run(job.pk)
        else:
            tasks.wake_import(job.pk)
    return redirect("exchange:import_detail", job.pk)


@require_POST
@needs(Permission.IMPORT)
def import_reading(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file in another way."""
    job = _find(request, pk)
    form = ReadingForm(job, request.POST)
    if job.status not in (Status.MAPPING, Status.TRIED) or not job.file:
        return redirect("exchange:import_detail", pk)
    if form.is_valid():
        try:
            uploading.read_again(job=job, given=form.format(), kind=form.cleaned_data["kind"])
            return redirect("exchange:import_mapping", pk)
        except reading.Unreadable as refusal:
            form.add_error(None, refusal.sentence)
            job.refresh_from_db()
    return _mapping_page(request, job, MappingForm(job, signed_in(request)), form)


@require_POST
@needs(Permission.IMPORT)
def import_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Run what was tried."""
    job = _find(request, pk)
    if job.status == Status.TRIED and running.begin(job=job, status=Status.RUNNING, now=timezone.now()):
        transaction.on_commit(lambda: tasks.wake_import(pk))
    return redirect("exchange:import_detail", pk)


@require_POST
@needs(Permission.IMPORT)
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop; what is imported already stays."""
    job = _find(request, pk)
    if running.cancel(job=job, now=timezone.now()) and job.status == Status.RUNNING:
        messages.success(request, _("The import was stopped. What was imported until then stays."))
    return redirect("exchange:import_detail", pk)


@require_POST
@needs(Permission.IMPORT)
def import_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a file and its rows; records stay."""
    job = _find(request, pk)
    if not job.is_working:
        purging.forget(job=job)
        messages.success(request, _("“%(name)s” was removed. What was imported from it stays.") % {"name": job.name})
    return redirect("exchange:import_list")


@require_safe
@needs(Permission.IMPORT)
def import_records(request: HttpRequest, pk: int, outcome: str) -> HttpResponse:
    """The records that were created, changed or merged, with links."""
    job = _find(request, pk)
    if outcome not in results.SHOWN:
        raise Http404
    page = Paginator(results.records(job, signed_in(request), outcome), ROWS).get_page(request.GET.get("page"))
    return render(request, "exchange/import_records.html", _context(job, page=page, outcome=ImportedRow.Outcome(outcome)))


@require_safe
@needs(Permission.IMPORT)
def import_problems(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The rows that were not imported, each with what is wrong, to be corrected and imported again."""
    job = _find(request, pk)
    if not job.file:
        raise Http404
    response = StreamingHttpResponse(list(results.problems(job)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="problems.csv"'
    return response
