"""Known mail at the provider: read or unread, starred, gone. What the user changed here and is still on its way there wins."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from mail.models import Message, RemoteChange, RemoteCopy, RemoteFolder, Thread
from mail.sync.server import Flags, Opened, Server

Kind = RemoteChange.Kind
CHUNK = 500  # copies that are compared at once
RECENT = 500  # the newest ones, looked at each time where the server counts no changes


def look(folder: RemoteFolder, server: Server, opened: Opened, *, arrived: int, in_full: bool, now: datetime) -> set[int]:
    """Follow flags and deletions in the open folder; answers the messages that changed.

    With CONDSTORE only what changed is asked for, and QRESYNC says what has gone. Without, the newest are asked for each time,
    all of them when `in_full`; that some have gone is seen by their number, of which `arrived` are new, and in full, too: what
    comes and goes during a look, or before one that is cut off, makes the number fit by chance.
    """
    changed: set[int] = set()
    vanished: list[tuple[int, int]] | None = None
    if opened.modseq and folder.modseq:
        if opened.modseq != folder.modseq:
            flags, vanished = server.changed_since(folder.modseq)
            changed |= _compare(_copies(folder).filter(uid__in=list(flags)), flags) if len(flags) < CHUNK else _compare_all(folder, flags)
    else:
        changed |= _ask(folder, server, in_full=in_full)
    if vanished is not None:
        changed |= _note_gone(folder, vanished, now)
    elif opened.exists < folder.exists_count + arrived or in_full:
        changed |= _find_gone(folder, server, now)
    return changed


def _copies(folder: RemoteFolder) -> QuerySet[RemoteCopy]:
    return RemoteCopy.objects.there().filter(folder=folder, validity=folder.validity).order_by("-uid")


def _compare_all(folder: RemoteFolder, flags: dict[int, Flags]) -> set[int]:
    """So many that the database had better not be asked for each."""
    changed: set[int] = set()
    for copies in _chunks(_copies(folder)):
        changed |= _compare([copy for copy in copies if copy.uid in flags], flags)
    return changed


def _ask(folder: RemoteFolder, server: Server, *, in_full: bool) -> set[int]:
    changed: set[int] = set()
    copies = _copies(folder)
    for chunk in _chunks(copies if in_full else copies[:RECENT]):
        changed |= _compare(chunk, server.flags([copy.uid for copy in chunk]))
    return changed


def _chunks(copies: QuerySet[RemoteCopy]) -> Iterator[list[RemoteCopy]]:
    chunk: list[RemoteCopy] = []
    for copy in copies.iterator(chunk_size=CHUNK):
        chunk.append(copy)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


@transaction.atomic
def _compare(copies: Iterable[RemoteCopy], flags: dict[int, Flags]) -> set[int]:
    """Take over what the server says of these."""
    changed = [copy for copy in copies if copy.uid in flags and flags[copy.uid] != Flags(copy.is_seen, copy.is_flagged)]
    for copy in changed:
        now = flags[copy.uid]
        if now.is_seen != copy.is_seen:
            _take_over_read(copy.message_id, is_read=now.is_seen)
        if now.is_flagged != copy.is_flagged:
            _take_over_star(copy.message_id, is_starred=now.is_flagged)
        RemoteCopy.objects.filter(pk=copy.pk).update(is_seen=now.is_seen, is_flagged=now.is_flagged)
    return {copy.message_id for copy in changed}


def take_over(message: int, flags: Flags) -> None:
    """A received mail is as read and starred as the server says, unless the user's own wish is still on its way there."""
    if Message.objects.filter(pk=message).exclude(content_key="").exclude(is_read=flags.is_seen).exists():
        _take_over_read(message, is_read=flags.is_seen)
    if flags.is_flagged:
        _take_over_star(message, is_starred=True)


def _take_over_read(message: int, *, is_read: bool) -> None:
    if not RemoteChange.objects.filter(message=message, kind__in=[Kind.READ, Kind.UNREAD]).exists():
        Message.objects.filter(pk=message).update(is_read=is_read)


def _take_over_star(message: int, *, is_starred: bool) -> None:
    """A conversation has the star as long as one of its messages does."""
    if RemoteChange.objects.filter(message=message, kind__in=[Kind.STAR, Kind.UNSTAR]).exists():
        return
    thread = Thread.objects.filter(messages=message)
    others = RemoteCopy.objects.there().filter(message__thread__in=thread, is_flagged=True).exclude(message=message)
    if is_starred or not others.exists():
        Thread.objects.filter(pk__in=thread.values("pk")).update(is_starred=is_starred)


def _note_gone(folder: RemoteFolder, ranges: Iterable[tuple[int, int]], now: datetime) -> set[int]:
    gone: set[int] = set()
    for low, high in ranges:
        copies = _copies(folder).filter(uid__gte=low, uid__lte=high)
        gone |= set(copies.values_list("message_id", flat=True))
        copies.update(gone_at=now)
    return gone


def _find_gone(folder: RemoteFolder, server: Server, now: datetime) -> set[int]:
    """Ask for all UIDs, a window at a time, and see which known ones are not among them."""
    highest, lowest = (_copies(folder).order_by(order).values_list("uid", flat=True).first() for order in ("-uid", "uid"))
    gone: set[int] = set()
    for window in server.windows(lowest or 1, highest or 0):
        known = list(_copies(folder).filter(uid__gte=window.low, uid__lte=window.high).values_list("uid", flat=True))
        missing = set(known).difference(window.uids)
        if missing:  # an answer may leave one out by mistake: that is no proof yet
            missing.difference_update(server.uids(window.low, window.high))
        gone |= _note_gone(folder, ((uid, uid) for uid in missing), now)
    return gone
