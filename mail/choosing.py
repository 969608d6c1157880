"""Which mail of chosen conversations a verb concerns, depending on the folder in which they were chosen."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from crm.accounts.models import User
from mail.models import Change, Message, Thread
from mail.models.message import MessageQuerySet

Folder = Message.Folder
Verb = Change.Verb
PLACES = (Folder.INBOX, Folder.SENT)  # what can be archived from


@dataclass(frozen=True)
class Chosen:
    """Conversations of a user, and single mails where a list shows those; `folder` is that list's, "" for any other place."""

    user: User
    threads: list[int]
    messages: list[int]
    folder: str = ""

    @property
    def conversations(self) -> QuerySet[Thread]:
        return Thread.objects.visible_to(self.user).filter(Q(pk__in=self.threads) | Q(messages__in=self.messages)).distinct()

    @property
    def everything(self) -> MessageQuerySet:
        """All the mail of the conversations, or the single mails."""
        own = Message.objects.visible_to(self.user)
        return own.filter(Q(thread__in=self.threads) | Q(pk__in=self.messages))

    def concerned(self, verb: str) -> MessageQuerySet:
        """The mail that a verb changes."""
        if verb == Verb.ARCHIVE:
            return self._to_archive()
        if verb == Verb.TRASH:
            return self.everything.filter(~Q(folder__in=[Folder.DRAFTS, Folder.OUTBOX]) | Q(pk__in=self.messages, folder=Folder.DRAFTS))
        if verb == Verb.UNREAD:
            return self._newest_received()
        if verb in (Verb.RESTORE, Verb.READ) and self.folder in (Folder.ARCHIVE, Folder.TRASH):
            return self.everything.in_folder(self.folder)
        return self.everything.exclude(folder=Folder.TRASH) if verb == Verb.READ else self.everything

    def _to_archive(self) -> MessageQuerySet:
        """What lies in the list's own folder; elsewhere what came, and of conversations in which nothing came what was sent."""
        if self.folder in PLACES:
            return self.everything.in_folder(self.folder)
        came = Message.objects.filter(thread=OuterRef("thread_id"), folder=Folder.INBOX)
        return self.everything.filter(Q(folder=Folder.INBOX) | Q(folder=Folder.SENT) & ~Exists(came))

    def _newest_received(self) -> MessageQuerySet:
        """The newest received mail of each conversation: enough to find it again."""
        received = self.everything.received().filter(folder=Folder.TRASH) if self.folder == Folder.TRASH else self._not_deleted()
        later = received.filter(thread=OuterRef("thread_id"))
        return received.exclude(Exists(later.filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")))))

    def _not_deleted(self) -> MessageQuerySet:
        return self.everything.received().exclude(folder=Folder.TRASH)
