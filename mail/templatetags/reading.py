"""What the page around a message's frame tells of it."""

from typing import Any

from django import template
from django.utils import timezone

from mail import downloads, reading
from mail.models import Message

register = template.Library()
register.simple_tag(downloads.listed, name="listed_files")


@register.simple_tag
def about_body(message: Message, permission: str | None = "") -> reading.Reading:
    """The counts for the bar, and the permission to show pictures if it was given for this very message."""
    return reading.about(message, permission or "")


@register.simple_tag
def body_shape(message: Message, body: reading.Reading) -> dict[str, Any]:
    """What the page builds out of sight to know how high the frame is."""
    return reading.shape(message, with_pictures=body.is_shown, now=timezone.now())


@register.simple_tag
def shared_shape(message: Message) -> dict[str, Any]:
    """The same for a colleague, who is shown no picture from the web."""
    return reading.shape(message, with_pictures=False, now=timezone.now())
