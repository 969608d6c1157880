"""Where a message lies in Candor, given where it lies at the provider."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from mail import threading
from mail.faults import Kind, ServerFault
from mail.models import Account, Message, RemoteCopy, RemoteFolder
from mail.sync.server import Server

Folder = Message.Folder
Role = RemoteFolder.Role
LOCAL = {Role.INBOX: Folder.INBOX, Role.SENT: Folder.SENT, Role.TRASH: Folder.TRASH, Role.JUNK: Folder.TRASH}  # all others: the archive
STRONGEST = [Folder.INBOX, Folder.SENT, Folder.ARCHIVE, Folder.TRASH]  # of several places: Gmail has the inbox's mail in All Mail, too
FILING_DONE = ["", Message.Filing.FILED, Message.Filing.PROVIDER]
MOST_SEARCHED = 40  # folders in which a lost message is looked for


def local_folder(role: str) -> str:
    """The folder of Candor that shows what lies in such a folder of the provider."""
    return str(LOCAL.get(Role(role), Folder.ARCHIVE))


@transaction.atomic
def place(messages: Iterable[int]) -> None:
    """Move messages to where the provider has them, unless the user has just moved them here. What Candor sent stays sent."""
    rows = Message.objects.select_for_update().filter(pk__in=list(messages)).exclude(folder__in=[Folder.DRAFTS, Folder.OUTBOX])
    for message in rows.prefetch_related("remote_copies__folder"):
        roles = [copy.folder.role for copy in message.remote_copies.all() if copy.gone_at is None]
        folder = _strongest({local_folder(role) for role in roles})
        is_ours = not message.content_key and folder == Folder.INBOX  # a mail to oneself
        if folder and folder != message.folder and not is_ours and not _is_moving(message):
            _put(message, folder)


def _put(message: Message, folder: str) -> None:
    if folder == message.folder:
        return  # what is in the trash knows where it was before
    is_trash = folder == Folder.TRASH
    trashed_at, before = (timezone.now(), message.folder) if is_trash else (None, "")
    Message.objects.filter(pk=message.pk).update(folder=folder, trashed_at=trashed_at, folder_before=before)


def _strongest(folders: set[str]) -> str:
    return next((str(folder) for folder in STRONGEST if folder in folders), "")


def _is_moving(message: Message) -> bool:
    return message.remote_changes.filter(kind="move").exists()


def settle_gone(account: Account, server: Server) -> set[int]:
    """Find out what became of messages that are no longer where they were, once every folder has been read to its end.

    What lies in another folder of the sync has a place there by now. What does not is looked for in all folders; found nowhere,
    it was deleted. Of a folder that the server refuses nothing is believed. Answers the messages that moved.
    """
    gone = RemoteCopy.objects.filter(folder__account=account, gone_at__isnull=False).exclude(folder__is_chosen=True, folder__error__gt="")
    if account.remote_folders.filter(is_chosen=True, error="").exclude(next_uid__gt=0, older_uid=0).exists():
        return set()
    homeless = Message.objects.filter(remote_copies__in=gone).exclude(remote_copies__in=RemoteCopy.objects.there())
    moved = {message.pk for message in homeless.distinct() if _follow(message, account, server)}
    still_there = set(gone.values_list("message_id", flat=True)) - moved
    gone.delete()
    place(still_there)
    return moved | still_there


def _follow(message: Message, account: Account, server: Server) -> bool:
    if message.folder in (Folder.DRAFTS, Folder.OUTBOX) or message.filing not in FILING_DONE or _is_moving(message):
        return False
    _put(message, _found_elsewhere(message, account, server) or Folder.TRASH)
    return True


def _found_elsewhere(message: Message, account: Account, server: Server) -> str:
    """The local folder for the first folder that holds a mail with this Message-ID; the trash is asked first.

    Synced ones may hold it, too: it came there a moment ago, or is older than what enters by now.
    """
    reference = threading.reference(message)
    others = sorted(account.remote_folders.all(), key=lambda one: (one.role != Role.TRASH, not one.is_chosen, one.pk))
    for folder in others[:MOST_SEARCHED] if reference else ():
        if _holds(folder, reference, server):
            return local_folder(folder.role)
    return ""


def _holds(folder: RemoteFolder, reference: str, server: Server) -> bool:
    """Not one that the server refuses: it may be the very one that was deleted, with all that lay there."""
    try:
        server.open(folder.name)
        return bool(server.find(reference))
    except ServerFault as error:
        if error.kind not in (Kind.REFUSED, Kind.GARBLED):
            raise
        return False
