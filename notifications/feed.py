"""The only writer of the Sales Assistant's cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from crm.accounts.models import User
from notifications.models import Card
from notifications.push import push, push_all


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


CHANGED_BY_NEWS = ["kind", "title", "detail", "url", "count", "is_quiet", "updated_at", "seen_at"]


@dataclass(frozen=True, slots=True)
class News:
    """What `notify` takes, for `notify_all`."""

    user: User
    kind: str
    title: str
    group_key: str
    detail: str = ""
    url: str = ""
    count: int = 1

    @property
    def words(self) -> dict[str, Any]:
        return {"kind": self.kind, "title": self.title[:300], "detail": self.detail[:300], "url": self.url[:300]}


@transaction.atomic
def notify_all(news: Sequence[News], *, now: datetime) -> None:
    """What `notify` does for each, in three statements; all of them ring, and no two may share user and `group_key`."""
    users, keys = {item.user.pk for item in news}, {item.group_key for item in news}
    known = {(card.user_id, card.group_key): card for card in Card.objects.select_for_update().filter(user__in=users, group_key__in=keys)}
    cards = [_folded(item, known.get((item.user.pk, item.group_key)), now) for item in news]
    Card.objects.bulk_create(cards, update_conflicts=True, unique_fields=["user", "group_key"], update_fields=CHANGED_BY_NEWS)
    push_all((card.user, "card", {"id": card.pk, "rings": True}) for card in cards)


def _folded(item: News, known: Card | None, now: datetime) -> Card:
    """The card of a piece of news as it shall be, unseen."""
    count = item.count + (known.count if known else 0)
    created_at = known.created_at if known else now
    return Card(user=item.user, group_key=item.group_key, count=count, created_at=created_at, updated_at=now, **item.words)


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
