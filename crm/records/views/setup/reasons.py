"""Reasons for winning and losing deals, for administrators."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import company
from crm.accounts.permissions import Permission
from crm.accounts.requests import needs
from crm.records.forms.setup import ReasonForm
from crm.records.models import ClosingReason
from crm.records.setup import reasons
from crm.records.views.page import Request, told
from crm.records.views.setup.page import ask, frame, posted, put_in_order

PAGE = "reasons"
LIST = reverse_lazy("records:reason_list")
manages = needs(Permission.MANAGE_PIPELINES)


@require_safe
@manages
def reason_list(request: Request) -> HttpResponse:
    """Both lists, and whether a reason has to be given."""
    found, rules = list(ClosingReason.objects.all()), company()
    needed = {ClosingReason.Outcome.WON: rules.needs_won_reason, ClosingReason.Outcome.LOST: rules.needs_lost_reason}
    groups = [
        {"outcome": outcome, "is_needed": needed[outcome], "reasons": [reason for reason in found if reason.outcome == outcome]}
        for outcome in ClosingReason.Outcome
    ]
    return render(request, "records/setup/reason_list.html", {**frame(PAGE), "groups": groups})


@manages
def reason_create(request: Request, outcome: str) -> HttpResponse:
    """Add a reason for won or for lost deals."""
    if outcome not in ClosingReason.Outcome.values:
        raise Http404
    title = _("New reason for won deals") if outcome == ClosingReason.Outcome.WON else _("New reason for lost deals")
    return _edit(request, ClosingReason(outcome=outcome), title)


@manages
def reason_edit(request: Request, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(ClosingReason, pk=pk), _("Rename a reason"))


def _edit(request: Request, reason: ClosingReason, title: str) -> HttpResponse:
    form = ReasonForm(posted(request), instance=reason)
    if request.method == "POST" and form.is_valid():
        saved = reasons.save_reason(reason=form.instance, actor=request.user)
        return told(request, LIST, _("{name} was saved.").format(name=saved.name))
    return ask(request, PAGE, title=title, form=form, cancel=LIST)


@manages
def reason_delete(request: Request, pk: int) -> HttpResponse:
    """Offer a reason no more."""
    reason = get_object_or_404(ClosingReason, pk=pk)
    if request.method == "POST":
        reasons.delete_reason(reason=reason, actor=request.user)
        return told(request, LIST, _("{name} was deleted.").format(name=reason.name))
    title = _("Delete the reason “{name}”?").format(name=reason.name)
    sentences = [_("It is offered no more. Deals that were closed with it keep these words.")]
    return ask(request, PAGE, title=title, sentences=sentences, cancel=LIST, button=_("Delete"), is_danger=True)


@require_POST
@manages
def reason_order(request: Request, outcome: str) -> HttpResponse:
    """A reason was moved up, down or dragged."""
    about = _("reasons for won deals") if outcome == ClosingReason.Outcome.WON else _("reasons for lost deals")
    return put_in_order(request, ClosingReason.objects.filter(outcome=outcome), about, LIST)
