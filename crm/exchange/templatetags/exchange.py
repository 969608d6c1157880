"""What templates ask about permissions and imports."""

from django import template

from crm.accounts.models import User
from crm.accounts.permissions import Permission

register = template.Library()


@register.filter
def may(user: User, permission: str) -> bool:
    """Whether the user's role allows it: `{% if user|may:"import" %}`."""
    return user.may(Permission(permission))
