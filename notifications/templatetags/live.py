"""What a page must know to follow the live events from the moment before it was put together."""

from typing import Any

from django import template
from django.utils import timezone

from notifications.cursor import current

register = template.Library()


@register.simple_tag(takes_context=True)
def live_cursor(context: dict[str, Any]) -> str:
    """The cursor of everything that this page shows for certain; see `notifications.middleware`."""
    noted = getattr(context.get("request"), "live_from", None)
    return noted if noted is not None else str(current(timezone.now()))
