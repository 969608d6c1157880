"""Pipelines and their stages, for administrators."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.permissions import Permission
from crm.accounts.requests import needs
from crm.records.forms.setup import MoveDealsForm, PipelineForm, StageForm
from crm.records.models import Deal, Pipeline, Stage
from crm.records.pipeline import default_pipeline
from crm.records.setup import pipelines
from crm.records.views.page import Request, told
from crm.records.views.setup.page import ask, frame, posted, put_in_order

PAGE = "pipelines"
LIST = reverse_lazy("records:pipeline_list")
OPEN_DEALS = Count("stages__deals", filter=Q(stages__deals__status=Deal.Status.OPEN), distinct=True)
manages = needs(Permission.MANAGE_PIPELINES)


@require_safe
@manages
def pipeline_list(request: Request) -> HttpResponse:
    """All pipelines in their order, with their stages in few words."""
    default_pipeline()
    rows = Pipeline.objects.annotate(open_deals=OPEN_DEALS).order_by("position", "pk").prefetch_related("stages")
    return render(request, "records/setup/pipeline_list.html", {**frame(PAGE), "rows": rows})


@manages
def pipeline_create(request: Request) -> HttpResponse:
    """A new pipeline, with stages to begin with."""
    form = PipelineForm(posted(request))
    if request.method == "POST" and form.is_valid():
        added = pipelines.add_pipeline(name=form.cleaned_data["name"], like=form.cleaned_data["like"], actor=request.user)
        return told(
            request, _page_of(added), _("{name} was added. Its stages are a beginning: change them as you sell.").format(name=added.name)
        )
    return ask(request, PAGE, title=_("New pipeline"), form=form, cancel=LIST, button=_("Add"))


@manages
def pipeline_edit(request: Request, pk: int) -> HttpResponse:
    """A pipeline's name and stages."""
    pipeline = get_object_or_404(Pipeline, pk=pk)
    form = PipelineForm(posted(request), instance=Pipeline.objects.get(pk=pk))
    if request.method == "POST" and form.is_valid():
        pipelines.rename_pipeline(pipeline=pipeline, name=form.cleaned_data["name"], actor=request.user)
        return told(request, _page_of(pipeline), _("{name} was saved.").format(name=form.cleaned_data["name"]))
    deals = Count("deals", filter=Q(deals__status=Deal.Status.OPEN))
    context = {**frame(PAGE), "pipeline": pipeline, "form": form, "stages": pipeline.stages.annotate(open_deals=deals)}
    return render(request, "records/setup/pipeline_edit.html", context, status=422 if form.errors else 200)


def _page_of(pipeline: Pipeline) -> str:
    return reverse("records:pipeline_edit", args=[pipeline.pk])


@manages
def pipeline_delete(request: Request, pk: int) -> HttpResponse:
    """Delete a pipeline; another one takes its deals."""
    pipeline = get_object_or_404(Pipeline, pk=pk)
    if Pipeline.objects.count() < 2:
        messages.error(request, _("This is the only pipeline: without one there is no place for deals. Add another one first."))
        return redirect(LIST)

    def delete(to: Stage | None) -> int:
        return pipelines.delete_pipeline(pipeline=pipeline, to=to, actor=request.user, now=timezone.now())

    stages = Stage.objects.exclude(pipeline=pipeline)
    deals = Deal.objects.filter(stage__pipeline=pipeline)
    return _remove(request, pipeline, deals, stages, delete, title=_("Delete the pipeline “{name}”?"), then=str(LIST))


@manages
def stage_create(request: Request, pk: int) -> HttpResponse:
    """A new stage at the end of a pipeline."""
    pipeline = get_object_or_404(Pipeline, pk=pk)
    return _edit_stage(request, Stage(pipeline=pipeline, probability=50), _("New stage"))


@manages
def stage_edit(request: Request, pk: int) -> HttpResponse:
    return _edit_stage(request, get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk), _("Change a stage"))


def _edit_stage(request: Request, stage: Stage, title: str) -> HttpResponse:
    form = StageForm(posted(request), instance=stage)
    then = _page_of(stage.pipeline)
    if request.method == "POST" and form.is_valid():
        saved = pipelines.save_stage(stage=form.instance, actor=request.user)
        return told(request, then, _("{name} was saved.").format(name=saved.name))
    return ask(request, PAGE, title=title, lead=stage.pipeline.name, form=form, cancel=then)


@manages
def stage_delete(request: Request, pk: int) -> HttpResponse:
    """Delete a stage; another one takes its deals."""
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    then = _page_of(stage.pipeline)

    def delete(to: Stage | None) -> int:
        return pipelines.delete_stage(stage=stage, to=to, actor=request.user, now=timezone.now())

    if stage.pipeline.stages.count() < 2:
        messages.error(request, _("A pipeline needs at least one stage. Add another one first, or delete the pipeline."))
        return redirect(then)
    stages = Stage.objects.exclude(pk=pk)
    return _remove(request, stage, stage.deals.all(), stages, delete, title=_("Delete the stage “{name}”?"), then=then)


def _remove(
    request: Request,
    thing: Pipeline | Stage,
    deals: QuerySet[Any],
    stages: QuerySet[Stage],
    delete: Callable[[Stage | None], int],
    *,
    title: str,
    then: str,
) -> HttpResponse:
    """Ask where the deals go, if there are any, and delete."""
    count = deals.count()
    form = MoveDealsForm(posted(request), stages=stages) if count else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            delete(form.cleaned_data["to"] if form else None)
        except pipelines.CannotRemove as refusal:
            messages.error(request, str(refusal))
            return redirect(then)
        return told(request, then, _("{name} was deleted.").format(name=thing.name))
    words = ngettext("{count} deal is in it, closed ones included.", "{count} deals are in it, closed ones included.", count)
    sentences = [words.format(count=count) if count else _("No deal is in it."), _("This cannot be undone.")]
    shown = {"form": form, "sentences": sentences, "cancel": then, "button": _("Delete"), "is_danger": True}
    return ask(request, PAGE, title=title.format(name=thing.name), **shown)


@require_POST
@manages
def pipeline_order(request: Request) -> HttpResponse:
    """A pipeline was moved up, down or dragged."""
    return put_in_order(request, Pipeline.objects.all(), _("pipelines"), LIST)


@require_POST
@manages
def stage_order(request: Request, pk: int) -> HttpResponse:
    """A stage was moved up, down or dragged."""
    pipeline = get_object_or_404(Pipeline, pk=pk)
    return put_in_order(request, Stage.objects.filter(pipeline=pipeline), pipeline.name, _page_of(pipeline))
