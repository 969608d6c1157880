"""One field of a record, changed in place."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from crm.records.fields import book, facts, writing
from crm.records.fields.book import Field
from crm.records.forms.custom import FieldForm
from crm.records.models import RECORDS
from crm.records.views.page import Request, changed, find_open_to_change, find_to_change, wants_fragment


def field_edit(request: Request, kind: str, pk: int, key: str) -> HttpResponse:
    """The field's box, and what stands there once it is saved; with `?shown` what stands there now."""
    record, field = _wanted(request, kind, pk, key)
    if "shown" in request.GET and wants_fragment(request):
        return _shown(request, kind, pk, field)
    form = FieldForm(request.POST if request.method == "POST" else None, record=record, field=field, user=request.user)
    if request.method == "POST" and form.is_valid():
        writing.change(record=record, values={key: form.cleaned_data["value"]}, actor=request.user, now=timezone.now())
        return changed(_shown(request, kind, pk, field)) if wants_fragment(request) else redirect(record)
    form.fields["value"].widget.attrs["autofocus"] = True
    template = "records/_fact_form.html" if wants_fragment(request) else "records/field_edit.html"
    context = {"form": form, "record": record, "kind": kind, "field": field}
    return render(request, template, context, status=422 if form.errors else 200)


def _wanted(request: Request, kind: str, pk: int, key: str) -> tuple[Any, Field]:
    """A record that the user may change and a field that can be changed by itself; 404 otherwise."""
    if kind not in RECORDS:
        raise Http404
    record: Any = find_open_to_change(RECORDS[kind], request, pk)
    field = book.by_key(kind).get(key)
    if field is None or not facts.may_edit_in_place(field):
        raise Http404
    return record, field


def _shown(request: Request, kind: str, pk: int, field: Field) -> HttpResponse:
    record = find_to_change(RECORDS[kind], request, pk)
    context = {"fact": facts.fact(record, field, request.user), "record": record, "kind": kind, "may_change": True, "is_back": True}
    return render(request, "records/_fact.html", context)
