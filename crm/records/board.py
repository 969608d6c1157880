"""The pipeline board: columns with their cards, counts and sums."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Subquery, Sum, Window
from django.db.models.functions import RowNumber

from crm.accounts.models import User
from crm.records.models import Activity, Deal, OwnedQuerySet, Pipeline, Stage
from crm.records.money import total

CARDS = 40  # of one column; the rest is in the list


@dataclass
class Column:
    """A stage with its first cards, and count and sum of all of them."""

    stage: Stage
    cards: list[Deal]
    count: int
    sum: str

    @property
    def hidden_count(self) -> int:
        return self.count - len(self.cards)


def columns(pipeline: Pipeline, user: User, *, now: datetime, only_mine: bool = False, deals: OwnedQuerySet | None = None) -> list[Column]:
    """The board as the user sees it, in four queries whatever its size; `deals` are those to show, of what they see."""
    visible = Deal.objects.visible_to(user) if deals is None else deals
    deals = visible.filter(stage__pipeline=pipeline, status=Deal.Status.OPEN)
    deals = deals.filter(owner=user) if only_mine else deals
    cards, sums = _cards(deals, user, now), _sums(deals)
    return [_column(stage, cards.get(stage.pk, []), sums.get(stage.pk, [])) for stage in pipeline.stages.all()]


def _column(stage: Stage, cards: list[Deal], sums: list[tuple[str, Decimal, int]]) -> Column:
    amount = total((currency, value) for currency, value, _count in sums)
    return Column(stage=stage, cards=cards, count=sum(count for _currency, _value, count in sums), sum=amount)


def with_next_activity(deals: OwnedQuerySet, user: User) -> OwnedQuerySet:
    """Adds `next_due_at`, `next_subject`, `next_kind`: the earliest activity not done, overdue ones included."""
    planned = Activity.objects.visible_to(user).undone().filter(deal=OuterRef("pk")).order_by("due_at", "pk")
    annotated: OwnedQuerySet = deals.annotate(
        next_due_at=Subquery(planned.values("due_at")[:1]),
        next_subject=Subquery(planned.values("subject")[:1]),
        next_kind=Subquery(planned.values("kind")[:1]),
    )
    return annotated


def _cards(deals: OwnedQuerySet, user: User, now: datetime) -> dict[int, list[Deal]]:
    order = Window(RowNumber(), partition_by="stage_id", order_by=(F("position"), F("pk")))
    shown = with_next_activity(deals.annotate(row=order).filter(row__lte=CARDS), user)
    found: dict[int, list[Deal]] = {}
    for deal in shown.select_related("stage", "organisation", "person", "owner").order_by("stage", "position", "pk"):
        found.setdefault(deal.stage_id, []).append(mark(deal, now))
    return found


def mark(deal: Any, now: datetime) -> Any:
    """Adds what a card shows of time: `rotting`, `days`, `is_overdue`."""
    deal.rotting, deal.days = deal.is_rotting(now), deal.days_in_stage(now)
    deal.is_overdue = deal.next_due_at is not None and deal.next_due_at < now
    return deal


def _sums(deals: OwnedQuerySet) -> dict[int, list[tuple[str, Decimal, int]]]:
    found: dict[int, list[tuple[str, Decimal, int]]] = {}
    for row in deals.order_by().values("stage_id", "currency").annotate(sum=Sum("value"), count=Count("pk")):
        found.setdefault(row["stage_id"], []).append((row["currency"], row["sum"], row["count"]))
    return found
