"""What happens to deals. One lock per pipeline puts all changes of a board in a row, so that two moves cannot tangle."""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records import changes, timeline
from crm.records.contacts import keep_organisation, keep_person
from crm.records.fields import book
from crm.records.models import Deal, Organisation, Person, Pipeline, Stage, Tag
from crm.records.sentences import say
from crm.records.stages import DEFAULT_PIPELINE, DEFAULT_STAGES


class CannotMove(Exception):
    """The deal is not what the person saw any more; the message is a sentence for them."""


def default_pipeline() -> Pipeline:
    """The first pipeline; made anew with the usual stages where none is left."""
    return Pipeline.objects.first() or _make_pipeline()


@transaction.atomic
def _make_pipeline() -> Pipeline:
    pipeline = Pipeline.objects.create(name=DEFAULT_PIPELINE)
    for position, (name, probability, rotting_days) in enumerate(DEFAULT_STAGES):
        pipeline.stages.create(name=name, position=position, probability=probability, rotting_days=rotting_days)
    return pipeline


@transaction.atomic
def create_deal(
    *,
    deal: Deal,
    organisation: Organisation | None,
    person: Person | None,
    actor: User,
    now: datetime,
    participants: Iterable[Person] = (),
    tags: Iterable[Tag] = (),
) -> Deal:
    """Put a new deal at the foot of its stage; an organisation or a person not saved yet is created first."""
    _lock(deal.stage)
    _attach(deal, organisation, person, actor, now)
    last = Deal.objects.filter(stage=deal.stage).aggregate(last=Max("position"))["last"]
    deal.position = 0 if last is None else last + 1
    deal.stage_changed_at = deal.created_at = now
    deal.save()
    _relate(deal, participants, tags)
    text = say("deal_created", stage=deal.stage.name, value=str(deal.value or ""), currency=deal.currency)
    timeline.log(kind="created", text=text, deal=deal, actor=actor, at=now)
    return deal


# what a form may set; stage, position, status and what belongs to them are changed by moving and closing alone
COLUMNS = ("title", "value", "currency", "organisation", "person", "probability", "expected_close_on", "owner", "visibility")


@transaction.atomic
def change_deal(
    *,
    deal: Deal,
    to: Stage | None,
    organisation: Organisation | None,
    person: Person | None,
    actor: User,
    now: datetime,
    participants: Iterable[Person] | None = None,
    tags: Iterable[Tag] | None = None,
) -> Deal:
    """Save what a form changed on a deal, and move it `to` another stage if one was chosen; tells the timeline of both.

    Participants and tags that are None stay as they are.
    """
    _lock(deal.stage, to)
    before = Deal.objects.select_for_update().select_related(None).get(pk=deal.pk)
    watch = changes.Watch(deal, _watched())
    _attach(deal, organisation, person, actor, now)
    deal.save(update_fields=[*COLUMNS, "updated_at"])
    _relate(deal, participants, tags)
    if to is not None and before.stage_id != to.pk and before.is_open:
        move_deal(deal=deal, to=to, actor=actor, now=now)
    watch.note(actor=actor, now=now)
    return deal


@transaction.atomic
def change_participants(*, deal: Deal, participants: Iterable[Person], actor: User, now: datetime) -> None:
    """Who takes part in a deal besides its contact."""
    watch = changes.Watch(deal, [field for field in _watched() if field.key == "participants"])
    _relate(deal, participants, None)
    watch.note(actor=actor, now=now)


@transaction.atomic
def move_deal(*, deal: Deal, to: Stage, actor: User, now: datetime, after: Deal | None = None, seen_in: int | None = None) -> Deal:
    """Put an open deal right below another one of the stage, or at its top; the stage may be another pipeline's.

    `seen_in` is the pk of the stage in which the person saw it. Raises CannotMove where it is closed or elsewhere by now.
    """
    _lock(deal.stage, to)
    current = cast(Deal, Deal.objects.select_for_update().get(pk=deal.pk))
    _refuse_stale(current, seen_in)
    position = _make_room(to, current, after)
    if current.stage_id != to.pk:
        _tell_move(current, to, actor, now)
        current.stage_changed_at = now
    current.stage, current.position = to, position
    current.save(update_fields=["stage", "position", "stage_changed_at", "updated_at"])
    return current


@transaction.atomic
def win_deal(*, deal: Deal, actor: User, now: datetime, reason: str = "") -> None:
    """The sale is made. Raises CannotMove where the deal is closed already."""
    current = _close(deal, Deal.Status.WON, actor, now, reason)
    days = (now - current.created_at).days
    timeline.log(kind="won", text=say("won", days=days, reason=reason), deal=current, actor=actor, at=now)


