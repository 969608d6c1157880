"""Keeps whose pictures a user always wants, and who asked for those of one mail."""

from django.core import signing
from django.db import transaction

from crm.accounts.models import User
from mail.models import Message, TrustedSender

SALT = "mail.shown"
SHOWN_FOR = 12 * 3600  # seconds


@transaction.atomic
def trust(*, user: User, email: str) -> None:
    """Always show the pictures of this sender from now on."""
    TrustedSender.objects.get_or_create(owner=user, email=email.casefold())


@transaction.atomic
def distrust(*, user: User, email: str) -> None:
    """Ask again."""
    TrustedSender.objects.visible_to(user).filter(email=email.casefold()).delete()


def is_trusted(message: Message) -> bool:
    """Whether the message's owner always wants the pictures of its sender."""
    return bool(message.from_email) and TrustedSender.objects.filter(owner=message.owner_id, email=message.from_email.casefold()).exists()


def permit(message: Message) -> str:
    """Says in an address that its reader has asked for the pictures of this mail: a link that somebody else wrote cannot."""
    return signing.TimestampSigner(salt=SALT).sign(f"{message.pk}.{message.owner_id}")


def is_permitted(message: Message, permission: str) -> bool:
    """Whether that was said of this very mail, not long ago."""
    try:
        return signing.TimestampSigner(salt=SALT).unsign(permission, max_age=SHOWN_FOR) == f"{message.pk}.{message.owner_id}"
    except signing.BadSignature:
        return False
