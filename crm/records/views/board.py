"""The pipeline board and the moves on it."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.records import board, pipeline
from crm.records.forms import MoveForm
from crm.records.lists import looking
from crm.records.models import Deal, Pipeline, Stage
from crm.records.views import listing
from crm.records.views.page import Request, back, find, page_or_fragment


@require_safe
def deal_board(request: Request) -> HttpResponse:
    """A column per stage; `?filter=` or `?list=` leaves those that fit, `?owner=me` the user's own deals."""
    only_mine = request.GET.get("owner") == "me"
    shown, look = pipeline.default_pipeline(), listing.look(request, "deal")
    columns = board.columns(shown, request.user, now=timezone.now(), only_mine=only_mine, deals=look.records())
    context = {
        **listing.bar(request, look),
        "is_board": True,
        "section": "deals",
        "tab": "board",
        "columns": columns,
        "only_mine": only_mine,
        "is_empty": not any(column.count for column in columns),
    }
    return page_or_fragment(request, "records/deal_board.html", "records/_board.html", context)


@require_POST
def deal_move(request: Request, pk: int) -> HttpResponse:
    """Put a deal into a stage. A script gets the new heads of the columns as JSON, a plain form goes back to its page."""
    deal = find(Deal, request, pk)
    form = MoveForm(request.POST, user=request.user)
    if not form.is_valid():
        return _refuse(request, deal, _("This stage does not exist any more. Reload the page."), status=422)
    to: Stage = form.cleaned_data["stage"]
    try:
        moved = pipeline.move_deal(
            deal=deal, to=to, after=form.cleaned_data["after"], seen_in=form.cleaned_data["seen_in"], actor=request.user, now=timezone.now()
        )
    except pipeline.CannotMove as refusal:
        return _refuse(request, deal, str(refusal), status=409)
    if _is_script(request):
        return JsonResponse({"stage": moved.stage_id, "columns": _heads(request, to.pipeline)})
    messages.success(request, _("Moved to {stage}.").format(stage=to.name))
    return redirect(back(request, deal.get_absolute_url()))


def _is_script(request: Request) -> bool:
    return request.accepts("application/json") and not request.accepts("text/html")


def _refuse(request: Request, deal: Deal, sentence: str, *, status: int) -> HttpResponse:
    if _is_script(request):
        return JsonResponse({"error": sentence}, status=status)
    messages.error(request, sentence)
    return redirect(back(request, deal.get_absolute_url()))


def _heads(request: Request, of: Pipeline) -> dict[int, dict[str, str | int]]:
    """Count and sum of every column, as the board's filter has them."""
    look = looking.look({"filter": request.POST.get("filter", "")}, kind="deal", user=request.user, now=timezone.now())
    only_mine = request.POST.get("owner") == "me"
    columns = board.columns(of, request.user, now=timezone.now(), only_mine=only_mine, deals=look.records())
    return {column.stage.pk: {"count": column.count, "sum": column.sum} for column in columns}
