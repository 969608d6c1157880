"""Moving conversations between folders."""

from django.db import transaction
from django.db.models import Q

from mail.models import Message, Thread
from notifications.push import push

ARCHIVABLE = [Message.Folder.INBOX, Message.Folder.SENT]


@transaction.atomic
def archive(*, thread: Thread) -> None:
    """Take what came and what was sent out of the way; drafts and waiting mail stay where they are."""
    thread.messages.filter(folder__in=ARCHIVABLE).update(folder=Message.Folder.ARCHIVE)
    _tell_tabs(thread)


@transaction.atomic
def take_back(*, thread: Thread) -> None:
    """Put an archived conversation back: own mail to Sent, the rest to the Inbox."""
    archived = thread.messages.filter(folder=Message.Folder.ARCHIVE)
    own = Q(sent_at__isnull=False)
    archived.filter(own).update(folder=Message.Folder.SENT)
    archived.exclude(own).update(folder=Message.Folder.INBOX)
    _tell_tabs(thread)


def _tell_tabs(thread: Thread) -> None:
    push(user=thread.owner, name="mail", payload={"thread": thread.pk})
