"""Who takes part in a conversation, for its row in a list: “Anna, me (3)”."""

from collections import defaultdict
from collections.abc import Iterable

from django.utils.translation import gettext as _

from crm.accounts.models import User
from mail.models import Message

SHOWN = 3  # names


def attach(rows: Iterable[Message], user: User) -> None:
    """Give each row `senders`, the names of those who wrote in its conversation, oldest first."""
    rows = list(rows)
    written = Message.objects.visible_to(user).filter(thread__in={row.thread_id for row in rows}).exclude(folder=Message.Folder.DRAFTS)
    names: dict[int, dict[str, str]] = defaultdict(dict)
    for thread, name, email, folder, sent_at in written.order_by("at", "pk").values_list(
        "thread_id", "from_name", "from_email", "folder", "sent_at"
    ):
        is_own = bool(sent_at) or folder in (Message.Folder.SENT, Message.Folder.OUTBOX)
        names[thread].setdefault("" if is_own else email.casefold(), _("me") if is_own else name or email)
    for row in rows:
        row.senders = joined(list(names[row.thread_id].values()))  # type: ignore[attr-defined]


def joined(names: list[str]) -> str:
    """One name in full, several by their first words; of many the first and the last."""
    if len(names) < 2:
        return "".join(names)
    short = [name.split()[0].rstrip(",") if "@" not in name and name.split() else name for name in names]
    return ", ".join(short) if len(short) <= SHOWN else f"{short[0]} … {', '.join(short[1 - SHOWN :])}"
