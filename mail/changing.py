"""The only writer of what a person does to received and sent mail; every change but the last deletion can be taken back."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Deal
from mail.models import Attachment, Change, Message, Thread
from mail.sync import changes
from notifications.push import push

Folder = Message.Folder
Verb = Change.Verb
AT_ONCE = 500  # rows of one statement: SQLite takes so many parameters and no more
TOLD = 50  # conversations named in an event; whoever changed more reads the list anew in any case


class NothingToUndo(Exception):
    """The change was taken back already, or cannot be."""


@transaction.atomic
def move(*, owner: User, messages: QuerySet[Message], to: str, now: datetime, verb: str = Verb.MOVE) -> Change:
    """Put mail into the Inbox, Sent, Archive or Trash. What waits in the Outbox stays; a draft goes into the Trash alone."""
    movable = messages.filter(owner=owner).exclude(folder__in=[Folder.OUTBOX, to])
    if to != Folder.TRASH:
        movable = movable.exclude(folder=Folder.DRAFTS)
    return _move(owner, verb, dict.fromkeys(movable.values_list("pk", "folder", "thread_id"), to), now)


def archive(*, owner: User, messages: QuerySet[Message], now: datetime) -> Change:
    """Take what came and what was sent out of the way; drafts, waiting and deleted mail stay where they are."""
    return move(
        owner=owner, messages=messages.filter(folder__in=[Folder.INBOX, Folder.SENT]), to=Folder.ARCHIVE, now=now, verb=Verb.ARCHIVE
    )


def trash(*, owner: User, messages: QuerySet[Message], now: datetime) -> Change:
    """Delete mail: it can be put back from the Trash until that is emptied."""
    return move(owner=owner, messages=messages, to=Folder.TRASH, now=now, verb=Verb.TRASH)


@transaction.atomic
def restore(*, owner: User, messages: QuerySet[Message], now: datetime) -> Change:
    """Put mail back: from the Trash to where it was, from the Archive own mail to Sent and the rest to the Inbox."""
    rows = messages.filter(owner=owner, folder__in=[Folder.ARCHIVE, Folder.TRASH])
    values = rows.values_list("pk", "folder", "thread_id", "folder_before", "sent_at")
    places = {(pk, folder, thread): before or (Folder.SENT if sent_at else Folder.INBOX) for pk, folder, thread, before, sent_at in values}
    return _move(owner, Verb.RESTORE, places, now)


@transaction.atomic
def delete_for_good(*, owner: User, messages: QuerySet[Message], now: datetime) -> Change:
    """Delete what is in the Trash, with its files; links and counters of tracked mail live on. Cannot be taken back."""
    rows = list(messages.filter(owner=owner, folder=Folder.TRASH).values_list("pk", "thread_id"))
    threads = {thread for _pk, thread in rows}
    for some in _in_parts([pk for pk, _thread in rows]):
        _note(some, "delete")
        _forget_files(some)
        Message.objects.filter(pk__in=some, folder=Folder.TRASH).delete()
    for some in _in_parts(sorted(threads)):
        Thread.objects.filter(pk__in=some, messages=None).delete()
    return _done(owner, Verb.DELETE, threads, {}, now)


@transaction.atomic
def mark_read(*, owner: User, messages: QuerySet[Message], is_read: bool, now: datetime) -> Change:
    """Mark received mail as read or unread; what one wrote oneself is always read."""
    rows = list(messages.filter(owner=owner, is_read=not is_read).received().values_list("pk", "thread_id"))  # type: ignore[attr-defined]
    pks = [pk for pk, _thread in rows]
    _set_read(pks, is_read=is_read)
    return _done(owner, Verb.READ if is_read else Verb.UNREAD, {thread for _pk, thread in rows}, {"pks": pks}, now)


@transaction.atomic
def read(*, thread: Thread) -> None:
    """The conversation is being read: its received mail is read from now on. Nobody takes that back, so nothing is kept for it."""
    unread = Message.objects.filter(thread=thread, is_read=False).received().exclude(folder=Folder.TRASH)
    pks = list(unread.values_list("pk", flat=True))
    if pks:
        _set_read(pks, is_read=True)
        _tell_tabs(thread.owner, [thread.pk])


@transaction.atomic
def star(*, owner: User, threads: QuerySet[Thread], is_starred: bool, now: datetime) -> Change:
    """Star conversations, or take their stars away."""
    pks = list(threads.filter(owner=owner, is_starred=not is_starred).values_list("pk", flat=True))
    _set_star(pks, is_starred=is_starred)
    return _done(owner, Verb.STAR if is_starred else Verb.UNSTAR, pks, {"pks": pks}, now)


@transaction.atomic
def link(*, owner: User, threads: QuerySet[Thread], deal: Deal, now: datetime) -> Change:
    """Link conversations to a deal; those that are linked to others stay so."""
    pks = list(threads.filter(owner=owner).exclude(deals=deal).values_list("pk", flat=True))
    deal.mail_threads.add(*pks)
    return _done(owner, Verb.LINK, pks, {"pks": pks, "deal": deal.pk}, now)


@transaction.atomic
def undo(*, change: Change, now: datetime) -> None:
    """Take a change back, as far as nothing else has happened to its mail since. Raises NothingToUndo."""
    if not change.can_be_undone or not Change.objects.filter(pk=change.pk, undone_at=None).update(undone_at=now):
        raise NothingToUndo
    before: dict[str, Any] = change.before
    if change.verb == Verb.LINK:
        Thread.deals.through.objects.filter(deal=before["deal"], thread__in=before["pks"]).delete()
    elif change.verb in (Verb.STAR, Verb.UNSTAR):
        _set_star(before["pks"], is_starred=change.verb == Verb.UNSTAR)
    elif change.verb in (Verb.READ, Verb.UNREAD):
        _set_read(before["pks"], is_read=change.verb == Verb.UNREAD)
    else:
        for place in before["places"]:
            _put(place["pks"], is_from=place["to"], to=place["from"], now=now)
    _tell_tabs(change.owner, [])


def empty_trash(*, now: datetime, before: datetime) -> None:
    """Delete for good what has been in the Trash since before that time, everybody's; what has no time yet gets it now."""
    trashed = Message.objects.filter(folder=Folder.TRASH)
    trashed.filter(trashed_at=None).update(trashed_at=now)
    old = trashed.filter(trashed_at__lt=before)
    for owner in User.objects.filter(pk__in=set(old.order_by().values_list("owner", flat=True))):
        delete_for_good(owner=owner, messages=old, now=now)


