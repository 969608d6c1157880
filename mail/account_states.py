"""How the mail accounts of a user are, in words for the page that lists them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.lib.encryption import is_readable
from mail.models import Account, Message, SignIn
from mail.providers import is_registered


@dataclass(frozen=True)
class AccountState:
    """One account on the page. `kind` chooses icon and colour: good, paused, reconnect, unreadable, failing."""

    account: Account
    kind: str
    text: str
    since: datetime | None
    waiting: int  # mails in its outbox
    is_first: bool
    is_last: bool

    @property
    def can_reconnect(self) -> bool:
        """Whether a visit to the provider connects it again."""
        return self.account.has_token and is_registered(self.account.sign_in)

    @property
    def provider(self) -> str:
        return str(SignIn(self.account.sign_in).label)


def states(user: User) -> list[AccountState]:
    """The user's accounts in their order."""
    waits = Count("messages", filter=Q(messages__folder=Message.Folder.OUTBOX))
    accounts = list(Account.objects.visible_to(user).annotate(waiting=waits))
    return [_state(one, is_first=place == 0, is_last=place == len(accounts) - 1) for place, one in enumerate(accounts)]


def _state(account: Account, *, is_first: bool, is_last: bool) -> AccountState:
    kind = kind_of(account)
    since = account.failing_since if kind in ("failing", "reconnect") else None
    waiting: int = account.waiting  # type: ignore[attr-defined]
    return AccountState(account, kind, _words(kind), since, waiting, is_first, is_last)


def kind_of(account: Account) -> str:
    """What matters most of how it is."""
    if not is_readable(account):
        return "unreadable"
    if account.needs_reconnecting:
        return "reconnect"
    if account.is_paused:
        return "paused"
    return "failing" if account.last_error else "good"


def _words(kind: str) -> str:
    return {
        "good": _("Connected"),
        "paused": _("Paused"),
        "reconnect": _("Has to be connected again"),
        "unreadable": _("Password unreadable"),
        "failing": _("Does not work"),
    }[kind]
