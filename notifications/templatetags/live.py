"""What a page must know to follow the live events from the moment it was rendered."""

from django import template
from django.utils import timezone

from notifications.cursor import current

register = template.Library()


@register.simple_tag
def live_cursor() -> str:
    """The cursor of everything that this page can already show."""
    return str(current(timezone.now()))
