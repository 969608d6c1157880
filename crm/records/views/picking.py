"""Suggestions for pick fields."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.lib.primary_keys import primary_key
from crm.records import duplicates
from crm.records.models import Deal, OwnedQuerySet
from crm.records.picking import KINDS
from crm.records.views.page import Request

SUGGESTIONS = 8
MOST_TYPED = 20  # addresses and numbers
ORDER = {"person": "name", "organisation": "name", "deal": "title", "lead": "title"}


def _hint(record: object) -> str:
    """What tells records of one name apart."""
    for field in ("email", "domain"):
        if value := getattr(record, field, ""):
            return str(value)
    return _("closed") if isinstance(record, Deal) and not record.is_open else ""


@require_safe
def pick(request: Request, kind: str) -> HttpResponse:
    """Options for what was typed so far, the closest first."""
    if kind not in KINDS:
        raise Http404
    text = " ".join(request.GET.get("q", "").split())
    found: OwnedQuerySet = KINDS[kind].objects.visible_to(request.user).current().search(text).order_by(ORDER[kind], "pk")
    records = list(found[:SUGGESTIONS])
    options = [{"pk": record.pk, "name": str(record), "hint": _hint(record)} for record in records]
    is_known = any(option["name"].casefold() == text.casefold() for option in options)
    may_create = request.GET.get("create") == "1" and bool(text) and not is_known
    return render(request, "records/_pick_options.html", {"options": options, "text": text, "may_create": may_create})


@require_safe
def person_duplicates(request: Request) -> HttpResponse:
    """A hint while a contact is typed: who may be the same."""
    typed, besides = request.GET, primary_key(request.GET.get("besides", ""))
    found = duplicates.of_person(
        request.user,
        name=typed.get("name", ""),
        emails=typed.getlist("email")[:MOST_TYPED],
        phones=typed.getlist("phone")[:MOST_TYPED],
        organisation=typed.get("organisation", ""),
        besides=besides,
    )
    return render(request, "records/_duplicates.html", {"matches": found})


@require_safe
def organisation_duplicates(request: Request) -> HttpResponse:
    """The same for an organisation."""
    typed, besides = request.GET, primary_key(request.GET.get("besides", ""))
    found = duplicates.of_organisation(
        request.user,
        name=typed.get("name", ""),
        domain=typed.get("domain", ""),
        emails=typed.getlist("email")[:MOST_TYPED],
        phones=typed.getlist("phone")[:MOST_TYPED],
        besides=besides,
    )
    return render(request, "records/_duplicates.html", {"matches": found})
