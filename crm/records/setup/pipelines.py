"""Pipelines and their stages. Whoever changes which there are waits for those who move deals, and they for us: see `pipeline._lock`."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from crm.accounts import audit
from crm.accounts.models import User
from crm.records import changes, timeline
from crm.records.fields import book
from crm.records.models import Deal, Pipeline, Stage
from crm.records.sentences import say
from crm.records.setup.ordering import foot
from crm.records.stages import DEFAULT_STAGES

STAGE = next(field for field in book.SHIPPED["deal"] if field.key == "stage")


class CannotRemove(Exception):
    """It is needed, or its deals have no place to go; the message is a sentence for people."""


@transaction.atomic
def add_pipeline(*, name: str, like: Pipeline | None, actor: User) -> Pipeline:
    """A new pipeline with the stages of another one, or the usual ones."""
    pipeline = Pipeline.objects.create(name=name, position=foot(Pipeline.objects.all()))
    copied = like.stages.values_list("name", "probability", "rotting_days") if like else DEFAULT_STAGES
    for position, (stage, probability, rotting_days) in enumerate(copied or DEFAULT_STAGES):
        pipeline.stages.create(name=stage, position=position, probability=probability, rotting_days=rotting_days)
    audit.note("pipeline_added", actor=actor, about=name)
    return pipeline


@transaction.atomic
def rename_pipeline(*, pipeline: Pipeline, name: str, actor: User) -> None:
    """Its stages and deals stay as they are."""
    before = Pipeline.objects.select_for_update().get(pk=pipeline.pk).name
    Pipeline.objects.filter(pk=pipeline.pk).update(name=name)
    audit.note("pipeline_changed", actor=actor, about=name, before=before)


@transaction.atomic
def delete_pipeline(*, pipeline: Pipeline, to: Stage | None, actor: User, now: datetime) -> int:
    """Delete a pipeline after its deals went `to` a stage of another one; answers how many. Raises CannotRemove."""
    if len(_lock_all()) < 2:
        raise CannotRemove(_("This is the only pipeline: without one there is no place for deals. Add another one first."))
    deals = Deal.objects.filter(stage__pipeline=pipeline)
    if to is not None and to.pipeline_id == pipeline.pk:
        raise CannotRemove(_("Choose a stage of another pipeline."))
    count = _move(deals, to, actor, now)
    audit.note("pipeline_deleted", actor=actor, about=pipeline.name, deals=count)
    pipeline.delete()
    return count


@transaction.atomic
def save_stage(*, stage: Stage, actor: User) -> Stage:
    """Add a stage at the end of its pipeline, or keep its new name, probability and limit."""
    Pipeline.objects.select_for_update().get(pk=stage.pipeline_id)
    before = Stage.objects.filter(pk=stage.pk).first()
    if before is None:
        stage.position = foot(Stage.objects.filter(pipeline=stage.pipeline_id))
        stage.save()
    else:
        stage.save(update_fields=["name", "probability", "rotting_days"])
    renamed = {"before": before.name} if before and before.name != stage.name else {}
    audit.note("stage_changed" if before else "stage_added", actor=actor, about=f"{stage.pipeline.name}: {stage.name}", **renamed)
    return stage


@transaction.atomic
def delete_stage(*, stage: Stage, to: Stage | None, actor: User, now: datetime) -> int:
    """Delete a stage after its deals went `to` another one; answers how many. Raises CannotRemove."""
    _lock_all()
    if not Stage.objects.filter(pipeline=stage.pipeline_id).exclude(pk=stage.pk).exists():
        raise CannotRemove(_("A pipeline needs at least one stage. Add another one first, or delete the pipeline."))
    if to is not None and to.pk == stage.pk:
        raise CannotRemove(_("Choose another stage."))
    count = _move(Deal.objects.filter(stage=stage), to, actor, now)
    audit.note("stage_deleted", actor=actor, about=f"{stage.pipeline.name}: {stage.name}", deals=count)
    stage.delete()
    return count


def _lock_all() -> list[Pipeline]:
    """Wait for our turn on every board, always in the same order (SQLite: the transaction itself is that lock)."""
    return list(Pipeline.objects.select_for_update().order_by("pk"))


def _move(deals: QuerySet[Deal], to: Stage | None, actor: User, now: datetime) -> int:
    """Put deals at the foot of a stage, open or closed, in the order in which they stood; each of them notes it."""
    watch = changes.WatchAll(deals, [STAGE])
    if watch.before and to is None:
        raise CannotRemove(_("Deals are left here. Choose a stage that takes them."))
    if to is not None:
        below = foot(Deal.objects.filter(stage=to))
        deals.filter(status=Deal.Status.OPEN).update(stage=to, position=F("position") + below, stage_changed_at=now, updated_at=now)
        deals.update(stage=to, updated_at=now)  # the closed ones, whose days in the stage are over
        watch.note(actor=actor, now=now)
        for deal, words in watch.before.items():
            text = say("moved", old=words["stage"], new=to.name)
            timeline.log(kind="stage", text=text, deal=deal, actor=actor, at=now)
    return len(watch.before)
