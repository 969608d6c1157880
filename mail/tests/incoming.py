"""Makes mail that came in, without a server."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from crm.accounts.models import User
from mail import body
from mail.models import Message, Recipient, Thread


def received(owner: User, *, hours_ago: float = 0, thread: Thread | None = None, to: str = "", **fields: Any) -> Message:
    """A mail from Boris in the owner's Inbox; any field can be given. Continues `thread`, or begins a conversation."""
    at = timezone.now() - timedelta(hours=hours_ago)
    values: dict[str, Any] = {
        "from_name": "Boris Ivanov",
        "from_email": "boris@client.test",
        "subject": "Question",
        "body_text": "How much is it?",
    }
    values |= {"folder": Message.Folder.INBOX, "is_read": False, "at": at, **fields}
    values.setdefault("preview", body.preview(values["body_text"]))
    thread = thread or Thread.objects.create(owner=owner, subject=values["subject"], latest_at=at)
    message = Message.objects.create(owner=owner, thread=thread, **values)
    Recipient.objects.create(message=message, email=to or owner.email, name="")
    return message
