"""What users change about themselves."""

import secrets

from django.core.files.base import ContentFile
from django.db import transaction

from crm.accounts.models import User


@transaction.atomic
def update(*, user: User, name: str, time_zone: str, language: str) -> None:
    """Save name, zone and language."""
    user.name, user.time_zone, user.language = name, time_zone, language
    user.save(update_fields=["name", "time_zone", "language"])


@transaction.atomic
def set_picture(*, user: User, content: bytes) -> None:
    """Replace the picture by a WebP image that `avatars.square` made; the file name is new, so that browsers fetch it."""
    former = user.avatar.name
    user.avatar.save(f"{user.pk}-{secrets.token_hex(6)}.webp", ContentFile(content), save=False)
    user.save(update_fields=["avatar"])
    _delete_file(user, former)


@transaction.atomic
def remove_picture(*, user: User) -> None:
    """Go back to the initials."""
    former = user.avatar.name
    user.avatar = ""
    user.save(update_fields=["avatar"])
    _delete_file(user, former)


def _delete_file(user: User, name: str | None) -> None:
    if name:
        storage = User._meta.get_field("avatar").storage
        transaction.on_commit(lambda: storage.delete(name))
