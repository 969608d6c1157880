"""What the user did here is done at the provider, too: the rows of RemoteChange, oldest first, each until it holds or cannot."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q

from mail import threading
from mail.faults import Kind as Fault
from mail.faults import ServerFault
from mail.models import Account, Message, RemoteChange, RemoteCopy, RemoteFolder, SyncState
from mail.sync import folders
from mail.sync.server import FLAGGED, SEEN, Server

logger = logging.getLogger(__name__)
Kind = RemoteChange.Kind
Role = RemoteFolder.Role
Folder = Message.Folder
FLAGS = {Kind.READ: (SEEN, True), Kind.UNREAD: (SEEN, False), Kind.STAR: (FLAGGED, True), Kind.UNSTAR: (FLAGGED, False)}
NAMES_OF_FLAGS = {SEEN: "is_seen", FLAGGED: "is_flagged"}
SAME = [{Kind.READ, Kind.UNREAD}, {Kind.STAR, Kind.UNSTAR}, {Kind.MOVE}]  # the latest wish of a set replaces the others
PAUSES = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=2), timedelta(hours=12)]  # after a refusal; then it is given up
IS_THERE = Q(remote_copies__isnull=False) | Q(content_key__gt="") | Q(filing__in=[Message.Filing.FILED, Message.Filing.PROVIDER])
MOST = 500  # changes in one go


def note(messages: Iterable[int], change: str, *, now: datetime) -> None:
    """Write down that the provider is to be told; the latest wish of its kind replaces an earlier one that is still waiting.

    `change` is one of Kind's flags, "delete" (then before the rows go), or the folder that the messages were moved to. Only of mail that
    lies at the provider, in accounts that are synced.
    """
    kind = Kind(change) if change in Kind.values else Kind.MOVE
    there = Message.objects.filter(pk__in=list(messages), account__sync__is_on=True).filter(IS_THERE).distinct()
    rows = list(there.prefetch_related("remote_copies"))
    RemoteChange.objects.filter(message__in=rows, kind__in=next((same for same in SAME if kind in same), ())).delete()
    RemoteChange.objects.bulk_create(_change(message, kind, change if kind == Kind.MOVE else "", now) for message in rows)
    for state in SyncState.objects.filter(account__in={message.account_id for message in rows}):
        state.wake(now=now)


def _change(message: Message, kind: Kind, target: str, now: datetime) -> RemoteChange:
    is_last = kind == Kind.DELETE
    return RemoteChange(
        account_id=message.account_id or 0,  # none but those of synced accounts come here
        message=None if is_last else message,
        message_ref=threading.reference(message),
        kind=kind,
        target=target,
        places=_places(message) if is_last else [],
        due_at=now,
    )


def _places(message: Message) -> list[list[int]]:
    return [[copy.folder_id, copy.validity, copy.uid] for copy in message.remote_copies.all() if copy.gone_at is None]


def carry_out(account: Account, server: Server, *, now: datetime) -> None:
    """Do what is due. A refusal is tried again later and given up in the end; a broken connection is raised."""
    for change in account.remote_changes.filter(due_at__lte=now).select_related("message")[:MOST]:
        try:
            _Deed(account, server, change).do()
        except ServerFault as error:
            if error.kind not in (Fault.REFUSED, Fault.GARBLED):
                raise
            _put_off(change, error, now)
        else:
            change.delete()


def _put_off(change: RemoteChange, error: ServerFault, now: datetime) -> None:
    if change.attempts >= len(PAUSES):
        logger.warning("A change of account %s could not be made at its server and is given up.", change.account_id)
        change.delete()
        return
    due_at = now + PAUSES[change.attempts]
    rows = RemoteChange.objects.filter(pk=change.pk)
    rows.update(attempts=F("attempts") + 1, due_at=due_at, error=error.sentence[:500])


class _Deed:
    """One change, carried out in every place where the message lies."""

    def __init__(self, account: Account, server: Server, change: RemoteChange) -> None:
        self.account = account
        self.server = server
        self.change = change

    def do(self) -> None:
        kind = Kind(self.change.kind)
        if kind == Kind.DELETE:
            self._delete()
        elif self.change.message and kind == Kind.MOVE:
            self._move(Folder(self.change.target))
        elif self.change.message:
            self._mark(*FLAGS[kind])

    def _mark(self, flag: bytes, is_set: bool) -> None:
        for copy in self._copies():
            if self._open(copy.folder, copy.validity):
                self.server.store([copy.uid], flag, is_set=is_set)
                RemoteCopy.objects.filter(pk=copy.pk).update(**{NAMES_OF_FLAGS[flag]: is_set})

    def _move(self, target: Folder) -> None:
        """From each place to the one for the target; at Gmail out of the inbox is into the archive, which has it already."""
        place = self._place_for(target)
        copies = [copy for copy in self._copies() if copy.folder_id != place.pk]
        is_there = RemoteCopy.objects.there().filter(message=self.change.message_id, folder=place).exists()
        for copy in copies:
            if self._leaves(copy, target) and self._open(copy.folder, copy.validity):
                self.server.move([copy.uid], place.name)
                copy.delete()
            elif target == Folder.INBOX and copy.folder.role == Role.ALL and not is_there and self._open(copy.folder, copy.validity):
                self.server.copy([copy.uid], place.name)
        if not copies and not is_there:
            self._move_found(place, target)

    def _move_found(self, place: RemoteFolder, target: Folder) -> None:
        """Its place is not known (a folder that is not synced, or not looked at since): it is looked for where it was put last."""
        is_own = bool(self.change.message and not self.change.message.content_key)  # anybody can write its Message-ID on a mail
        roles = [Role.TRASH, Role.ARCHIVE, Role.ALL, *([Role.SENT] if is_own and target == Folder.TRASH else [])]
        for folder in self.account.remote_folders.filter(role__in=roles).exclude(pk=place.pk):
            self.server.open_to_change(folder.name)
            uids = self.server.find(self.change.message_ref)
            if uids:
                self.server.move(uids, place.name)
                return

    def _leaves(self, copy: RemoteCopy, target: Folder) -> bool:
        """Gmail's All Mail is left for the trash alone: into the inbox it is copied."""
        return target == Folder.TRASH or copy.folder.role not in (Role.ALL, Role.SENT)

    def _place_for(self, target: Folder) -> RemoteFolder:
        if target == Folder.INBOX:
            return folders.of_role(self.account, self.server, Role.INBOX, name="INBOX")
        if target == Folder.TRASH:
            return folders.of_role(self.account, self.server, Role.TRASH, name="Trash")
        if target == Folder.SENT:
            return folders.of_role(self.account, self.server, Role.SENT, name="Sent")
        all_mail = self.account.remote_folders.filter(role=Role.ALL).first()
        return all_mail or folders.of_role(self.account, self.server, Role.ARCHIVE, name="Archive")

    def _delete(self) -> None:
        for folder in self.account.remote_folders.filter(role__in=[Role.TRASH]):
            self.server.open_to_change(folder.name)
            self.server.delete(self.server.find(self.change.message_ref))
        for folder_pk, validity, uid in self.change.places:
            known = self.account.remote_folders.filter(pk=folder_pk).first()
            if known and self._open(known, validity):
                self.server.delete([uid])

    def _copies(self) -> list[RemoteCopy]:
        message = self.change.message
        return list(message.remote_copies.there().select_related("folder")) if message else []

    def _open(self, folder: RemoteFolder, validity: int) -> bool:
        """Open to change; False when its UIDs mean something else by now, or it is no longer there."""
        return self.server.open_to_change(folder.name).validity == validity
