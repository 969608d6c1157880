"""Who may see a record: whom a note about it can mention."""

from typing import Any

from crm.accounts.models import User
from crm.records.matching import matching
from crm.records.models import Record

OFFERED = 8
LOOKED_AT = 60  # users, at most, of whom it is asked


def may_see(user: User, record: Record) -> bool:
    """Whether the user would find the record."""
    model: Any = type(record)
    return bool(model.objects.visible_to(user).filter(pk=record.pk).exists())


def may_change(user: User, record: Record) -> bool:
    """Whether the user may see the record and change it."""
    model: Any = type(record)
    return bool(model.objects.changeable_by(user).filter(pk=record.pk).exists())


def offered(record: Record, text: str, *, besides: User) -> list[User]:
    """Colleagues whose names hold what was typed and who may see the record."""
    users = User.objects.filter(matching(text, ["name", "email"]), is_active=True).exclude(pk=besides.pk)
    found: list[User] = []
    for user in users.select_related("team", "custom_role").order_by("name", "pk")[:LOOKED_AT]:
        if len(found) < OFFERED and may_see(user, record):
            found.append(user)
    return found