def forget_old(*, before: datetime) -> None:
    """What was done before that time can be taken back no more."""
    Change.objects.filter(at__lt=before).delete()


def _move(owner: User, verb: str, places: dict[tuple[int, str, int], str], now: datetime) -> Change:
    """`places`: (message, its folder, its conversation) → the folder that it goes to."""
    moves: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (pk, folder, _thread), to in places.items():
        moves[folder, to].append(pk)
    for (folder, to), pks in moves.items():
        _put(pks, is_from=folder, to=to, now=now)
    before = [{"from": folder, "to": to, "pks": pks} for (folder, to), pks in moves.items()]
    return _done(owner, verb, {thread for _pk, _folder, thread in places}, {"places": before}, now)


def _put(pks: list[int], *, is_from: str, to: str, now: datetime) -> None:
    """Move what is still where it was: whatever was moved meanwhile stays."""
    is_trash = to == Folder.TRASH
    for some in _in_parts(pks):
        found = list(Message.objects.select_for_update(no_key=True).filter(pk__in=some, folder=is_from).values_list("pk", flat=True))
        values = {"trashed_at": now if is_trash else None, "folder_before": is_from if is_trash else ""}
        Message.objects.filter(pk__in=found).update(folder=to, updated_at=now, **values)
        _note(found, to)


def _set_read(pks: list[int], *, is_read: bool) -> None:
    for some in _in_parts(pks):
        Message.objects.filter(pk__in=some).update(is_read=is_read)
        _note(some, "read" if is_read else "unread")


def _set_star(pks: list[int], *, is_starred: bool) -> None:
    for some in _in_parts(pks):
        Thread.objects.filter(pk__in=some).update(is_starred=is_starred)
        messages = Message.objects.filter(thread__in=some).order_by("thread", "at")
        if is_starred:
            _note(list(dict(messages.values_list("thread_id", "pk")).values()), "star")
        else:  # there, each of its mails may have one
            bearing = Q(remote_copies__is_flagged=True) | Q(remote_changes__kind="star")
            _note(list(set(messages.filter(bearing).values_list("pk", flat=True))), "unstar")


def _note(messages: list[int], change: str) -> None:
    """The one place where the mail server's share of a change begins: `change` is a folder, or read, unread, star, unstar, delete.

    Called within the transaction, after the rows are changed and before they are deleted.
    """
    changes.note(messages, change, now=timezone.now())


def _done(owner: User, verb: str, threads: Iterable[int], before: dict[str, Any], now: datetime) -> Change:
    """Keep what is needed to take it back, and show it in the open tabs."""
    changed = sorted(set(threads))
    if changed:
        _tell_tabs(owner, changed)
    return Change.objects.create(owner=owner, verb=verb, count=len(changed), before=before, at=now)


def _tell_tabs(owner: User, threads: list[int]) -> None:
    push(user=owner, name="mail", payload={"threads": threads[:TOLD]})


def _forget_files(messages: list[int]) -> None:
    """Take the files of mail from the disk, once it is certain that the mail is gone."""
    for attachment in Attachment.objects.filter(message__in=messages):
        transaction.on_commit(partial(attachment.file.storage.delete, attachment.file.name or ""))


def _in_parts(pks: list[int]) -> Iterable[list[int]]:
    return (pks[start : start + AT_ONCE] for start in range(0, len(pks), AT_ONCE))
