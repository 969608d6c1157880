"""Suggestions for pick fields."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.lib.primary_keys import primary_key
from crm.records.contacts import same_email
from crm.records.models import Deal, OwnedQuerySet, Person
from crm.records.picking import KINDS
from crm.records.views.page import Request

SUGGESTIONS = 8
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
    found: OwnedQuerySet = KINDS[kind].objects.visible_to(request.user).search(text).order_by(ORDER[kind], "pk")
    records = list(found[:SUGGESTIONS])
    options = [{"pk": record.pk, "name": str(record), "hint": _hint(record)} for record in records]
    is_known = any(option["name"].casefold() == text.casefold() for option in options)
    may_create = request.GET.get("create") == "1" and bool(text) and not is_known
    return render(request, "records/_pick_options.html", {"options": options, "text": text, "may_create": may_create})


@require_safe
def person_duplicates(request: Request) -> HttpResponse:
    """A hint while an address is typed: who has it already."""
    besides = primary_key(request.GET.get("besides", ""))
    known = Person.objects.visible_to(request.user).filter(pk=besides).first()
    duplicates = same_email(request.user, request.GET.get("email", "").strip(), besides=known)
    return render(request, "records/_duplicates.html", {"duplicates": duplicates})
