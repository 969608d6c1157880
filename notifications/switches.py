"""Which kinds of cards a user wants. All of them, until they switch one off. Tracking has a switch of its own (Email sync)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from crm.accounts.models import User
from notifications import feed
from notifications.kinds import SWITCHED
from notifications.models import Card, SilencedKind


def is_on(user: User, kind: str) -> bool:
    """Whether the user wants cards of this kind."""
    return not SilencedKind.objects.filter(user=user, kind=kind).exists()


def off(user: User) -> set[str]:
    """The kinds that the user switched off."""
    return set(SilencedKind.objects.filter(user=user).values_list("kind", flat=True))


@transaction.atomic
def switch(*, user: User, on: Collection[str], now: datetime) -> None:
    """Keep which kinds are wanted. What is suggested already of an unwanted kind goes with it."""
    unwanted = set(SWITCHED) - set(on)
    SilencedKind.objects.filter(user=user).exclude(kind__in=unwanted).delete()
    SilencedKind.objects.bulk_create([SilencedKind(user=user, kind=kind) for kind in sorted(unwanted)], ignore_conflicts=True)
    feed.put_away(list(Card.objects.visible_to(user).filter(kind__in=unwanted, is_suggestion=True)), now=now)
