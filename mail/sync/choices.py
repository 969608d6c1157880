"""What the user chooses to have synced, and how the sync is turned on and off."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.db import transaction

from crm.accounts.models import User
from mail.models import Account, Block, RemoteFolder, SyncState
from mail.sync.folders import NEVER

RANGES = {"30": timedelta(days=30), "90": timedelta(days=90), "180": timedelta(days=180), "365": timedelta(days=365), "": None}
USUAL_RANGE = "90"
ALL_AGAIN = {"next_uid": 0, "older_uid": 0, "wanted_count": 0, "done_count": 0}  # known mail is recognised by its head alone


def state_of(account: Account) -> SyncState:
    """The account's row; made when it is asked for first."""
    state, _is_new = SyncState.objects.get_or_create(account=account)
    return state


def first_day(days: str, *, today: date) -> date | None:
    """The day from which mail enters, for one of RANGES; None for all mail."""
    span = RANGES[days]
    return today - span if span else None


@transaction.atomic
def choose(
    *,
    account: Account,
    since: date | None,
    folders: Collection[int],
    skips_own_domain: bool,
    blocked: Iterable[str],
    now: datetime,
) -> None:
    """Keep what the user chose and turn the sync on. Where more may enter than before, the folders are gone through again."""
    state = SyncState.objects.select_for_update().get(pk=state_of(account).pk)
    has_more = _keep_blocks(account, {one.lower() for one in blocked})
    has_more |= state.skips_own_domain and not skips_own_domain
    has_more |= state.since is not None and (since is None or since < state.since)
    for folder in account.remote_folders.exclude(role__in=NEVER):
        folder.is_chosen = folder.pk in folders
        folder.save(update_fields=["is_chosen"])
    if has_more:
        account.remote_folders.update(**ALL_AGAIN)
    state.since, state.skips_own_domain, state.is_on = since, skips_own_domain, True
    state.started_at = state.started_at or now
    state.due_at = now
    state.save()


def _keep_blocks(account: Account, wanted: set[str]) -> bool:
    """Answers whether somebody is no longer kept out."""
    removed, _kinds = account.blocks.exclude(pattern__in=wanted).delete()
    Block.objects.bulk_create([Block(account=account, pattern=one) for one in sorted(wanted)], ignore_conflicts=True)
    return removed > 0


@transaction.atomic
def turn_off(*, account: Account) -> None:
    """Sync no longer; the mail that came in stays."""
    SyncState.objects.filter(account=account).update(is_on=False, due_at=None, claim=None, claimed_at=None, error="")


def ask_now(*, account: Account, now: datetime) -> None:
    """Have it synced at once, whatever pause it is in."""
    SyncState.objects.filter(account=account, is_on=True).update(due_at=now)


def of_user(user: User) -> list[SyncState]:
    """The states of a user's accounts that are synced, with what their folders say."""
    rows = SyncState.objects.filter(account__in=Account.objects.visible_to(user), is_on=True)
    return list(rows.select_related("account").prefetch_related("account__remote_folders").order_by("pk"))


def selectable(account: Account) -> list[RemoteFolder]:
    """The folders that may be chosen, the inbox first."""
    folders = account.remote_folders.exclude(role__in=NEVER)
    return sorted(folders, key=lambda folder: (folder.role != "inbox", folder.role == "", folder.name.lower()))
