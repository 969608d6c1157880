"""The pipeline board and the moves on it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import company
from crm.lib.primary_keys import primary_key
from crm.records import board, closing, pipeline
from crm.records.forms import MoveForm
from crm.records.lists import looking
from crm.records.models import Deal, OwnedQuerySet, Pipeline, Stage
from crm.records.views import listing
from crm.records.views.page import Request, back, find_to_change, page_or_fragment

CHOSEN = "pipeline"  # in the session: the pipeline whose board the user looked at last


@require_safe
def deal_board(request: Request) -> HttpResponse:
    """A column per stage of the pipeline in `?pipeline=`; `?filter=` or `?list=` leaves those that fit, `?owner=me` the user's own."""
    shown, look = chosen_pipeline(request), listing.look(request, "deal")
    columns = board.columns(shown, request.user, now=timezone.now(), deals=shown_deals(request, look))
    context = {
        **listing.bar(request, look),
        "is_board": True,
        "section": "deals",
        "tab": "board",
        "columns": columns,
        "totals": board.totals(columns),
        "pipeline": shown,
        "pipelines": Pipeline.objects.all(),
        "only_mine": request.GET.get("owner") == "me",
        "is_empty": not any(column.count for column in columns),
        **closing_context(),
    }
    return page_or_fragment(request, "records/deal_board.html", "records/_board.html", context)


def chosen_pipeline(request: Request) -> Pipeline:
    """The one in the address, which is remembered; else the one looked at last; else the first."""
    wanted = primary_key(request.GET.get("pipeline", ""))
    for pk in (wanted, request.session.get(CHOSEN)):
        found = Pipeline.objects.filter(pk=pk).first() if pk else None
        if found is not None:
            if request.session.get(CHOSEN) != found.pk:
                request.session[CHOSEN] = found.pk
            return found
    return pipeline.default_pipeline()


def shown_deals(request: Request, look: looking.Look) -> OwnedQuerySet:
    """The deals that the board is narrowed to by its address; a script that moves one asks with the same address."""
    deals: OwnedQuerySet = look.records()
    return deals.filter(owner=request.user) if request.GET.get("owner") == "me" else deals


def closing_context() -> dict[str, Any]:
    """What the forms for won and lost deals offer."""
    settings = company()
    return {
        "won_reasons": closing.reasons(closing.WON),
        "lost_reasons": closing.reasons(closing.LOST),
        "needs_won_reason": settings.needs_won_reason,
        "needs_lost_reason": settings.needs_lost_reason,
    }


@require_POST
def deal_move(request: Request, pk: int) -> HttpResponse:
    """Put a deal into a stage. A script gets the new heads of the columns as JSON, a plain form goes back to its page."""
    deal = find_to_change(Deal, request, pk, "stage")
    form = MoveForm(request.POST, user=request.user)
    if not form.is_valid():
        return refuse(request, deal, _("This stage does not exist any more. Reload the page."), status=422)
    to: Stage = form.cleaned_data["stage"]
    try:
        moved = pipeline.move_deal(
            deal=deal, to=to, after=form.cleaned_data["after"], seen_in=form.cleaned_data["seen_in"], actor=request.user, now=timezone.now()
        )
    except pipeline.CannotMove as refusal:
        return refuse(request, deal, str(refusal), status=409)
    if is_script(request):
        return JsonResponse({"stage": moved.stage_id, **heads(request, deal.stage.pipeline)})
    messages.success(request, _("Moved to {stage}.").format(stage=to.name))
    return redirect(back(request, deal.get_absolute_url()))


def is_script(request: Request) -> bool:
    """Whether the board's script asks, which wants JSON."""
    return request.accepts("application/json") and not request.accepts("text/html")


def refuse(request: Request, deal: Deal, sentence: str, *, status: int) -> HttpResponse:
    """Say why not: to a script at once, else on the page to which it goes back."""
    if is_script(request):
        return JsonResponse({"error": sentence}, status=status)
    messages.error(request, sentence)
    return redirect(back(request, deal.get_absolute_url()))


def heads(request: Request, of: Pipeline) -> dict[str, Any]:
    """Totals of every column and of the whole board, as its filters have them."""
    columns = board.columns(of, request.user, now=timezone.now(), deals=shown_deals(request, listing.look(request, "deal")))
    return {
        "columns": {column.stage.pk: column.totals.as_words() for column in columns},
        "total": board.totals(columns).as_words(),
    }
