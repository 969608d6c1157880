"""Files of records: put there, fetched, deleted."""

import logging
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.lib import filenames
from crm.records import filing
from crm.records.models import Record, StoredFile
from crm.records.views import detail
from crm.records.views.page import Request, changed, find, told

logger = logging.getLogger(__name__)
MOST = 20  # files at once


@require_POST
def file_create(request: Request) -> HttpResponse:
    """Keep the uploaded files with the record that the form names; what does not fit is named, the others stay."""
    record = detail.record_asked_for(request, request.POST)
    uploads = request.FILES.getlist("files")
    kept, faults = _keep(request, record, uploads[:MOST])
    if len(uploads) > MOST:
        faults.append(_("At most {count} files at once: the others were not kept.").format(count=MOST))
    if not uploads:
        faults.append(_("Choose a file first."))
    sentence = ngettext("{count} file was added.", "{count} files were added.", kept).format(count=kept) if kept else ""
    if not request.htmx and not faults:
        return told(request, record, sentence)
    context = {"about": detail.about(record), "record": record, "faults": faults, "max_file_bytes": settings.MAX_FILE_BYTES}
    page = "records/_file_form.html" if request.htmx else "records/file_faults.html"
    response = render(request, page, context, status=422 if faults else 200)
    return changed(response, sentence) if kept else response


def _keep(request: Request, record: Record, uploads: list[Any]) -> tuple[int, list[str]]:
    kept, faults = 0, []
    for upload in uploads:
        try:
            filing.keep(record=record, upload=upload, by=request.user)
            kept += 1
        except filing.TooLarge as error:
            faults.append(error.sentence)
        except OSError as error:
            logger.error("A file could not be stored: %s", error)
            faults.append(_("“{name}” could not be stored on the server. Ask your administrator.").format(name=upload.name))
    return kept, faults


@require_safe
def file_download(request: Request, pk: int) -> FileResponse:
    """Give a file out, to be saved: never shown in the browser, whatever it claims to be."""
    file = find(StoredFile, request, pk)
    try:
        content = file.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    name = filenames.safe_name(file.name)
    response = FileResponse(content, as_attachment=True, filename=name, content_type=filenames.safe_type(name))
    for header, value in filenames.HEADERS.items():
        response[header] = value
    return response


def file_delete(request: Request, pk: int) -> HttpResponse:
    """Ask, then delete: by whoever uploaded it, or may change the record."""
    file = find(StoredFile, request, pk, "person", "organisation", "deal", "lead")
    if not filing.may_remove(request.user, file):
        raise Http404
    record = file.record
    if request.method == "POST":
        filing.remove(file=file)
        sentence = _("{name} was deleted.").format(name=file.name)
        return told(request, record, sentence) if record else redirect("home")
    context = {"record": file, "kind": "file", "next": record.get_absolute_url() if record else ""}
    return render(request, "records/record_delete.html", context)
