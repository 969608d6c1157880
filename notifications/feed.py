"""The only writer of the Sales Assistant's cards."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from crm.accounts.models import User
from notifications.models import Card
from notifications.push import push


@transaction.atomic
def notify(
    *,
    user: User,
    kind: str,
    title: str,
    group_key: str,
    now: datetime,
    detail: str = "",
    url: str = "",
    count: int = 1,
    is_quiet: bool = False,
) -> Card:
    """Show a card in finished words, or fold it into the one of the same `group_key`, which becomes unseen again.

    `count` is how many happenings this call adds; `is_quiet` shows the card without ringing the bell, and a quiet
    repetition neither silences a card that rang nor brings back one that was seen.
    """
    fields: dict[str, Any] = {"kind": kind, "title": title[:300], "detail": detail[:300], "url": url[:300]}
    card, is_new = Card.objects.get_or_create(
        user=user, group_key=group_key, defaults={**fields, "is_quiet": is_quiet, "count": count, "created_at": now, "updated_at": now}
    )
    if not is_new:
        rings = {} if is_quiet else {"is_quiet": False, "seen_at": None}
        Card.objects.filter(pk=card.pk).update(**fields, **rings, count=F("count") + count, updated_at=now)
        card.refresh_from_db()
    push(user=user, name="card", payload={"id": card.pk, "rings": not is_quiet})
    return card


@transaction.atomic
def mark_seen(*, card: Card, now: datetime) -> None:
    """Take one card off the bell, in every open tab; a second time changes nothing."""
    if Card.objects.filter(pk=card.pk, seen_at=None).update(seen_at=now):
        push(user=card.user, name="seen", payload={"id": card.pk})


@transaction.atomic
def mark_all_seen(*, user: User, now: datetime) -> None:
    """Empty the bell, in every open tab."""
    Card.objects.visible_to(user).filter(seen_at=None).update(seen_at=now)
    push(user=user, name="seen", payload={})


def unseen_count(user: User) -> int:
    """What the bell shows."""
    return Card.objects.visible_to(user).unseen().count()
