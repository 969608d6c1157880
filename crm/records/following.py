"""Who follows a record, and the quiet card that tells them what others change of it."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.accounts.models import User
from crm.records.models import Record
from notifications import feed, switches

KIND = "followed"


def follow(*, record: Record, user: User) -> None:
    """From now on the user is told what others change."""
    record.followers.add(user)


@transaction.atomic
def unfollow(*, record: Record, user: User) -> None:
    """No more; the card goes."""
    record.followers.remove(user)
    feed.withdraw_all([(user, card_key(record))])


def withdraw(*, record: Record) -> None:
    """Take back everybody's card about it."""
    feed.withdraw_all([(user, card_key(record)) for user in record.followers.all()])


def card_key(record: Record) -> str:
    """One card a record."""
    return f"{KIND}:{record._meta.model_name}:{record.pk}"


def tell(*, record: Record, sentence: Callable[[], str], actor: User, now: datetime) -> None:
    """A quiet card to each follower but whoever did it: those who may still see the record and want such cards.

    `sentence` says in their language what was done.
    """
    for user in _told(record, actor):
        with override(user.language):
            title = _("{actor} changed {record}").format(actor=actor.name or actor.email, record=record)
            detail = sentence()
        key = card_key(record)
        feed.notify(user=user, kind=KIND, title=title, detail=detail, group_key=key, url=record.get_absolute_url(), now=now, is_quiet=True)


def _told(record: Record, actor: User) -> list[User]:
    followers = record.followers.filter(is_active=True).exclude(pk=actor.pk).select_related("team", "custom_role")
    records = type(record)._default_manager
    return [
        user
        for user in followers
        if switches.is_on(user, KIND) and records.visible_to(user).filter(pk=record.pk).exists()  # type: ignore[attr-defined]
    ]
