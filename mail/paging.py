"""Pages of mail that follow one another by key: what comes in meanwhile neither hides nor repeats a row."""

from datetime import UTC, datetime, timedelta

from django.db.models import Q

from mail.models import Message
from mail.models.message import MessageQuerySet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def key(row: Message) -> str:
    """Where a row stands in a list of the newest first."""
    return key_of(row.at, row.pk)


def key_of(at: datetime, pk: int) -> str:
    return f"{(at - EPOCH) // timedelta(microseconds=1)}-{pk}"


def older(messages: MessageQuerySet, than: str) -> MessageQuerySet:
    """Those below a key; a key that cannot be read begins at the newest."""
    place = _read(than)
    if place is None:
        return messages
    at, pk = place
    return messages.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=pk))


def not_older(messages: MessageQuerySet, than: str) -> MessageQuerySet:
    """Those at a key and above; none for a key that cannot be read."""
    place = _read(than)
    if place is None:
        return messages.none()
    at, pk = place
    return messages.filter(at__gte=at).filter(Q(at__gt=at) | Q(pk__gte=pk))


def _read(text: str) -> tuple[datetime, int] | None:
    micros, _dash, pk = text.partition("-")
    if not (micros.isdecimal() and pk.isdecimal() and len(micros) < 18 and len(pk) < 19):
        return None
    return EPOCH + timedelta(microseconds=int(micros)), int(pk)
