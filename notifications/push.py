"""The only writer of live events."""

from typing import Any

from crm.accounts.models import User
from notifications import wake
from notifications.models import LiveEvent


def push(*, user: User, name: str, payload: dict[str, Any]) -> None:
    """Tell the user's open tabs; arrives once the surrounding transaction commits. The payload is small and JSON."""
    LiveEvent.objects.create(user=user, name=name, payload=payload)
    wake.ring()
