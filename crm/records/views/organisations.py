"""Organisations: list, page, forms."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.records import contacts
from crm.records.forms import OrganisationForm
from crm.records.models import Organisation
from crm.records.views import detail
from crm.records.views.listing import listing
from crm.records.views.page import Request, find, form_page, told
from crm.records.views.removal import confirm_delete


@require_safe
def organisation_list(request: Request) -> HttpResponse:
    """The companies."""
    return listing(request, kind="organisation", page="records/organisation_list.html", section="contacts", tab="organisations")


@require_safe
def organisation_detail(request: Request, pk: int) -> HttpResponse:
    """Everything about one company: its people, deals and what happened with them."""
    organisation = find(Organisation, request, pk, "owner")
    context = detail.context(request, organisation) | {
        "section": "contacts",
        "organisation": organisation,
        "people": organisation.people.visible_to(request.user).by_name()[: detail.ASIDE],
        "people_count": organisation.people.visible_to(request.user).count(),
        "deals": organisation.deals.visible_to(request.user)
        .select_related("stage", "person")
        .order_by("-status", "-updated_at")[: detail.ASIDE],
        "now": timezone.now(),
    }
    return render(request, "records/organisation_detail.html", context)


def organisation_create(request: Request) -> HttpResponse:
    return _edit(request, Organisation(owner=request.user))


def organisation_edit(request: Request, pk: int) -> HttpResponse:
    return _edit(request, find(Organisation, request, pk))


def _edit(request: Request, organisation: Organisation) -> HttpResponse:
    form = OrganisationForm(request.POST or None, instance=organisation, user=request.user)
    if request.method == "POST" and form.is_valid():
        saved = contacts.save_organisation(organisation=form.instance, actor=request.user, now=timezone.now())
        return told(request, saved, _("{name} was saved.").format(name=saved.name))
    context = {"section": "contacts", "form": form, "record": organisation if organisation.pk else None, "kind": "organisation"}
    return form_page(request, "records/record_form.html", context)


def organisation_delete(request: Request, pk: int) -> HttpResponse:
    return confirm_delete(request, find(Organisation, request, pk), then="records:organisation_list", section="contacts")
