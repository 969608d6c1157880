"""The only writer of the Sales Assistant's cards."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

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


CHANGED_BY_STATE = ["kind", "title", "detail", "url", "count", "is_quiet", "updated_at", "seen_at"]


@dataclass(frozen=True, slots=True)
class State:
    """All that a card shall say now, for `show_all`."""

    user: User
    group_key: str
    kind: str
    title: str
    at: datetime  # when that happened which it tells first
    detail: str = ""
    url: str = ""
    count: int = 1  # of all happenings
    rings: bool = False  # something happened just now that the bell announces
    is_quiet: bool = False  # nothing that it tells deserves the bell: a card that rang is taken off it


@transaction.atomic
def show_all(states: Sequence[State]) -> None:
    """Make cards say these, new ones and known ones, in a few statements; no two may share user and `group_key`.

    A state that neither rings nor is quiet leaves a card on the bell, or off it, as it was.
    """
    known = _known({state.user.pk for state in states}, {state.group_key for state in states})
    cards = [card for state in states if (card := _changed(state, known.get((state.user.pk, state.group_key))))]
    Card.objects.bulk_create(cards, update_conflicts=True, unique_fields=["user", "group_key"], update_fields=CHANGED_BY_STATE)
    ringing = {(state.user.pk, state.group_key) for state in states if state.rings}
    push_all((card.user, "card", {"id": card.pk, "rings": (card.user_id, card.group_key) in ringing}) for card in cards)


@dataclass(frozen=True, slots=True)
class Action:
    """A step that a card offers: `url` is a path of our own; "dock" opens the composer in place, where scripts run."""

    label: str
    url: str
    method: Literal["get", "post", "dock"] = "get"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A next step worth offering, in finished words, for `suggest_all`."""

    user: User
    group_key: str  # of its mail and cause: it is made once
    kind: str
    title: str
    actions: Sequence[Action]
    detail: str = ""
    url: str = ""


@transaction.atomic
def suggest_all(suggestions: Sequence[Suggestion], *, now: datetime) -> None:
    """Show those that were never made before; what was put away does not come back."""
    made = _known({one.user.pk for one in suggestions}, {one.group_key for one in suggestions})
    fresh = {(one.user.pk, one.group_key): one for one in suggestions if (one.user.pk, one.group_key) not in made}
    Card.objects.bulk_create([_suggested(one, now) for one in fresh.values()], ignore_conflicts=True)  # another worker may do the same
    cards = _known({user for user, _key in fresh}, {key for _user, key in fresh})
    push_all((fresh[key].user, "card", {"id": card.pk, "rings": True}) for key, card in cards.items() if key in fresh)


@transaction.atomic
def show_step(step: Suggestion, *, now: datetime) -> None:
    """Show a step that the user has just taken, with what can still be done about it; they have seen it."""
    card = Card.objects.create(user=step.user, group_key=step.group_key, created_at=now, updated_at=now, seen_at=now, **_words(step))
    push(user=step.user, name="card", payload={"id": card.pk, "rings": False})


@transaction.atomic
def bring_back(*, user: User, group_key: str) -> int | None:
    """Show again what was put away; answers its number."""
    card = Card.objects.filter(user=user, group_key=group_key).exclude(put_away_at=None).first()
    if card is None:
        return None
    Card.objects.filter(pk=card.pk).update(put_away_at=None)
    push(user=user, name="card", payload={"id": card.pk, "rings": False})
    return card.pk


@transaction.atomic
def refuse(card: Card, *, now: datetime) -> None:
    """The user does not want this suggestion, nor another one about the same."""
    Card.objects.filter(pk=card.pk).update(is_unwanted=True)
    put_away([card], now=now)


@transaction.atomic
def put_away(cards: Collection[Card], *, now: datetime) -> None:
    """Show these no more, though their `group_key` stays taken; open tabs drop them."""
    gone = [card for card in cards if Card.objects.filter(pk=card.pk, put_away_at=None).update(put_away_at=now, seen_at=now)]
    push_all((card.user, "card", {"id": card.pk, "rings": False}) for card in gone)


def _suggested(one: Suggestion, now: datetime) -> Card:
    return Card(user=one.user, group_key=one.group_key, is_suggestion=True, created_at=now, updated_at=now, **_words(one))


def _words(one: Suggestion) -> dict[str, Any]:
    actions = [asdict(action) for action in one.actions]
    return {"kind": one.kind, "title": one.title[:300], "detail": one.detail[:300], "url": one.url[:300], "actions": actions}


@transaction.atomic
def withdraw_all(withdrawn: Collection[tuple[User, str]]) -> None:
    """Take cards back, by user and `group_key`: what they told is not so. Open tabs drop them."""
    found = _known({user.pk for user, _key in withdrawn}, {key for _user, key in withdrawn})
    cards = [(user, found[user.pk, key].pk) for user, key in withdrawn if (user.pk, key) in found]
    Card.objects.filter(pk__in=[pk for _user, pk in cards]).delete()
    push_all((user, "card", {"id": pk, "rings": False}) for user, pk in cards)


def _known(users: set[int], keys: set[str]) -> dict[tuple[int, str], Card]:
    cards = Card.objects.select_for_update().filter(user__in=users, group_key__in=keys).order_by("pk") if keys else ()
    return {(card.user_id, card.group_key): card for card in cards}


def _changed(state: State, known: Card | None) -> Card | None:
    """The card as it shall be; None when it is so already."""
    card = Card(
        user=state.user,
        group_key=state.group_key,
        kind=state.kind,
        title=state.title[:300],
        detail=state.detail[:300],
        url=state.url[:300],
        count=state.count,
        is_quiet=not state.rings,
        created_at=state.at,
        updated_at=state.at,
    )
    if known and not state.rings:
        card.is_quiet, card.seen_at = known.is_quiet or state.is_quiet, known.seen_at
    is_same = known and all(getattr(card, name) == getattr(known, name) for name in CHANGED_BY_STATE)
    return None if is_same and not state.rings else card


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
