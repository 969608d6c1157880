"""The Mail tab: folders, their lists and filters; and the same rows on the detail pages."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.lib import heartbeat
from crm.lib.primary_keys import primary_key
from crm.records.models import Deal, Organisation, Person
from mail import lists
from mail.models import Account, Message, Thread


@dataclass(frozen=True)
class FilterOption:
    """A line of the filter menu: where it leads when it is toggled."""

    key: str
    label: Any
    is_active: bool
    url: str


@require_safe
def folder(request: HttpRequest, folder: str) -> HttpResponse:
    """A folder: the whole page, the page's inside, its rows anew, or the next older rows."""
    if folder not in lists.FOLDERS:
        raise Http404
    context = _list_context(request, folder)
    if request.GET.get("before") and _is_fragment(request):
        template = "mail/_rows.html"
    elif _is_fragment(request):
        template = "mail/_folder.html"
    else:
        template = "mail/folder.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def panel(request: HttpRequest) -> HttpResponse:
    """The user's own mails with a person, an organisation or a deal, for its detail page."""
    user = signed_in(request)
    kind, record = _record_of(request, user)
    page = lists.record_page(user=user, record=record, before=request.GET.get("before", ""))
    query = {kind: record.pk}
    context = {"page": page, "older_url": f"?{urlencode({**query, 'before': page.older})}", "panel_query": urlencode(query)}
    template = "mail/_panel_rows.html" if request.GET.get("before") else "mail/_panel.html"
    return render(request, template, context)


@require_POST
def thread_star(request: HttpRequest, pk: int) -> HttpResponse:
    """Star a conversation, or take the star away."""
    thread = get_object_or_404(Thread.objects.visible_to(signed_in(request)), pk=pk)
    thread.is_starred = not thread.is_starred
    thread.save(update_fields=["is_starred"])
    return render(request, "mail/_star.html", {"thread": thread})


def _is_fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")


def _list_context(request: HttpRequest, folder: str) -> dict[str, Any]:
    user = signed_in(request)
    active = [name for name in lists.FILTERS if name in request.GET.getlist("is")]
    page = lists.folder_page(user=user, folder=folder, filters=active, before=request.GET.get("before", ""))
    return {
        "section": "mail",
        "folder": folder,
        "folder_label": Message.Folder(folder).label,
        "folders": folder_links(user),
        "filters": _filter_options(active),
        "active_filters": [option for option in _filter_options(active) if option.is_active],
        "is_filter_open": "menu" in request.GET,
        "page": page,
        "older_url": _query(active, before=page.older),
        "has_account": Account.objects.visible_to(user).exists(),
        "is_worker_alive": heartbeat.is_alive(),
    }


def folder_links(user: User) -> list[dict[str, Any]]:
    """The column of folders with what waits in each."""
    counts = lists.folder_counts(user)
    return [{"key": key, "label": key.label, "count": counts.get(key, 0)} for key in lists.FOLDERS]


def _filter_options(active: list[str]) -> list[FilterOption]:
    return [
        FilterOption(
            key=key,
            label=label,
            is_active=key in active,
            url=_query([name for name in lists.FILTERS if (name in active) != (name == key)]),
        )
        for key, label in lists.FILTERS.items()
    ]


def _query(active: list[str], **more: str) -> str:
    """A relative address with these filters; "?" alone takes all of them away."""
    return "?" + urlencode([("is", name) for name in active] + [(key, value) for key, value in more.items() if value])


def _record_of(request: HttpRequest, user: User) -> tuple[str, Person | Organisation | Deal]:
    """The record that the query names, as far as the user may see it."""
    for kind, model in (("person", Person), ("organisation", Organisation), ("deal", Deal)):
        value = primary_key(request.GET.get(kind, ""))
        if value:
            return kind, get_object_or_404(model.objects.visible_to(user), pk=value)
    raise Http404
