"""The page of a list, for each kind of record, and how its columns are chosen and its filter is built."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.permissions import Permission
from crm.records.lists import columns, filters, looking, saved, wording
from crm.records.lists.looking import Look
from crm.records.models import RECORDS, BulkChange
from crm.records.views.page import Request, back, page_or_fragment

RECENT = timedelta(minutes=2)  # so long the list offers to undo what was just done
PAGES = {"person": "person_list", "organisation": "organisation_list", "deal": "deal_list", "lead": "lead_list"}


def address(kind: str, **parameters: Any) -> str:
    """Where the list of a kind of record is, perhaps looked at in a certain way."""
    given = {name: value for name, value in parameters.items() if value not in ("", None)}
    return reverse(f"records:{PAGES[kind]}") + (f"?{urlencode(given)}" if given else "")


def checked(kind: str) -> str:
    """A kind of record that an address names; 404 for any other."""
    if kind not in RECORDS:
        raise Http404
    return kind


def look(request: Request, kind: str) -> Look:
    return looking.look(request.GET, kind=kind, user=request.user, now=timezone.now())


def listing(request: Request, *, kind: str, page: str, **more: Any) -> HttpResponse:
    """The list of a kind of record: `page` is the template around `records/_list.html`, `more` what it needs besides."""
    seen = look(request, kind)
    found = seen.page(request.GET.get("page"))
    context = {**bar(request, seen), **more, "page": found, "selectable": request.user.may(Permission.BULK_EDIT)}
    return page_or_fragment(request, page, "records/_list.html", context)


def bar(request: Request, seen: Look) -> dict[str, Any]:
    """What the bar above a list or a board shows: saved lists, the filter in words, columns."""
    user = request.user
    lists = saved.listed(seen.kind, user)
    return {
        "kind": seen.kind,
        "look": seen,
        "query": seen.query,
        "sort": seen.sort,
        "status": seen.status,
        "statuses": seen.statuses,
        "chips": wording.chips(seen.tree, user),
        "own_lists": [one for one in lists if one.owner_id == user.pk],
        "shared_lists": [one for one in lists if one.owner_id != user.pk],
        "default_list": saved.default(seen.kind, user),
        "addable": [column for column in seen.known.values() if not column.is_filter and column not in seen.columns],
        "may_export": user.may(Permission.EXPORT),
        "may_share": user.may(Permission.SHARE_LISTS),
        "may_delete": user.may(Permission.DELETE),
        "recent_bulk": _recent(user, seen.kind),
    }


def _recent(user: Any, kind: str) -> BulkChange | None:
    """The change of many records that was just made, so that it can be undone from the list."""
    since = timezone.now() - RECENT
    done = BulkChange.objects.visible_to(user).filter(kind=kind, finished_at__gte=since).exclude(state="chosen")
    found: BulkChange | None = done.first()
    return found


@require_safe
def list_builder(request: Request, kind: str) -> HttpResponse:
    """What the builder of filters offers, as JSON."""
    try:
        tree = filters.read(request.GET.get("filter", ""), kind=checked(kind))
    except filters.BadFilter:
        tree = None
    return JsonResponse(wording.description(kind, request.user, tree))


@require_safe
def list_check(request: Request, kind: str) -> HttpResponse:
    """Whether a filter makes sense, and how many records fit: asked while it is being built."""
    seen = look(request, checked(kind))
    return JsonResponse({"fault": seen.fault, "count": 0 if seen.fault else seen.records().count(), "filter": seen.filter})


@require_POST
def list_columns(request: Request, kind: str) -> HttpResponse:
    """Keep the columns that were ticked, in their order. In a saved list they are part of the address until it is saved."""
    known = columns.known(checked(kind))
    keys = [key for key in request.POST.getlist("column") if key in known]
    if "shipped" in request.POST:
        keys = []
    wanted = request.POST.get("list", "")
    if wanted:
        return redirect(_with(back(request, address(kind)), columns=",".join(keys or columns.SHIPPED[kind])))
    columns.remember(user=request.user, kind=kind, keys=keys)
    return redirect(back(request, address(kind)))


def _with(url: str, **changes: str) -> str:
    """An address of ours with some parameters set."""
    path, _mark, query = url.partition("?")
    parameters = QueryDict(query, mutable=True)
    for name, value in changes.items():
        parameters[name] = value
    return f"{path}?{parameters.urlencode()}"
