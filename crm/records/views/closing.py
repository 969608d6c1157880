"""Deals are won, lost, and opened again."""

from collections.abc import Callable

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.records import closing, pipeline
from crm.records.forms import ClosingForm
from crm.records.models import Deal
from crm.records.views.board import heads, is_script, refuse
from crm.records.views.page import Request, find_to_change, told


@require_POST
def deal_win(request: Request, pk: int) -> HttpResponse:
    """The sale is made, for a reason."""
    return _close(request, pk, closing.WON, pipeline.win_deal, _("Won. Well done!"))


@require_POST
def deal_lose(request: Request, pk: int) -> HttpResponse:
    """The sale is lost, for a reason."""
    return _close(request, pk, closing.LOST, pipeline.lose_deal, _("The deal was marked as lost."))


def _close(request: Request, pk: int, outcome: str, close: Callable[..., None], sentence: str) -> HttpResponse:
    deal = find_to_change(Deal, request, pk, "stage__pipeline")
    form = ClosingForm(request.POST, outcome=outcome)
    if not form.is_valid():
        return refuse(request, deal, form.mistake, status=422)
    try:
        close(deal=deal, actor=request.user, now=timezone.now(), reason=form.cleaned_data["words"])
    except pipeline.CannotMove as refusal:
        return refuse(request, deal, str(refusal), status=409)
    if is_script(request):
        return JsonResponse({"told": sentence, **heads(request, deal.stage.pipeline)})
    return told(request, deal, sentence)


@require_POST
def deal_reopen(request: Request, pk: int) -> HttpResponse:
    """Back onto the board."""
    deal = find_to_change(Deal, request, pk)
    pipeline.reopen_deal(deal=deal, actor=request.user, now=timezone.now())
    return told(request, deal, _("The deal is open again."))
