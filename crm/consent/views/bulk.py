"""The whole ledger, for administrators: looked at, imported, set for many addresses, exported."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.accounts import audit
from crm.accounts.requests import signed_in
from crm.accounts.views.staff import for_administrators, form_page
from crm.consent import exporting, importing
from crm.consent.forms import ImportForm, SetForm
from crm.consent.models import Consent
from crm.lib import tables

FRAME = {"section": "settings", "settings_page": "consent"}
ROWS = 50
SHOWN = 100  # faults on the page; the rest is in the file


@require_safe
@for_administrators
def ledger(request: HttpRequest) -> HttpResponse:
    """Entries, the latest first; `?q=` is a part of an address."""
    query = request.GET.get("q", "").strip()
    entries = Consent.objects.filter(email__contains=query.casefold()) if query else Consent.objects.all()
    page = Paginator(entries.select_related("person"), ROWS).get_page(request.GET.get("page"))
    return render(request, "consent/ledger.html", {**FRAME, "page": page, "query": query})


@form_page
@for_administrators
def entries_import(request: HttpRequest) -> HttpResponse:
    """Read a table, say what it would add, and with `keep` add it."""
    form = ImportForm(request.POST or None, request.FILES or None)
    table = _table(form) if request.method == "POST" and form.is_valid() else None
    context: dict[str, Any] = {**FRAME, "form": form, "columns": ", ".join(importing.USUAL), "most": importing.MAX_ROWS}
    if table is None:
        return render(request, "consent/import.html", context, status=422 if form.errors else 200)
    context |= {"table": table, "text": form.cleaned_data["text"], "name": form.cleaned_data["name"], "order": form.cleaned_data["order"]}
    if "keep" in request.POST:
        context["kept"] = importing.keep(table, source=Consent.Source.IMPORT, actor=signed_in(request), name=form.cleaned_data["name"])
    return render(request, "consent/import_table.html", {**context, "faults": table.faulty[:SHOWN]})


@require_POST
@for_administrators
def faults(request: HttpRequest) -> HttpResponse:
    """The lines that cannot be taken, each with its reason, as a file to mend and import again."""
    form = ImportForm(request.POST)
    table = _table(form) if form.is_valid() else None
    if table is None:
        return render(request, "consent/import.html", {**FRAME, "form": form}, status=422)
    lines = [tables.line([*table.head, _("problem")])]
    width = len(table.head)
    lines += [tables.line([*(*row.cells, *[""] * width)[:width], row.fault]) for row in table.faulty]
    response = HttpResponse("\ufeff" + "".join(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="consent-problems.csv"'
    return response


def _table(form: ImportForm) -> importing.Table | None:
    """What stands in the form, or nothing and a sentence in it. The text of a file is put into `text`."""
    upload, values = form.cleaned_data["file"], form.cleaned_data
    try:
        if upload:
            values["text"], values["name"] = importing.decode(upload.read(importing.MAX_BYTES + 1)), upload.name[:200]
        note = _("From the file %(name)s") % {"name": values["name"]} if values["name"] else ""
        return importing.read(values["text"], order=values["order"], now=timezone.now(), note=note)
    except importing.CannotRead as refusal:
        form.add_error("file" if upload else "text", refusal.sentence)
        return None


@form_page
@for_administrators
def entries_set(request: HttpRequest) -> HttpResponse:
    """The same entry for a list of addresses; first what it would add, and with `keep` it is added."""
    form = SetForm(request.POST or None)
    table = _list(form) if request.method == "POST" and form.is_valid() else None
    if table is None:
        return render(request, "consent/set.html", {**FRAME, "form": form}, status=422 if form.errors else 200)
    if "keep" in request.POST:
        count = importing.keep(table, source=Consent.Source.HAND, actor=signed_in(request))
        told = ngettext("%(count)d entry was added to the ledger.", "%(count)d entries were added to the ledger.", count)
        messages.success(request, told % {"count": count})
        return redirect("consent:ledger")
    return render(request, "consent/set.html", {**FRAME, "form": form, "table": table, "faults": table.faulty[:SHOWN]})


def _list(form: SetForm) -> importing.Table | None:
    values = form.cleaned_data
    if values["at"] > timezone.now():
        form.add_error("at", _("Consent cannot be given in the future."))
        return None
    try:
        return importing.listed(values["addresses"], state=values["state"], at=values["at"], note=values["note"])
    except importing.CannotRead as refusal:
        form.add_error("addresses", refusal.sentence)
        return None


@require_safe
@for_administrators
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The whole ledger as CSV."""
    audit.note("consent_exported", actor=signed_in(request), count=Consent.objects.count())
    return exporting.as_download(Consent.objects.order_by("email", "at", "pk").iterator(), "consent-ledger")
