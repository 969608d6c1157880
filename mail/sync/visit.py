"""A worker's visit to an account: its connection, its claim, what it has changed and not told yet."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mail.imap import Mailbox
from mail.models import Account, RemoteFolder, SyncState
from mail.sync import pace, placing, rules, telling
from mail.sync.entering import Count, Entrance
from mail.sync.server import Server

RENEWED_EVERY = 10.0  # seconds
TOLD_EVERY = 1.0  # seconds


@dataclass
class Visit:
    """Made for one run."""

    state: SyncState
    mailbox: Mailbox
    clock: Callable[[], datetime]
    touched: set[int] = field(default_factory=set)  # primary keys of messages

    def __post_init__(self) -> None:
        self.server = Server(self.mailbox, before_asking=self._stay)
        self._renewed_at = time.monotonic()
        self._told_at = -TOLD_EVERY

    @property
    def account(self) -> Account:
        return self.state.account

    def entrance(self, folder: RemoteFolder) -> Entrance:
        """By the rules as they are now: the user may have changed them since this began."""
        self.state.refresh_from_db(fields=["since", "skips_own_domain"])
        return Entrance(self.account, folder, self.server, rules.of_account(self.account, self.state), self.clock())

    def entered(self, count: Count) -> None:
        """Some mail came in: it is put in its place, counted and told."""
        placing.place(count.touched)
        self.state.count(taken=count.taken, left_out=count.left_out)
        self.touched |= count.touched
        self.tell()

    def tell(self, *, is_last: bool = False) -> None:
        """Open tabs show what has changed, not more often than somebody can read it."""
        if self.touched and (is_last or time.monotonic() - self._told_at > TOLD_EVERY):
            self._told_at = time.monotonic()
            telling.state_changed(self.account)
            telling.messages_changed(self.account, self.touched)
            self.touched = set()

    def _stay(self) -> None:
        """Before each question to the server: the claim is renewed while its answers take long. Raises ClaimLost."""
        if time.monotonic() - self._renewed_at > RENEWED_EVERY:
            pace.renew(self.state, now=self.clock())
            self._renewed_at = time.monotonic()
