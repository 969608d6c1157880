"""What all views of records share: the signed-in request, finding through the user, pages of a list, fragments."""

from typing import Any, TypeVar

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import trigger_client_event
from django_htmx.middleware import HtmxDetails

from crm.accounts.models import User
from crm.accounts.permissions import Permission

ROWS = 50
CHANGED = "records:changed"  # client event: timelines and lists of the page fetch themselves anew

AnyModel = TypeVar("AnyModel", bound=Model)


class Request(HttpRequest):
    """A request of somebody signed in: every page needs that by default."""

    user: User
    htmx: HtmxDetails


def find(model: type[AnyModel], request: Request, pk: int, *related: str) -> AnyModel:
    """The object through the user's eyes, with `related` ones; what they may not see does not exist (404)."""
    visible: QuerySet[AnyModel] = model.objects.visible_to(request.user)  # type: ignore[attr-defined]
    return get_object_or_404(visible.select_related(*related) if related else visible, pk=pk)


def find_to_change(model: type[AnyModel], request: Request, pk: int, *related: str) -> AnyModel:
    """The object, if the user may change it; 404 otherwise."""
    changeable: QuerySet[AnyModel] = model.objects.changeable_by(request.user)  # type: ignore[attr-defined]
    return get_object_or_404(changeable.select_related(*related) if related else changeable, pk=pk)


def find_open_to_change(model: type[AnyModel], request: Request, pk: int, *related: str) -> AnyModel:
    """The same, but no lead that was converted: it stays as it was then."""
    found = find_to_change(model, request, pk, *related)
    if getattr(found, "converted_at", None):
        raise Http404
    return found


def find_to_delete(model: type[AnyModel], request: Request, pk: int, *related: str) -> AnyModel:
    """The object, if the user may change it and their role may delete; 404 otherwise."""
    if not request.user.may(Permission.DELETE):
        raise Http404
    return find_to_change(model, request, pk, *related)


def rows(request: Request, queryset: QuerySet[Any], size: int = ROWS) -> Page[Any]:
    """The page of a list that `?page=` names; nonsense gives the nearest one."""
    return Paginator(queryset, size).get_page(request.GET.get("page"))


def wants_fragment(request: Request) -> bool:
    """htmx asks for a piece, and not to restore a page from history."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def page_or_fragment(request: Request, page: str, fragment: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or for htmx the piece that changes."""
    response = render(request, fragment if wants_fragment(request) else page, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def form_page(request: Request, template: str, context: dict[str, Any]) -> HttpResponse:
    """A form; 422 when it came back with faults."""
    form = context["form"]
    return render(request, template, context, status=422 if form.is_bound and not form.is_valid() else 200)


def told(request: Request, to: Any, sentence: str) -> HttpResponseRedirect:
    """Go to a record or an address and say what was done."""
    messages.success(request, sentence)
    return redirect(to)


def back(request: Request, otherwise: str) -> str:
    """The address in `next`, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if safe else otherwise


def changed(response: HttpResponse, toast: str = "") -> HttpResponse:
    """Let the other pieces of the page know that something of the record changed, and perhaps say what."""
    trigger_client_event(response, CHANGED)
    return trigger_client_event(response, "toast", {"value": toast}) if toast else response
