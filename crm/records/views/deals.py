"""Deals: list, page, forms, and who takes part."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import company
from crm.lib.primary_keys import primary_key
from crm.records import pipeline
from crm.records.forms import DealForm, ParticipantForm
from crm.records.models import Deal, Lead, Organisation, Person, Stage
from crm.records.views import detail
from crm.records.views.board import chosen_pipeline, closing_context
from crm.records.views.listing import listing
from crm.records.views.page import Request, changed, find, find_to_change, find_to_delete, form_page, told
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
        "other_stages": other_stages(deal),
        "is_rotting": deal.is_rotting(now),
        "days_in_stage": deal.days_in_stage(now),
        "organisation": Organisation.objects.visible_to(request.user).filter(pk=deal.organisation_id).first(),
        "person": Person.objects.visible_to(request.user).filter(pk=deal.person_id).first(),
        "lead": Lead.objects.visible_to(request.user).filter(deal=deal).first(),
        "now": now,
        **_participants(request, deal),
        **closing_context(),
    }
    return render(request, "records/deal_detail.html", context)


def other_stages(deal: Deal) -> list[Stage]:
    """Those of the other pipelines, in order."""
    found = Stage.objects.exclude(pipeline=deal.stage.pipeline_id).select_related("pipeline")
    return list(found.order_by("pipeline__position", "pipeline", "position", "pk"))


def deal_create(request: Request) -> HttpResponse:
    """Add a deal, perhaps to a stage, for a person or an organisation named in the address."""
    user = request.user
    deal = Deal(owner=user, currency=company().currency, visibility=user.default_visibility)
    wanted = primary_key(request.GET.get("stage", ""))
    initial = detail.prefill(request, "person", "organisation")
    initial["stage"] = Stage.objects.filter(pk=wanted).first() or chosen_pipeline(request).stages.first()
    form = DealForm(request.POST or None, instance=deal, user=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        form.instance.stage = form.cleaned_data["stage"]
        links = _links(form, request)
        with transaction.atomic():
            saved = pipeline.create_deal(deal=form.instance, now=timezone.now(), **links | {"tags": links["tags"] or ()})
            form.keep_custom(saved, now=timezone.now())
        return _saved(request, saved)
    return form_page(request, "records/record_form.html", {"section": "deals", "form": form, "record": None, "kind": "deal"})


def deal_edit(request: Request, pk: int) -> HttpResponse:
    """Change a deal, perhaps its stage as well."""
    deal = find_to_change(Deal, request, pk, "stage")
    form = DealForm(request.POST or None, instance=deal, user=request.user)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = pipeline.change_deal(deal=form.instance, to=form.wanted_stage, now=timezone.now(), **_links(form, request))
            form.keep_custom(saved, now=timezone.now())
        return _saved(request, saved)
    return form_page(request, "records/record_form.html", {"section": "deals", "form": form, "record": deal, "kind": "deal"})


def _links(form: DealForm, request: Request) -> dict[str, Any]:
    given = {name: form.cleaned_data[name] for name in ("organisation", "person", "participants")}
    return {**given, "tags": form.tags_chosen, "actor": request.user}


def _saved(request: Request, deal: Deal) -> HttpResponse:
    """To its page, or to the board where it was just handed to somebody whose deals the user does not see."""
    is_seen = Deal.objects.visible_to(request.user).filter(pk=deal.pk).exists()
    return told(request, deal if is_seen else "records:deal_board", _("{name} was saved.").format(name=deal.title))


def deal_delete(request: Request, pk: int) -> HttpResponse:
    """Ask, then delete."""
    return confirm_delete(request, find_to_delete(Deal, request, pk), then="records:deal_board", section="deals")


@require_POST
def deal_participants(request: Request, pk: int) -> HttpResponse:
    """Add the person picked by name, or take the one in `remove` out."""
    deal = find_to_change(Deal, request, pk)
    people, form = list(deal.participants.all()), None
    if removed := primary_key(request.POST.get("remove", "")):
        people = [person for person in people if person.pk != removed]
    else:
        form = ParticipantForm(request.POST, user=request.user)
        people += [form.cleaned_data["person"]] if form.is_valid() else []
    if form is None or form.is_valid():
        pipeline.change_participants(deal=deal, participants=people, actor=request.user, now=timezone.now())
        form = None
    if not request.htmx:
        return redirect(deal)
    context = {"deal": deal, "may_change": True, **_participants(request, deal, form)}
    response = render(request, "records/_participants_aside.html", context, status=422 if form else 200)
    return response if form else changed(response)


def _participants(request: Request, deal: Deal, form: ParticipantForm | None = None) -> dict[str, Any]:
    """The people of a deal whom the user may see, how many more there are, and the form for one more."""
    people = list(deal.participants.order_by("name", "pk"))
    seen = set(Person.objects.visible_to(request.user).filter(pk__in=[person.pk for person in people]).values_list("pk", flat=True))
    return {
        "participants": [person for person in people if person.pk in seen],
        "hidden_participants": len(people) - len(seen),
        "composer_url": detail.mail_address("mail:composer"),
        "participant_form": form or ParticipantForm(user=request.user),
    }
