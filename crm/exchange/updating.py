"""Changing records that are here already by what a file says: nothing is emptied, and every change is noted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm.exchange.drafting import Draft
from crm.exchange.planning import Step
from crm.records import pipeline
from crm.records.fields import reading, values, writing
from crm.records.fields.book import Field, Kind
from crm.records.models import RECORDS, Deal

if TYPE_CHECKING:
    from crm.exchange.keeping import Keeper

JOINED = (Kind.POINTS, Kind.TAGS, Kind.CHOICES, Kind.PEOPLE)  # what is there stays, what is new is added


def update_all(keeper: "Keeper", steps: Sequence[Step]) -> None:
    """Change the records of these rows, one after another; several rows may mean the same one."""
    if not steps:
        return
    pks = {step.entry.pk for step in steps if step.entry}
    found = RECORDS[keeper.kind].objects.filter(pk__in=pks).prefetch_related(*reading.PREFETCH[keeper.kind])
    records = {record.pk: record for record in found}
    for step in steps:
        assert step.entry is not None
        record = records.get(step.entry.pk)
        if record is not None and _update(keeper, record, step.draft):
            records[record.pk] = found.get(pk=record.pk)


def _update(keeper: "Keeper", record: Any, draft: Draft) -> bool:
    """Whether anything was changed."""
    wanted = keeper.values_of(draft)
    changed = {}
    for key, value in wanted.items():
        before = reading.read(record, keeper.fields[key])
        after = _put_together(before, value, keeper.fields[key], fills_only=keeper.job.fills_only)
        if after != before:
            changed[key] = after
    stage = changed.pop("stage", None)
    if changed:
        writing.change(record=record, values=changed, actor=keeper.user, now=keeper.now)
    if isinstance(record, Deal):
        _move(keeper, record, draft, stage)
    return bool(changed or stage)


def _put_together(before: Any, after: Any, field: Field, *, fills_only: bool) -> Any:
    """What the record shall hold."""
    if field.kind in JOINED:
        return before if fills_only and before else _joined(before, after, field)
    if fills_only and not _is_empty(before, field):
        return before
    return (
        before._replace(amount=after.amount, currency=after.currency or before.currency) if field.kind == Kind.MONEY and before else after
    )


def _joined(before: list[Any], after: list[Any], field: Field) -> list[Any]:
    """What was there, in its order, then what is new."""
    if field.kind != Kind.POINTS:
        return list(dict.fromkeys([*before, *after]))
    there = {values.folded(point.value, field.point) for point in before}
    return [*before, *(point for point in after if values.folded(point.value, field.point) not in there)]


def _is_empty(value: Any, field: Field) -> bool:
    return value in (None, "", []) or (field.kind == Kind.MONEY and not value.amount)


def _move(keeper: "Keeper", deal: Deal, draft: Draft, stage: Any) -> None:
    """Along the board, or off it: as if somebody had done it by hand."""
    deal.refresh_from_db()
    if not deal.is_open or keeper.job.fills_only:
        return
    if stage is not None and stage.pk != deal.stage_id:
        pipeline.move_deal(deal=deal, to=stage, actor=keeper.user, now=keeper.now)
    if draft.status == Deal.Status.WON:
        pipeline.win_deal(deal=deal, actor=keeper.user, now=keeper.now, reason=draft.closing_reason)
    elif draft.status == Deal.Status.LOST:
        pipeline.lose_deal(deal=deal, actor=keeper.user, now=keeper.now, reason=draft.closing_reason)
