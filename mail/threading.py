"""Which conversation a message belongs to, and the headers that say so (RFC 5322 3.6.4)."""

import re
from datetime import datetime

from django.urls import reverse

from crm.accounts.models import User
from mail.models import Message, Thread

MAX_REFERENCES = 1000  # characters; relays refuse very long headers
REPLY_MARKS = re.compile(r"^\s*((re|aw|sv|fw|fwd|wg|antw|отв|ha)(\[\d+\])?:\s*)+", re.IGNORECASE)


def start(*, owner: User, subject: str, now: datetime) -> Thread:
    """A new conversation in the owner's mail."""
    return Thread.objects.create(owner=owner, subject=bare_subject(subject), latest_at=now)


def touch(thread: Thread, *, now: datetime) -> None:
    """Something happened in it: it comes first in the list."""
    Thread.objects.filter(pk=thread.pk, latest_at__lt=now).update(latest_at=now)


def reference(message: Message) -> str:
    """The Message-ID by which the recipients know it: the provider's, where it gave one of its own."""
    return message.provider_message_id or message.message_id


def references_to(message: Message) -> str:
    """The References header of a reply: the first of the conversation and as many of the last as fit."""
    chain = [*message.references.split(), reference(message)]
    known = [one for one in dict.fromkeys(chain) if one]
    while len(" ".join(known)) > MAX_REFERENCES and len(known) > 2:
        del known[1]
    return " ".join(known)


def bare_subject(subject: str) -> str:
    """The subject without “Re:” and its like."""
    return REPLY_MARKS.sub("", subject).strip()


def url(message: Message) -> str:
    """The page where the message is read."""
    return f"{reverse('mail:thread', args=[message.thread_id])}#message-{message.pk}"
