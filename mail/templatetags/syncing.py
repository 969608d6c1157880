"""How the sync goes, for the pages that show it among other things."""

from typing import Any

from django import template

from mail.models import Account
from mail.sync import choices, progress

register = template.Library()


@register.simple_tag
def sync_of(account: Account) -> dict[str, Any]:
    """What `mail/_sync_card.html` shows."""
    return progress.card(choices.state_of(account))


@register.simple_tag(takes_context=True)
def sync_together(context: dict[str, Any]) -> dict[str, Any] | None:
    """What `mail/_sync_state.html` shows: the user's synced accounts together, or None."""
    return progress.together(choices.of_user(context["user"]))
