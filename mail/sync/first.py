"""The first sync: from the newest mail down, folder by folder in turn, in slices; and what a changed UIDVALIDITY makes of it."""

import time
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from mail.faults import Kind, Reply, ServerFault
from mail.models import Account, RemoteCopy, RemoteFolder
from mail.sync.server import Opened, Window
from mail.sync.visit import Visit

CHUNK = 100  # messages, then the cursor moves and another folder has its turn
# what is found out here; what the user chooses meanwhile is not ours to write
AT_FIRST = ["validity", "validity_changes", "next_uid", "older_uid", "modseq", "exists_count", "wanted_count", "done_count"]
MOST_CHANGES = 5  # of UIDVALIDITY in a row


def prepare(visit: Visit, folder: RemoteFolder, opened: Opened) -> None:
    """See that the cursors belong to the folder as it is now. Raises ServerFault when its UIDs mean something new each time."""
    if folder.next_uid and folder.validity == opened.validity:
        if folder.validity_changes and folder.is_fully_read:
            folder.validity_changes = 0
            folder.save(update_fields=["validity_changes"])
        return
    if folder.next_uid:
        _begin_anew(visit.account, folder, visit.clock())
    folder.validity = opened.validity
    folder.next_uid = opened.next_uid or visit.server.highest_uid() + 1
    folder.older_uid, folder.done_count, folder.modseq = folder.next_uid, 0, opened.modseq
    windows = visit.server.windows(1, folder.next_uid - 1, since=visit.state.since)
    folder.wanted_count = sum(len(window.uids) for window in windows)
    folder.exists_count = opened.exists
    folder.save(update_fields=AT_FIRST)


def _begin_anew(account: Account, folder: RemoteFolder, now: datetime) -> None:
    """Its UIDs mean other messages now: all places there are in doubt until the same content is found at a new one."""
    RemoteCopy.objects.there().filter(folder=folder).update(gone_at=now)
    folder.kept_mails.filter(file="").delete()
    folder.validity_changes += 1
    if folder.validity_changes > MOST_CHANGES:
        folder.next_uid, folder.older_uid = 0, 0  # next time it is tried once more
        folder.save(update_fields=AT_FIRST)
        words = Reply(-1, _("It numbers the mail of “%(folder)s” anew each time, so it cannot be followed.") % {"folder": folder.name})
        raise ServerFault(Kind.REFUSED, protocol="IMAP", host=account.imap_host, port=account.imap_port, reply=words)


def go_on(visit: Visit, folders: Sequence[RemoteFolder], *, until: float) -> bool:
    """Take in mail of before until the time (monotonic seconds) is over; answers whether nothing is left. Raises ServerFault, ClaimLost."""
    waiting = [folder for folder in folders if folder.older_uid and not folder.error]
    while waiting and time.monotonic() < until:
        folder = waiting.pop(0)
        if visit.server.open(folder.name).validity == folder.validity and _chunk(visit, folder):
            waiting.append(folder)
    return not waiting


def _chunk(visit: Visit, folder: RemoteFolder) -> bool:
    """The newest of what is still to come in one folder; answers whether there is more."""
    entrance = visit.entrance(folder)
    windows = visit.server.windows(1, folder.older_uid - 1, since=visit.state.since)
    chunk = next((window for window in windows if window.uids), Window(1, 1, [])).uids[:CHUNK]
    if not chunk:
        folder.move_cursor("older_uid", 0)
        return False
    count = entrance.enter(chunk)
    folder.move_cursor("older_uid", chunk[-1])
    folder.done_count += len(chunk)
    folder.save(update_fields=["done_count"])
    visit.entered(count)
    return True
