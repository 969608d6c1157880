"""What a user's role allows, for templates: `{% if user|may:"manage_fields" %}`."""

from typing import Any

from django import template

from crm.accounts.models import User
from crm.accounts.permissions import Permission

register = template.Library()


@register.filter
def may(user: Any, permission: str) -> bool:
    """`permission` is a value of `Permission`; nobody may anything before they are signed in."""
    return isinstance(user, User) and user.may(Permission(permission))
