"""Going through an account: what was done here, news of every folder, what happened to known mail, a slice of the mail of before.

Nothing is kept in memory between two runs. A run may be killed at any point: cursors move in the database, after the mail below them.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone, translation

from crm.lib.encryption import CannotDecrypt
from mail import imap
from mail.faults import Kind, ServerFault
from mail.models import RemoteFolder, SyncState
from mail.sync import changes, first, flags, folders, news, pace, placing, retrying, telling
from mail.sync.server import Opened
from mail.sync.visit import Visit

logger = logging.getLogger(__name__)
SLICE = 45.0  # seconds of the mail of before in one run
FULL_LOOK = timedelta(hours=1)  # between two looks at every flag and every UID, where the server does not tell what changed or has gone
TIMEOUT = 60  # seconds for each answer
Clock = Callable[[], datetime]


def run(account_pk: int, *, clock: Clock = timezone.now, seconds: float = SLICE) -> None:
    """Sync an account if it is due and in nobody's hands. Any number of workers may call it."""
    state = pace.claim(account_pk, now=clock())
    if state is None:
        return
    with translation.override(state.account.owner.language):
        try:
            _run(state, clock, seconds)
        except pace.ClaimLost:
            logger.info("The sync of account %s was taken over by another worker.", account_pk)
        except CannotDecrypt:
            logger.warning("The password of account %s cannot be decrypted.", account_pk)


def _run(state: SyncState, clock: Clock, seconds: float) -> None:
    try:
        with imap.connected(state.account, seconds=TIMEOUT) as mailbox:
            visit = Visit(state, mailbox, clock)
            try:
                is_complete = _go(visit, seconds)
            finally:
                visit.tell(is_last=True)
    except ServerFault as error:
        logger.info("The sync of account %s failed: %s", state.pk, error.kind)
        pace.failed(state, error, now=clock())
    except (pace.ClaimLost, CannotDecrypt):
        raise
    except Exception:  # a fault of ours is told and waits like any other
        logger.exception("The sync of account %s failed.", state.pk)
        pace.failed(state, _garbled(state), now=clock())
    else:
        pace.went_well(state, is_complete=is_complete, now=clock())
    finally:
        telling.state_changed(state.account)


def _garbled(state: SyncState) -> ServerFault:
    return ServerFault(Kind.GARBLED, protocol="IMAP", host=state.account.imap_host, port=state.account.imap_port)


def _go(visit: Visit, seconds: float) -> bool:
    """All of it; answers whether nothing of before is still to come. Raises ServerFault, ClaimLost."""
    visit.server.begin()
    found = folders.take_over(visit.account, visit.server)
    changes.carry_out(visit.account, visit.server, now=visit.clock())
    chosen = [folder for folder in found if folder.is_chosen]
    for folder in sorted(chosen, key=lambda one: one.role != RemoteFolder.Role.INBOX):
        _follow(visit, folder)
    visit.tell()
    is_complete = first.go_on(visit, chosen, until=time.monotonic() + seconds)
    visit.touched |= placing.settle_gone(visit.account, visit.server)
    return is_complete


def _follow(visit: Visit, folder: RemoteFolder) -> None:
    """One folder; when the server refuses it alone, the others go on."""
    try:
        opened = visit.server.open(folder.name)
        first.prepare(visit, folder, opened)
        arrived = news.fetch(visit, folder)
        _look(visit, folder, opened, arrived)
        retrying.retry(folder, visit.entrance(folder))
    except ServerFault as error:
        if error.kind not in (Kind.REFUSED, Kind.GARBLED):
            raise
        folder.error = str(error.reply or error.sentence)[:500]
        folder.save(update_fields=["error"])


def _look(visit: Visit, folder: RemoteFolder, opened: Opened, arrived: int) -> None:
    now = visit.clock()
    is_stale = folder.looked_at is None or now - folder.looked_at > FULL_LOOK
    in_full = is_stale and not (opened.modseq and visit.server.tells_vanished)
    visit.touched |= flags.look(folder, visit.server, opened, arrived=arrived, in_full=in_full, now=now)
    folder.modseq, folder.exists_count, folder.error = opened.modseq, opened.exists, ""
    folder.looked_at = now if is_stale else folder.looked_at
    folder.save(update_fields=["modseq", "exists_count", "looked_at", "error"])
