"""What every page's frame needs."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from crm.demo.company import BORIS, COLLEAGUES, PASSWORD
from notifications.feed import unseen_count


def frame(request: HttpRequest) -> dict[str, Any]:
    """The bell's count and whether this is the demo; counted when first asked for, so that fragments pay nothing."""
    context: dict[str, Any] = {"is_demo": settings.DEMO}
    if settings.DEMO:
        context["demo"] = {"sign_ins": COLLEAGUES, "password": PASSWORD, "inbox": f"{settings.TRACKING_URL}/inboxes/{BORIS}/"}
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        context["unseen_count"] = cache(lambda: unseen_count(user))
    return context
