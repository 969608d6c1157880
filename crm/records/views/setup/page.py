"""What the settings pages share: forms, questions before deleting, the order of rows."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise

from crm.lib.primary_keys import primary_key
from crm.records.setup import ordering
from crm.records.views.page import Request

LONGEST_LIST = 1000


def frame(page: str) -> dict[str, str]:
    """For the settings menu: which page this is."""
    return {"section": "settings", "settings_page": page}


def posted(request: Request) -> Any:
    """What a form is bound to: what was sent, even if that is nothing."""
    return request.POST if request.method == "POST" else None


def ask(request: Request, page: str, **context: Any) -> HttpResponse:
    """A form: `title`, `form`, `cancel` (an address), perhaps `button`, `lead`, `sentences`, `is_danger`; 422 when it has faults."""
    form: forms.BaseForm | None = context.get("form")
    status = 422 if form is not None and form.is_bound and not form.is_valid() else 200
    return render(request, "records/setup/ask.html", {**frame(page), **context}, status=status)


def put_in_order(request: Request, rows: QuerySet[Any], about: str | Promise, then: Any) -> HttpResponse:
    """A row was moved: by its buttons (`up`, `down` hold its pk), or dragged (`order` lists all pks, answered with nothing)."""
    user, name = request.user, str(about)
    if "order" in request.POST:
        order = [primary_key(part) for part in request.POST["order"].split(",")[:LONGEST_LIST]]
        ordering.arrange(rows=rows, order=order, actor=user, about=name)
        return HttpResponse(status=204)
    for key, by in (("up", -1), ("down", 1)):
        if pk := primary_key(request.POST.get(key, "")):
            ordering.step(rows=rows, pk=pk, by=by, actor=user, about=name)
    return redirect(then)
