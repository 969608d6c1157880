"""Organisations: list, page, forms."""

from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.accounts.models import User
from crm.records import contacts
from crm.records.forms import OrganisationForm
from crm.records.models import Deal, Organisation, OwnedQuerySet, Person
from crm.records.views import detail
from crm.records.views.contacts import find_or_survivor, reach, saved_page
from crm.records.views.page import Request, find_to_change, find_to_delete, form_page, page_or_fragment, rows
from crm.records.views.removal import confirm_delete
from crm.records.views.sorting import sorted_by

SORTS = {"name": "name", "domain": "domain", "people": "people_count", "deals": "deal_count", "added": "created_at"}


def _counted(related: OwnedQuerySet) -> Coalesce:
    """How many of the related records point at the organisation of the outer query."""
    counts: QuerySet[Any, Any] = related.filter(organisation=OuterRef("pk")).order_by().values("organisation")
    return Coalesce(Subquery(counts.annotate(number=Count("pk")).values("number")), 0)


def with_counts(organisations: OwnedQuerySet, user: User) -> OwnedQuerySet:
    """Adds `people_count` and `deal_count` (open ones), of what the user sees."""
    counted: OwnedQuerySet = organisations.annotate(
        people_count=_counted(Person.objects.visible_to(user)),
        deal_count=_counted(Deal.objects.visible_to(user).filter(status=Deal.Status.OPEN)),
    )
    return counted


@require_safe
def organisation_list(request: Request) -> HttpResponse:
    """The companies."""
    query = request.GET.get("q", "").strip()
    organisations = with_counts(Organisation.objects.visible_to(request.user).select_related("owner"), request.user)
    found, sort = sorted_by(organisations.search(query), request.GET.get("sort", ""), SORTS)
    context = {"section": "contacts", "tab": "organisations", "page": rows(request, found), "query": query, "sort": sort}
    return page_or_fragment(request, "records/organisation_list.html", "records/_organisation_table.html", context)


@require_safe
def organisation_detail(request: Request, pk: int) -> HttpResponse:
    """Everything about one company: its people, deals and what happened with them."""
    organisation = find_or_survivor(Organisation, request, pk, "owner")
    if organisation.pk != pk:
        return redirect(organisation)
    context = (
        detail.context(request, organisation)
        | reach(organisation)
        | {
            "section": "contacts",
            "organisation": organisation,
            "people": organisation.people.visible_to(request.user).by_name()[: detail.ASIDE],
            "people_count": organisation.people.visible_to(request.user).count(),
            "deals": organisation.deals.visible_to(request.user)
            .select_related("stage", "person")
            .order_by("-status", "-updated_at")[: detail.ASIDE],
            "now": timezone.now(),
        }
    )
    return render(request, "records/organisation_detail.html", context)


def organisation_create(request: Request) -> HttpResponse:
    return _edit(request, Organisation(owner=request.user, visibility=request.user.default_visibility))


def organisation_edit(request: Request, pk: int) -> HttpResponse:
    return _edit(request, find_to_change(Organisation, request, pk, "owner__team"))


def _edit(request: Request, organisation: Organisation) -> HttpResponse:
    form = OrganisationForm(request.POST or None, instance=organisation, user=request.user)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = contacts.save_organisation(organisation=form.instance, actor=request.user, now=timezone.now(), values=form.values)
            form.keep_custom(saved, now=timezone.now())
        return saved_page(request, saved, otherwise="records:organisation_list")
    context = {"section": "contacts", "form": form, "record": organisation if organisation.pk else None, "kind": "organisation"}
    return form_page(request, "records/contact_form.html", context)


def organisation_delete(request: Request, pk: int) -> HttpResponse:
    return confirm_delete(request, find_to_delete(Organisation, request, pk), then="records:organisation_list", section="contacts")
