"""Deals: list, page, forms, won and lost."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.lib.primary_keys import primary_key
from crm.records import pipeline
from crm.records.forms import ClosingForm, DealForm
from crm.records.models import Deal, Organisation, Person
from crm.records.views import detail
from crm.records.views.listing import listing
from crm.records.views.page import Request, find, form_page, told
from crm.records.views.removal import confirm_delete


@require_safe
def deal_list(request: Request) -> HttpResponse:
    """Deals as rows: open ones, or won, lost, all."""
    return listing(request, kind="deal", page="records/deal_list.html", section="deals", tab="list")


@require_safe
def deal_detail(request: Request, pk: int) -> HttpResponse:
    """Everything about one deal."""
    deal = find(Deal, request, pk, "stage__pipeline", "organisation", "person", "owner")
    now = timezone.now()
    context = detail.context(request, deal) | {
        "section": "deals",
        "deal": deal,
        "stages": deal.stage.pipeline.stages.all(),
        "is_rotting": deal.is_rotting(now),
        "days_in_stage": deal.days_in_stage(now),
        "organisation": Organisation.objects.visible_to(request.user).filter(pk=deal.organisation_id).first(),
        "person": Person.objects.visible_to(request.user).filter(pk=deal.person_id).first(),
        "now": now,
    }
    return render(request, "records/deal_detail.html", context)


def deal_create(request: Request) -> HttpResponse:
    """Add a deal, perhaps to a stage, for a person or an organisation named in the address."""
    deal = Deal(owner=request.user)
    stages = pipeline.default_pipeline().stages
    wanted = primary_key(request.GET.get("stage", ""))
    initial = detail.prefill(request, "person", "organisation")
    initial["stage"] = stages.filter(pk=wanted).first() or stages.first()
    form = DealForm(request.POST or None, instance=deal, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        form.instance.stage = form.cleaned_data["stage"]
        saved = pipeline.create_deal(deal=form.instance, now=timezone.now(), **_links(form, request))
        return told(request, saved, _("{name} was saved.").format(name=saved.title))
    return form_page(request, "records/record_form.html", {"section": "deals", "form": form, "record": None, "kind": "deal"})


def deal_edit(request: Request, pk: int) -> HttpResponse:
    deal = find(Deal, request, pk)
    form = DealForm(request.POST or None, instance=deal, user=request.user)
    if request.method == "POST" and form.is_valid():
        saved = pipeline.change_deal(deal=form.instance, to=form.wanted_stage, now=timezone.now(), **_links(form, request))
        return told(request, saved, _("{name} was saved.").format(name=saved.title))
    return form_page(request, "records/record_form.html", {"section": "deals", "form": form, "record": deal, "kind": "deal"})


def _links(form: DealForm, request: Request) -> dict[str, Any]:
    return {"organisation": form.cleaned_data["organisation"], "person": form.cleaned_data["person"], "actor": request.user}


def deal_delete(request: Request, pk: int) -> HttpResponse:
    return confirm_delete(request, find(Deal, request, pk), then="records:deal_board", section="deals")


@require_POST
def deal_win(request: Request, pk: int) -> HttpResponse:
    return _close(request, find(Deal, request, pk), pipeline.win_deal, _("Won. Well done!"))


@require_POST
def deal_lose(request: Request, pk: int) -> HttpResponse:
    return _close(request, find(Deal, request, pk), pipeline.lose_deal, _("The deal was marked as lost."))


def _close(request: Request, deal: Deal, close: Callable[..., None], sentence: str) -> HttpResponse:
    form = ClosingForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["reason"][0]))
        return redirect(deal)
    try:
        close(deal=deal, actor=request.user, now=timezone.now(), reason=form.cleaned_data["reason"])
    except pipeline.CannotMove as refusal:
        messages.error(request, str(refusal))
        return redirect(deal)
    return told(request, deal, sentence)


@require_POST
def deal_reopen(request: Request, pk: int) -> HttpResponse:
    deal = find(Deal, request, pk)
    pipeline.reopen_deal(deal=deal, actor=request.user, now=timezone.now())
    return told(request, deal, _("The deal is open again."))
