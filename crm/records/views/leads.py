"""The leads inbox: list, page, forms, archive, conversion."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import company
from crm.accounts.permissions import Permission
from crm.accounts.requests import needs
from crm.records import agenda, leads
from crm.records.forms.leads import ConvertForm, LeadForm, first_values
from crm.records.models import Deal, Lead, Organisation, Person
from crm.records.views import detail
from crm.records.views.board import chosen_pipeline
from crm.records.views.listing import listing
from crm.records.views.page import Request, find, find_to_change, form_page, told
from crm.records.views.removal import confirm_delete


@require_safe
def lead_list(request: Request) -> HttpResponse:
    """The inbox, the newest first; by `?status=` those archived or converted."""
    return listing(request, kind="lead", page="records/lead_list.html", section="deals", tab="leads")


@require_safe
def lead_detail(request: Request, pk: int) -> HttpResponse:
    """Everything about one lead; of a converted one to read only."""
    lead = find(Lead, request, pk, "organisation", "person", "owner", "converted_by")
    user = request.user
    context = detail.context(request, lead) | {
        "section": "deals",
        "lead": lead,
        "deal": Deal.objects.visible_to(user).filter(pk=lead.deal_id).first(),
        "person": Person.objects.visible_to(user).filter(pk=lead.person_id).first(),
        "organisation": Organisation.objects.visible_to(user).filter(pk=lead.organisation_id).first(),
        "known": None if lead.person_id or lead.converted_at else leads.known_person(lead, user),
        "may_change": not lead.converted_at and Lead.objects.changeable_by(user).filter(pk=lead.pk).exists(),
        "may_delete": user.may(Permission.DELETE) and Lead.objects.changeable_by(user).filter(pk=lead.pk).exists(),
    }
    return render(request, "records/lead_detail.html", context)


def lead_create(request: Request) -> HttpResponse:
    """Note down somebody who might buy, perhaps a person or an organisation named in the address."""
    user = request.user
    lead = Lead(owner=user, currency=company().currency, visibility=user.default_visibility)
    form = LeadForm(request.POST or None, instance=lead, user=user, initial=detail.prefill(request, "person", "organisation"))
    if request.method == "POST" and form.is_valid():
        tags = form.tags_chosen or ()
        saved = leads.create_lead(lead=form.instance, contact=form.contact, tags=tags, actor=user, now=timezone.now())
        return _saved(request, saved)
    return form_page(request, "records/record_form.html", {"section": "deals", "form": form, "record": None, "kind": "lead"})


def lead_edit(request: Request, pk: int) -> HttpResponse:
    """Change a lead that is no deal yet."""
    lead = find_to_change(Lead, request, pk)
    if lead.converted_at:
        return _refuse(request, lead)
    form = LeadForm(request.POST or None, instance=lead, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            saved = leads.change_lead(
                lead=form.instance, contact=form.contact, tags=form.tags_chosen, actor=request.user, now=timezone.now()
            )
        except leads.Converted:
            return _refuse(request, lead)
        return _saved(request, saved)
    return form_page(request, "records/record_form.html", {"section": "deals", "form": form, "record": lead, "kind": "lead"})


def _saved(request: Request, lead: Lead) -> HttpResponse:
    """To its page, or to the inbox where it was just handed to somebody whose leads the user does not see."""
    is_seen = Lead.objects.visible_to(request.user).filter(pk=lead.pk).exists()
    return told(request, lead if is_seen else "records:lead_list", _("{name} was saved.").format(name=lead.title))


def _refuse(request: Request, lead: Lead) -> HttpResponse:
    messages.error(request, _("“{lead}” has been converted already.").format(lead=lead.title))
    return redirect(lead)


@needs(Permission.DELETE)
def lead_delete(request: Request, pk: int) -> HttpResponse:
    """Ask, then delete."""
    return confirm_delete(request, find_to_change(Lead, request, pk), then="records:lead_list", section="deals")


@require_POST
def lead_archive(request: Request, pk: int) -> HttpResponse:
    """Out of the inbox (`archived=1`), or back into it (`archived=0`)."""
    lead = find_to_change(Lead, request, pk)
    is_archived = request.POST.get("archived") == "1"
    change = leads.archive_lead if is_archived else leads.restore_lead
    try:
        change(lead=lead, actor=request.user, now=timezone.now())
    except leads.Converted:
        return _refuse(request, lead)
    if is_archived:
        return told(request, "records:lead_list", _("{name} was archived.").format(name=lead.title))
    return told(request, lead, _("{name} is in the inbox again.").format(name=lead.title))


def lead_convert(request: Request, pk: int) -> HttpResponse:
    """One page with everything filled in; saving makes the deal."""
    lead = find_to_change(Lead, request, pk, "person", "organisation")
    if lead.converted_at:
        return _refuse(request, lead)
    form = _convert_form(request, lead)
    if request.method == "POST" and form.is_valid():
        form.instance.stage = form.cleaned_data["stage"]
        try:
            deal = leads.convert_lead(lead=lead, deal=form.instance, activity=form.activity, **_contact(form), **_by(request))
        except leads.Converted:
            return _refuse(request, lead)
        return _converted(request, deal)
    known = {name: form.initial[name] for name in ("person", "organisation") if not isinstance(form.initial[name], str)}
    context = {"section": "deals", "form": form, "lead": lead, "known": known}
    return form_page(request, "records/lead_convert.html", context)


def _convert_form(request: Request, lead: Lead) -> ConvertForm:
    deal = Deal(**{name: getattr(lead, name) for name in ("title", "value", "currency", "expected_close_on", "owner", "visibility")})
    initial = first_values(lead, request.user, due_at=agenda.suggested_time(timezone.now()))
    initial |= {"stage": chosen_pipeline(request).stages.first(), "owner": lead.owner_id}
    return ConvertForm(request.POST or None, instance=deal, user=request.user, lead=lead, initial=initial)


def _contact(form: ConvertForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("person", "organisation")}


def _by(request: Request) -> dict[str, Any]:
    return {"actor": request.user, "now": timezone.now()}


def _converted(request: Request, deal: Deal) -> HttpResponse:
    is_seen = Deal.objects.visible_to(request.user).filter(pk=deal.pk).exists()
    return told(request, deal if is_seen else "records:lead_list", _("{name} is a deal now.").format(name=deal.title))
