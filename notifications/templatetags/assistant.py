"""Pieces of the Sales Assistant's templates."""

from django import template

from notifications.kinds import kind_of

register = template.Library()


@register.filter
def kind_icon(kind: str) -> str:
    """The name of the icon that cards of this kind wear."""
    return kind_of(kind).icon


@register.filter
def kind_label(kind: str) -> str:
    """What this kind is called."""
    return str(kind_of(kind).label)
