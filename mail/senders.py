"""Who takes part in a conversation, for its row in a list: “Anna, me (3)”."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _

from crm.accounts.models import User
from mail.models import Message, Recipient

SHOWN = 3  # names


def attach(rows: Iterable[Message], user: User) -> None:
    """Give each row `senders`, the names of those who wrote in its conversation, oldest first."""
    rows = list(rows)
    names = of_threads({row.thread_id for row in rows}, user)
    for row in rows:
        row.senders = names.get(row.thread_id, "")  # type: ignore[attr-defined]


def of_threads(threads: Collection[int], user: User) -> dict[int, str]:
    """By conversation, who wrote in it; of a mail that one wrote oneself alone, to whom it went."""
    written = Message.objects.visible_to(user).filter(thread__in=threads).exclude(folder=Message.Folder.DRAFTS).order_by("at", "pk")
    names: dict[int, dict[str, str]] = defaultdict(dict)
    for thread, name, email, folder, sent_at in written.values_list("thread_id", "from_name", "from_email", "folder", "sent_at"):
        is_own = bool(sent_at) or folder in (Message.Folder.SENT, Message.Folder.OUTBOX)
        names[thread].setdefault("" if is_own else email.casefold(), _("me") if is_own else name or email)
    own = _recipients_of([thread for thread, found in names.items() if list(found) == [""]])
    return {thread: own.get(thread) or joined(list(found.values())) for thread, found in names.items()}


def _recipients_of(threads: list[int]) -> dict[int, str]:
    """To whom those conversations went in which nobody else has written."""
    names: dict[int, dict[str, str]] = defaultdict(dict)
    to = Recipient.objects.filter(message__thread__in=threads)
    for thread, name, email in to.values_list("message__thread_id", "name", "email"):
        names[thread].setdefault(email.casefold(), name or email)
    return {thread: _("To %(names)s") % {"names": joined(list(found.values()))} for thread, found in names.items()}


def joined(names: list[str]) -> str:
    """One name in full, several by their first words; of many the first and the last."""
    if len(names) < 2:
        return "".join(names)
    short = [name.split()[0].rstrip(",") if "@" not in name and name.split() else name for name in names]
    return ", ".join(short) if len(short) <= SHOWN else f"{short[0]} … {', '.join(short[1 - SHOWN :])}"
