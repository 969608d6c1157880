"""The only writer of live events."""

from collections.abc import Iterable
from typing import Any

from crm.accounts.models import User
from notifications import wake
from notifications.models import LiveEvent


def push(*, user: User, name: str, payload: dict[str, Any]) -> None:
    """Tell the user's open tabs; arrives once the surrounding transaction commits. The payload is small and JSON."""
    LiveEvent.objects.create(user=user, name=name, payload=payload)
    wake.ring()


def push_all(pushes: Iterable[tuple[User, str, dict[str, Any]]]) -> None:
    """Several at once, each a user, a name and a payload: one statement, as a recorded backlog needs."""
    if LiveEvent.objects.bulk_create([LiveEvent(user=user, name=name, payload=payload) for user, name, payload in pushes]):
        wake.ring()
