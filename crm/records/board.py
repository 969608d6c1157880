"""The pipeline board: columns with their cards, counts, sums and what these are likely to bring."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Sum, Window
from django.db.models.functions import Coalesce, RowNumber

from crm.accounts.models import User
from crm.records import next_steps
from crm.records.models import Deal, OwnedQuerySet, Pipeline, Stage
from crm.records.money import total

CARDS = 40  # of one column; the rest is in the list


@dataclass(frozen=True)
class Amount:
    """Deals of one currency: how many, what they are worth, and that times their probability."""

    currency: str
    count: int
    value: Decimal
    weighted: Decimal


@dataclass(frozen=True)
class Totals:
    """Count, sum and weighted sum in words; currencies stand side by side."""

    count: int
    sum: str
    weighted: str

    def as_words(self) -> dict[str, str | int]:
        """For a script."""
        return {"count": self.count, "sum": self.sum, "weighted": self.weighted}


@dataclass(frozen=True)
class Column:
    """A stage with its first cards, and the totals of all of them."""

    stage: Stage
    cards: list[Deal]
    amounts: list[Amount]
    totals: Totals

    @property
    def count(self) -> int:
        return self.totals.count

    @property
    def sum(self) -> str:
        return self.totals.sum

    @property
    def weighted(self) -> str:
        return self.totals.weighted

    @property
    def hidden_count(self) -> int:
        return self.count - len(self.cards)


def columns(pipeline: Pipeline, user: User, *, now: datetime, only_mine: bool = False, deals: OwnedQuerySet | None = None) -> list[Column]:
    """The board as the user sees it, in few queries whatever its size; `deals` narrows it, for example by filters."""
    shown = on_board(pipeline, user, deals)
    shown = shown.filter(owner=user) if only_mine else shown
    cards, amounts = _cards(shown, user, now), _amounts(shown)
    return [_column(stage, cards.get(stage.pk, []), amounts.get(stage.pk, [])) for stage in pipeline.stages.all()]


def on_board(pipeline: Pipeline, user: User, deals: OwnedQuerySet | None = None) -> OwnedQuerySet:
    """Open deals of the pipeline that are not archived. Those given may be joined and annotated: they are asked for their pks alone."""
    shown: OwnedQuerySet = Deal.objects.visible_to(user).current().filter(stage__pipeline=pipeline, status=Deal.Status.OPEN)
    return shown if deals is None else shown.filter(pk__in=deals.order_by().values("pk"))


def totals(columns: Iterable[Column]) -> Totals:
    """Of the whole board."""
    return _totals([amount for column in columns for amount in column.amounts])


def _column(stage: Stage, cards: list[Deal], amounts: list[Amount]) -> Column:
    return Column(stage=stage, cards=cards, amounts=amounts, totals=_totals(amounts))


def _totals(amounts: list[Amount]) -> Totals:
    values: dict[str, Decimal] = defaultdict(Decimal)
    weighted: dict[str, Decimal] = defaultdict(Decimal)
    for amount in amounts:
        values[amount.currency] += amount.value
        weighted[amount.currency] += amount.weighted
    whole = {currency: value.quantize(Decimal(1), ROUND_HALF_UP) for currency, value in weighted.items()}  # an estimate has no cents
    return Totals(count=sum(amount.count for amount in amounts), sum=total(values.items()), weighted=total(whole.items()))


def _cards(deals: OwnedQuerySet, user: User, now: datetime) -> dict[int, list[Deal]]:
    order = Window(RowNumber(), partition_by="stage_id", order_by=(F("position"), F("pk")))
    shown = next_steps.annotated(deals.annotate(row=order).filter(row__lte=CARDS), user)
    shown = shown.select_related("stage", "organisation", "person", "owner").prefetch_related("tags")
    found: dict[int, list[Deal]] = {}
    for deal in shown.order_by("stage", "position", "pk"):
        found.setdefault(deal.stage_id, []).append(mark(deal, now))
    return found


def mark(deal: Any, now: datetime) -> Any:
    """Adds what a card shows of time: `rotting`, `days`, `is_overdue`."""
    deal.rotting, deal.days = deal.is_rotting(now), deal.days_in_stage(now)
    deal.is_overdue = deal.next_due_at is not None and deal.next_due_at < now
    return deal


def _amounts(deals: OwnedQuerySet) -> dict[int, list[Amount]]:
    percents = F("value") * Coalesce(F("probability"), F("stage__probability"))
    rows = (
        deals.order_by()
        .values("stage_id", "currency")
        .annotate(sum=Sum("value"), percents=Sum(percents, output_field=DecimalField(max_digits=20, decimal_places=2)), count=Count("pk"))
    )
    found: dict[int, list[Amount]] = {}
    for row in rows:
        amount = Amount(row["currency"], row["count"], row["sum"], row["percents"] / 100)
        found.setdefault(row["stage_id"], []).append(amount)
    return found
