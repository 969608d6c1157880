"""How a sync goes, in the words of its pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mail.models import KeptMail, RemoteFolder, SyncState
from mail.sync.kept import told


@dataclass(frozen=True)
class Progress:
    """The first sync of one account, or of several; `total` is 0 until the server was asked."""

    done: int
    total: int
    is_running: bool

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0


def of(states: Iterable[SyncState]) -> Progress:
    """Over all folders that were chosen."""
    folders = [folder for state in states for folder in state.account.remote_folders.all() if folder.is_chosen]
    return Progress(
        done=sum(folder.done_count for folder in folders),
        total=sum(folder.wanted_count for folder in folders),
        is_running=not folders or any(not folder.is_fully_read and not folder.error for folder in folders),
    )


def card(state: SyncState) -> dict[str, Any]:
    """One account, for its settings page."""
    return {"state": state, "progress": of([state]), "kept_mails": kept_of(state), "troubled": troubled_folders(state)}


def together(states: list[SyncState]) -> dict[str, Any] | None:
    """Several accounts in one line; None when none is synced."""
    if not states:
        return None
    times = [state.synced_at for state in states if state.synced_at]
    synced_at = min(times) if len(times) == len(states) else None
    failing = [state for state in states if state.error]
    return {"progress": of(states), "failing": failing, "synced_at": synced_at}


def kept_of(state: SyncState) -> list[KeptMail]:
    """The mails that could not be taken in, newest first, as far as they are told."""
    return list(told(KeptMail.objects.filter(folder__account=state.account_id)).select_related("folder")[:20])


def troubled_folders(state: SyncState) -> list[RemoteFolder]:
    """Chosen folders that the server refuses."""
    return [folder for folder in state.account.remote_folders.all() if folder.is_chosen and folder.error]
