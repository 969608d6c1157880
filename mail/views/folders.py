"""The Mail tab: folders, their lists and filters; and the same rows on the detail pages."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.lib import heartbeat
from mail import asking, lists
from mail.listing import SEARCH, Listing
from mail.models import Account, Message
from mail.views.changes import last_change


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
    user = signed_in(request)
    listing = Listing.from_query(request.GET, folder=folder)
    page = lists.folder_page(user=user, folder=folder, filters=listing.filters, before=request.GET.get("before", ""))
    return _list_page(request, {**_list_context(request, user, listing, page), "folder_label": Message.Folder(folder).label})


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What of the user's own mail fits the words in `q`, in all folders but the trash."""
    user = signed_in(request)
    listing = Listing.from_query(request.GET, folder=SEARCH)
    asked = asking.read(listing.words, user=user, filters=tuple(lists.FILTERS))
    page = lists.search_page(user=user, asked=asked, filters=listing.filters, before=request.GET.get("before", ""))
    context = _list_context(request, user, listing, page)
    return _list_page(request, {**context, "folder_label": _("Search"), "asked": asked})


def _list_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    if request.GET.get("before") and is_fragment(request):
        template = "mail/_rows.html"
    else:
        template = "mail/_folder.html" if is_fragment(request) else "mail/folder.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def is_fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")


def _list_context(request: HttpRequest, user: User, listing: Listing, page: lists.Page) -> dict[str, Any]:
    options = _filter_options(listing)
    return {
        "section": "mail",
        "folder": listing.folder,
        "listing": listing,
        "folders": folder_links(user),
        "filters": options,
        "active_filters": [option for option in options if option.is_active],
        "is_filter_open": "menu" in request.GET,
        "page": page,
        "older_url": listing.query(before=page.older),
        "has_account": Account.objects.visible_to(user).exists(),
        "is_worker_alive": heartbeat.is_alive(),
        "undoable": last_change(request, user),
        "trash_days": settings.TRASH_DAYS,
    }


def folder_links(user: User) -> list[dict[str, Any]]:
    """The column of folders with what waits in each."""
    counts = lists.folder_counts(user)
    return [{"key": key, "label": key.label, "count": counts.get(key, 0)} for key in lists.FOLDERS]


def _filter_options(listing: Listing) -> list[FilterOption]:
    return [
        FilterOption(key=key, label=label, is_active=key in listing.filters, url=listing.toggled(key).query() or "?")
        for key, label in lists.FILTERS.items()
    ]
