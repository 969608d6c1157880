"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from notifications.feed import unseen_count


def frame(request: HttpRequest) -> dict[str, Any]:
    """The bell's count and whether this is the demo; lazy, so that fragments pay nothing."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"is_demo": settings.DEMO}
    return {"is_demo": settings.DEMO, "unseen_count": lambda: unseen_count(user)}
