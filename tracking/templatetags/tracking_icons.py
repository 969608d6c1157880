"""Template tags of the tracking icons."""

from secrets import token_hex

from django import template

from tracking import reading
from tracking.models import TrackedMail

register = template.Library()
register.simple_tag(reading.activity, name="tracking_activity")


@register.simple_tag
def card_id(mail: TrackedMail, kind: str) -> str:
    """An id for a card, unique even where a mail's icons stand twice on a page."""
    return f"tracked-{mail.pk}-{kind}-{token_hex(3)}"
