"""Pages of mail that follow one another by key: what comes in meanwhile neither hides nor repeats a row."""

from datetime import UTC, datetime, timedelta

from django.db.models import Q

from mail.models import Message
from mail.models.message import MessageQuerySet

AT_ONCE = 4  # messages looked at for each conversation that is wanted
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


def newest_of_each(found: MessageQuerySet, *, wanted: int, before: str = "") -> list[int]:
    """Of the newest conversations with a found message, or of those below a key, that message: the newest found of each.

    Goes down from the newest and stops as soon as there are enough: so a word that is in every mail costs little.
    """
    newest: dict[int, int] = {}
    rest, place = found, before
    while True:
        rows = list(older(rest, place).order_by("-at", "-pk").values_list("pk", "thread_id", "at")[: wanted * AT_ONCE])
        passed = _threads_above(found, before, {thread for _pk, thread, _at in rows})
        for pk, thread, _at in rows:
            if thread not in passed:
                newest.setdefault(thread, pk)
        if len(newest) >= wanted or len(rows) < wanted * AT_ONCE:
            return list(newest.values())[:wanted]
        place = key_of(rows[-1][2], rows[-1][0])


def _threads_above(found: MessageQuerySet, before: str, threads: set[int]) -> set[int]:
    """Which of these conversations stood on an earlier page already."""
    return set(not_older(found.filter(thread__in=threads), before).values_list("thread_id", flat=True)) if before else set()


def _read(text: str) -> tuple[datetime, int] | None:
    micros, _dash, pk = text.partition("-")
    if not (micros.isdecimal() and pk.isdecimal() and len(micros) < 18 and len(pk) < 19):
        return None
    return EPOCH + timedelta(microseconds=int(micros)), int(pk)
