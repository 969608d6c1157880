"""The only writer of the Sales Assistant's cards."""

from datetime import datetime

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

    `count` is how many happenings this call adds; `is_quiet` shows the card without ringing the bell.
    """
    fields = {"kind": kind, "title": title[:300], "detail": detail[:300], "url": url, "is_quiet": is_quiet}
    card, is_new = Card.objects.get_or_create(
        user=user, group_key=group_key, defaults={**fields, "count": count, "created_at": now, "updated_at": now}
    )
    if not is_new:
        Card.objects.filter(pk=card.pk).update(**fields, count=F("count") + count, updated_at=now, seen_at=None)
        card.refresh_from_db()
    push(user=user, name="card", payload={"id": card.pk})
    return card


@transaction.atomic
def mark_all_seen(*, user: User, now: datetime) -> None:
    """Empty the bell, in every open tab."""
    Card.objects.visible_to(user).filter(seen_at=None).update(seen_at=now)
    push(user=user, name="seen", payload={})


def unseen_count(user: User) -> int:
    """What the bell shows."""
    return Card.objects.visible_to(user).unseen().count()
