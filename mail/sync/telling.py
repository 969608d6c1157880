"""What open tabs are told of a sync."""

from collections.abc import Collection

from mail.models import Account
from notifications.push import push


def messages_changed(account: Account, messages: Collection[int]) -> None:
    """Lists and conversations that are open ask anew, once for all of them."""
    push(user=account.owner, name="mail", payload={"message": next(iter(messages)), "folder": ""})


def state_changed(account: Account) -> None:
    """The line that says how the sync goes asks anew."""
    push(user=account.owner, name="sync", payload={"account": account.pk})
