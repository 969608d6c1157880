"""Changing many records: chosen in a list, looked at before, followed, undone."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.permissions import Permission
from crm.accounts.requests import needs
from crm.lib.primary_keys import primary_key
from crm.records import tasks
from crm.records.fields import book
from crm.records.forms.bulk import ValueForm, confirms
from crm.records.lists import bulk, changing
from crm.records.lists.looking import PARAMETERS
from crm.records.models import BulkChange
from crm.records.views.listing import address, checked
from crm.records.views.page import Request, back, find, page_or_fragment, rows, told
from crm.records.views.saved_lists import SECTIONS

LEFT_SHOWN = 50
FIELD_VERBS = {"owner": "owner"}  # buttons that choose the field too


@require_POST
@needs(Permission.BULK_EDIT)
def bulk_start(request: Request, kind: str) -> HttpResponse:
    """Keep which rows were ticked, or that all were meant, and go on to what is to be done with them."""
    checked(kind)
    wanted = request.POST.get("verb", "")
    verb = BulkChange.Verb.SET if wanted in FIELD_VERBS else wanted
    if verb not in BulkChange.Verb.values or not bulk.may(request.user, verb):
        raise Http404
    selection = _selection(request)
    if not selection.get("pks", True):
        return told(request, back(request, address(kind)), _("Tick some rows first."))
    begun = bulk.begin(
        kind=kind,
        verb=verb,
        selection=selection,
        field=FIELD_VERBS.get(wanted, ""),
        next=back(request, address(kind)),
        actor=request.user,
        now=timezone.now(),
    )
    return redirect("records:bulk_detail", begun.pk)


def _selection(request: Request) -> dict[str, Any]:
    if request.POST.get("everything") == "1":
        return {name: request.POST[name][:6000] for name in PARAMETERS if name in request.POST}
    picked = [primary_key(value) for value in request.POST.getlist("pick")[: bulk.MOST_PICKED]]
    return {"pks": sorted({pk for pk in picked if pk})}


@require_safe
@needs(Permission.BULK_EDIT)
def bulk_list(request: Request) -> HttpResponse:
    """The changes that the user made to many records, the latest first."""
    made = BulkChange.objects.visible_to(request.user).exclude(state=BulkChange.State.CHOSEN)
    page = rows(request, made)
    for one in page.object_list:
        one.sentence = changing.describe(one)
    return render(request, "records/bulk_list.html", {"page": page, "section": "contacts"})


@needs(Permission.BULK_EDIT)
def bulk_detail(request: Request, pk: int) -> HttpResponse:
    """One change: first what is to be done, then what that would do, then how far it is, then what came of it."""
    found = find(BulkChange, request, pk)
    if found.state != BulkChange.State.CHOSEN:
        return _outcome(request, found)
    if request.method == "POST" or not found.is_ready or "edit" in request.GET:
        return _choose(request, found)
    context = _frame(found) | {"preview": bulk.preview(found, timezone.now())}
    return render(request, "records/bulk_preview.html", context)


def _frame(found: BulkChange) -> dict[str, Any]:
    field = changing.field_of(found)
    return {
        "bulk": found,
        "kind": found.kind,
        "section": SECTIONS[found.kind],
        "sentence": changing.describe(found) if found.is_ready else "",
        "label": field.label if field else "",
        "is_deletion": found.verb == BulkChange.Verb.DELETE,
    }


def _choose(request: Request, found: BulkChange) -> HttpResponse:
    """Which field, and what it is to hold."""
    fields = [field for field in book.of(found.kind) if not field.is_fixed]
    by_key = {field.key: field for field in fields}
    wanted = request.POST.get("field") or request.GET.get("field") or found.field or fields[1].key  # the first is the name
    field = by_key.get("tags" if found.verb in changing.SEVERAL else wanted, fields[0])
    form = ValueForm(request.POST if request.method == "POST" and "choose" not in request.POST else None, field=field, user=request.user)
    if form.is_bound and form.is_valid():
        bulk.choose(bulk=found, field=field.key, value=form.encoded)
        return redirect("records:bulk_detail", found.pk)
    names = {"fields": fields, "chosen": field, "form": form, "total": bulk.selected(found, timezone.now()).count()}
    status = 422 if form.is_bound else 200
    return render(request, "records/bulk_choose.html", _frame(found) | names, status=status)


def _outcome(request: Request, found: BulkChange) -> HttpResponse:
    states = ("kept",) if found.state in ("undoing", "undone") else ("left",)
    left = found.items.filter(state__in=states).select_related(found.kind).order_by("pk")
    context = _frame(found) | {
        "left": left[:LEFT_SHOWN],
        "left_total": left.count(),
        "worked": _worked(found),
        "to_do": found.changed_count if found.state in ("undoing", "undone") else found.total,
        "may_undo": found.state == BulkChange.State.DONE and found.verb != BulkChange.Verb.DELETE and found.changed_count,
    }
    return page_or_fragment(request, "records/bulk_detail.html", "records/_bulk_outcome.html", context)


def _worked(found: BulkChange) -> int:
    """How many rows have been looked at so far."""
    if found.state in ("undoing", "undone"):
        return found.changed_count - found.items.filter(state="changed").count()
    return found.changed_count + found.left_count


@require_POST
@needs(Permission.BULK_EDIT)
def bulk_run(request: Request, pk: int) -> HttpResponse:
    """Do it: few rows at once, many by the worker."""
    found = find(BulkChange, request, pk)
    if found.verb == BulkChange.Verb.DELETE and not confirms(request.POST.get("confirmation", ""), found, timezone.now()):
        context = _frame(found) | {"preview": bulk.preview(found, timezone.now()), "is_unconfirmed": True}
        return render(request, "records/bulk_preview.html", context, status=422)
    try:
        begun = bulk.start(bulk=found, now=timezone.now())
    except bulk.CannotChange:
        return redirect("records:bulk_detail", pk)
    return _go_on(begun, begun.total, found.next or address(found.kind))


@require_POST
@needs(Permission.BULK_EDIT)
def bulk_undo(request: Request, pk: int) -> HttpResponse:
    """Give each record back what it held, unless it was changed since."""
    found = find(BulkChange, request, pk)
    try:
        begun = bulk.undo(bulk=found, now=timezone.now())
    except bulk.CannotChange:
        return redirect("records:bulk_detail", pk)
    return _go_on(begun, begun.changed_count, back(request, reverse("records:bulk_detail", args=[pk])))


def _go_on(begun: BulkChange, count: int, then: str) -> HttpResponse:
    if count > bulk.AT_ONCE:
        transaction.on_commit(tasks.wake_bulk_changes)
        return redirect("records:bulk_detail", begun.pk)
    bulk.go_on(begun.pk, clock=timezone.now)
    return redirect(then)