@transaction.atomic
def lose_deal(*, deal: Deal, actor: User, now: datetime, reason: str = "") -> None:
    """The sale is lost, for a reason worth remembering. Raises CannotMove where the deal is closed already."""
    current = _close(deal, Deal.Status.LOST, actor, now, reason)
    timeline.log(kind="lost", text=say("lost", reason=reason), deal=current, actor=actor, at=now)


@transaction.atomic
def reopen_deal(*, deal: Deal, actor: User, now: datetime) -> None:
    """Back to the top of its stage, whose days count anew. Does nothing to an open deal."""
    _lock(deal.stage)
    current = cast(Deal, Deal.objects.select_for_update().get(pk=deal.pk))
    if current.is_open:
        return
    _note(current, "status", str(current.get_status_display()), str(Deal.Status.OPEN.label), actor, now)
    current.position = _make_room(current.stage, current, None)
    current.status, current.closing_reason, current.closed_at, current.stage_changed_at = Deal.Status.OPEN, "", None, now
    current.save(update_fields=["status", "closing_reason", "closed_at", "stage_changed_at", "position", "updated_at"])
    timeline.log(kind="reopened", text=say("reopened", stage=current.stage.name), deal=current, actor=actor, at=now)


def _lock(*stages: Stage | None) -> None:
    """Wait for our turn on the boards of these stages, always in the same order (SQLite: the transaction itself is that lock).

    Raises CannotMove where one of them is gone by then.
    """
    given = [stage for stage in stages if stage is not None]
    list(Pipeline.objects.select_for_update().filter(pk__in={stage.pipeline_id for stage in given}).order_by("pk"))
    there = set(Stage.objects.filter(pk__in=[stage.pk for stage in given]).values_list("pk", flat=True))
    for stage in given:
        if stage.pk not in there:
            raise CannotMove(_("The stage {stage} was deleted meanwhile.").format(stage=stage.name))


def _watched() -> list[book.Field]:
    """A move is noted by itself."""
    return [field for field in book.of("deal") if field.key != "stage"]


def _relate(deal: Deal, participants: Iterable[Person] | None, tags: Iterable[Tag] | None) -> None:
    """The contact is no participant besides: they are named once."""
    if participants is not None:
        deal.participants.set([person for person in participants if person.pk != deal.person_id])
    if tags is not None:
        deal.tags.set(tags)


def _tell_move(deal: Deal, to: Stage, actor: User, now: datetime) -> None:
    old, new = deal.stage.name, to.name
    if deal.stage.pipeline_id != to.pipeline_id:
        old, new = f"{deal.stage.pipeline.name}: {old}", f"{to.pipeline.name}: {new}"
    text = say("moved", old=old, new=new)
    timeline.log(kind="stage", text=text, deal=deal, actor=actor, at=now)
    _note(deal, "stage", old, new, actor, now)


def _attach(deal: Deal, organisation: Organisation | None, person: Person | None, actor: User, now: datetime) -> None:
    """Link both, creating what was only typed; without an organisation the person's own is taken."""
    organisation = keep_organisation(organisation, actor=actor, now=now)
    deal.person = keep_person(person, organisation=organisation, actor=actor, now=now)
    deal.organisation = organisation or (deal.person.organisation if deal.person else None)


def _refuse_stale(deal: Deal, seen_in: int | None) -> None:
    if not deal.is_open:
        raise CannotMove(_("“{deal}” is closed since. Reopen it to move it.").format(deal=deal.title))
    if seen_in is not None and deal.stage_id != seen_in:
        raise CannotMove(_("Somebody has moved “{deal}” to {stage} meanwhile.").format(deal=deal.title, stage=deal.stage.name))


def _make_room(stage: Stage, deal: Deal, after: Deal | None) -> int:
    """The free position below `after`, or at the top; everything further down moves by what is needed."""
    column = Deal.objects.filter(stage=stage, status=Deal.Status.OPEN).exclude(pk=deal.pk)
    above: Deal | None = column.filter(pk=after.pk).first() if after else None
    if above is None:
        column.update(position=F("position") + 1)
        return 0
    below = Q(position__gt=above.position) | Q(position=above.position, pk__gt=above.pk)
    column.filter(below).update(position=F("position") + 2)
    return above.position + 1


def _note(deal: Deal, field: str, before: str, after: str, actor: User, now: datetime) -> None:
    changes.note(record=deal, before={field: before}, after={field: after}, actor=actor, now=now)


def _close(deal: Deal, status: Deal.Status, actor: User, now: datetime, reason: str) -> Deal:
    current = cast(Deal, Deal.objects.select_for_update().get(pk=deal.pk))
    if not current.is_open:
        raise CannotMove(_("“{deal}” is closed already.").format(deal=current.title))
    _note(current, "status", str(current.get_status_display()), str(status.label), actor, now)
    current.status, current.closing_reason, current.closed_at = status, reason[:200], now
    current.save(update_fields=["status", "closing_reason", "closed_at", "updated_at"])
    return current
