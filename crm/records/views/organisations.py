"""Organisations: list, page, forms."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.records import contacts
from crm.records.forms import OrganisationForm
from crm.records.models import Organisation
from crm.records.views import detail
from crm.records.views.contacts import find_or_survivor, reach, saved_page
from crm.records.views.listing import listing
from crm.records.views.page import Request, find_to_change, find_to_delete, form_page
from crm.records.views.removal import confirm_delete


@require_safe
def organisation_list(request: Request) -> HttpResponse:
    """The companies."""
    return listing(request, kind="organisation", page="records/organisation_list.html", section="contacts", tab="organisations")


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
