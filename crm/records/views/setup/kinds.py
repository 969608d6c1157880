"""Kinds of activities, for administrators."""

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.permissions import Permission
from crm.accounts.requests import needs
from crm.records.forms.setup import KindForm
from crm.records.models import Activity, ActivityKind
from crm.records.setup import kinds
from crm.records.views.page import Request, told
from crm.records.views.setup.page import ask, frame, posted, put_in_order

PAGE = "activity_kinds"
LIST = reverse_lazy("records:activity_kind_list")
manages = needs(Permission.MANAGE_PIPELINES)


@require_safe
@manages
def activity_kind_list(request: Request) -> HttpResponse:
    """Those that come with Candor, the company's own, and the archived ones."""
    found = list(ActivityKind.objects.annotate(is_used=Exists(Activity.objects.filter(custom_kind=OuterRef("pk")))))
    context = {
        **frame(PAGE),
        "shipped": [{"label": kind.label, "icon": icon} for kind, icon in kinds.SHIPPED],
        "rows": [kind for kind in found if kind.archived_at is None],
        "archived": [kind for kind in found if kind.archived_at],
    }
    return render(request, "records/setup/kind_list.html", context)


@manages
def activity_kind_create(request: Request) -> HttpResponse:
    return _edit(request, ActivityKind(), _("New kind of activity"))


@manages
def activity_kind_edit(request: Request, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(ActivityKind, pk=pk), _("Change a kind of activity"))


def _edit(request: Request, kind: ActivityKind, title: str) -> HttpResponse:
    form = KindForm(posted(request), instance=kind)
    if request.method == "POST" and form.is_valid():
        saved = kinds.save_kind(kind=form.instance, actor=request.user)
        return told(request, LIST, _("{name} was saved.").format(name=saved.name))
    return ask(request, PAGE, title=title, form=form, cancel=LIST)


@require_POST
@manages
def activity_kind_archive(request: Request, pk: int) -> HttpResponse:
    """Offer a kind no more, or (`restore`) again."""
    kind = get_object_or_404(ActivityKind, pk=pk)
    if request.POST.get("restore"):
        kinds.restore_kind(kind=kind, actor=request.user)
        return told(request, LIST, _("{name} is offered again.").format(name=kind.name))
    kinds.archive_kind(kind=kind, actor=request.user, now=timezone.now())
    return told(request, LIST, _("{name} is archived: it is offered no more.").format(name=kind.name))


@manages
def activity_kind_delete(request: Request, pk: int) -> HttpResponse:
    """Delete a kind that nothing is of."""
    kind = get_object_or_404(ActivityKind, pk=pk)
    if request.method == "POST":
        try:
            kinds.delete_kind(kind=kind, actor=request.user)
        except kinds.InUse as refusal:
            messages.error(request, str(refusal))
            return redirect(LIST)
        return told(request, LIST, _("{name} was deleted.").format(name=kind.name))
    title = _("Delete the kind “{name}”?").format(name=kind.name)
    return ask(request, PAGE, title=title, sentences=[_("This cannot be undone.")], cancel=LIST, button=_("Delete"), is_danger=True)


@require_POST
@manages
def activity_kind_order(request: Request) -> HttpResponse:
    """A kind was moved up, down or dragged."""
    return put_in_order(request, ActivityKind.objects.filter(archived_at=None), _("kinds of activities"), LIST)
