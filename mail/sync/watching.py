"""Waiting for news by IDLE (RFC 2177): one connection an account, on its inbox; what happens there wakes the sync.

Flags that a server does not tell, and all other folders, are found by the poll beside it.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import close_old_connections, connection
from django.utils import timezone

from crm.lib.encryption import CannotDecrypt
from mail import imap
from mail.faults import NOT_LET_IN, ServerFault
from mail.models import Account, SyncState

logger = logging.getLogger(__name__)
RENEWED_EVERY = 20 * 60.0  # seconds; servers may hang up after 30 minutes (RFC 2177), and routers before
SLICE = 5.0  # seconds between two looks at whether to go on
FIRST_PAUSE, LONGEST_PAUSE, AN_HOUR = 15.0, 900.0, 3600.0  # seconds
MOST = 500  # accounts that are watched by one process; the others are polled
LOOK_AT_ACCOUNTS = 15.0  # seconds


class Watch(threading.Thread):
    """Waits at the inbox of one account until it is told to stop."""

    def __init__(self, account_pk: int, wake: Callable[[int], None]) -> None:
        super().__init__(name=f"watch-{account_pk}", daemon=True)
        self.account_pk = account_pk
        self.wake = wake
        self.stopping = threading.Event()
        self.is_able = True  # until its server says that it does not know IDLE

    def run(self) -> None:
        try:
            self._go_on()
        finally:
            connection.close()

    def _go_on(self) -> None:
        """Watch anew after each fault, the later the more often; a database that is away is one, too."""
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                self.is_able = self._watch()
                if not self.is_able:
                    return
            except ServerFault as fault:
                pause = AN_HOUR if fault.kind in NOT_LET_IN else pause
            except CannotDecrypt:
                pause = AN_HOUR
            except Account.DoesNotExist:
                return
            except Exception:
                logger.exception("The watch of account %s was interrupted.", self.account_pk)
                connection.close()
            lasted = time.monotonic() - began
            self.stopping.wait(pause)
            pause = FIRST_PAUSE if lasted > RENEWED_EVERY / 4 else min(pause * 2, LONGEST_PAUSE)

    def _watch(self) -> bool:
        """Until the connection ends or we are told to stop; False when the server cannot do it. Raises ServerFault."""
        close_old_connections()
        account = Account.objects.get(pk=self.account_pk)
        connection.close()  # hours may pass
        with imap.connected(account) as mailbox:
            if not mailbox.can_idle:
                return False
            mailbox.open_inbox()
            while not self.stopping.is_set():
                self._idle(mailbox)
        return True

    def _idle(self, mailbox: imap.Mailbox) -> None:
        ends_at = time.monotonic() + RENEWED_EVERY
        with mailbox.idling() as news:
            while time.monotonic() < ends_at and not self.stopping.is_set():
                if news(SLICE):
                    self.wake(self.account_pk)
                    return


@dataclass
class Watcher:
    """Keeps one watch for each account that is synced. One process of an installation runs it."""

    wake: Callable[[int], None]
    watches: dict[int, Watch] = field(default_factory=dict)
    could_not: set[int] = field(default_factory=set)  # whose servers do not know IDLE

    def look(self) -> None:
        """Start and end watches as accounts come and go."""
        wanted = set(SyncState.objects.running().order_by("pk").values_list("pk", flat=True)[:MOST])
        for account_pk in set(self.watches) - wanted:
            self.watches.pop(account_pk).stopping.set()
        for account_pk, watch in list(self.watches.items()):
            if not watch.is_alive():
                del self.watches[account_pk]
                self.could_not |= set() if watch.is_able else {account_pk}
        for account_pk in wanted - set(self.watches) - self.could_not:
            self.watches[account_pk] = Watch(account_pk, self.wake)
            self.watches[account_pk].start()

    def stop(self) -> None:
        for watch in self.watches.values():
            watch.stopping.set()

    def run(self, stopping: threading.Event) -> None:
        """Until told to stop; a database that is away is waited for."""
        while not stopping.is_set():
            try:
                close_old_connections()
                self.look()
            except Exception:
                logger.exception("The accounts to watch could not be read.")
            stopping.wait(LOOK_AT_ACCOUNTS)
        self.stop()


def wake(account_pk: int) -> None:
    """Something happened in the account's inbox."""
    close_old_connections()
    state = SyncState.objects.filter(pk=account_pk).first()
    if state:
        state.wake(now=timezone.now())
