"""The order of what administrators list: fields, choices, pipelines, stages, reasons, kinds of activities."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet

from crm.accounts import audit
from crm.accounts.models import User


def foot(rows: QuerySet[Any]) -> int:
    """The position below all rows."""
    last = rows.aggregate(last=Max("position"))["last"]
    return 0 if last is None else int(last) + 1


@transaction.atomic
def arrange(*, rows: QuerySet[Any], order: Sequence[int], actor: User, about: str) -> None:
    """Number the rows by their pks' place in `order`; those not named there follow, as they stood."""
    found = list(rows.select_for_update())
    places = {pk: place for place, pk in enumerate(order)}
    wanted = sorted(found, key=lambda row: places.get(row.pk, len(places)))
    for position, row in enumerate(wanted):
        row.position = position
    rows.model._default_manager.bulk_update(wanted, ["position"])
    if wanted != found:
        audit.note("order_changed", actor=actor, about=about)


@transaction.atomic
def step(*, rows: QuerySet[Any], pk: int, by: int, actor: User, about: str) -> None:
    """Let a row change places with the one above (-1) or below (1); nothing happens at the ends."""
    order = [row.pk for row in rows.select_for_update()]
    if pk not in order:
        return
    old = order.index(pk)
    new = min(max(old + by, 0), len(order) - 1)
    order.insert(new, order.pop(old))
    arrange(rows=rows, order=order, actor=actor, about=about)
