"""The provider's folders: what each is for, and which of them the user lets in."""

import re

from django.db import transaction
from django.utils import timezone

from mail.imap import INBOX_NAME
from mail.models import Account, RemoteFolder
from mail.sync.server import Listed, Server

Role = RemoteFolder.Role
MARKS = {  # RFC 6154
    rb"\sent": Role.SENT,
    rb"\archive": Role.ARCHIVE,
    rb"\all": Role.ALL,
    rb"\drafts": Role.DRAFTS,
    rb"\trash": Role.TRASH,
    rb"\junk": Role.JUNK,
}
NAMES = (  # of the last part of a name, for servers that mark nothing
    (Role.SENT, r"sent( items| messages| mail)?|gesendete?( (objekte|elemente))?|envoy[ée]s|отправленные|odeslan[áé].*|enviados"),
    (Role.ARCHIVE, r"archives?|archiv|архив"),
    (Role.DRAFTS, r"drafts?|entw[üu]rfe|brouillons|черновики|koncepty|borradores"),
    (Role.TRASH, r"trash|deleted( items| messages)?|bin|papierkorb|gel[öo]schte( elemente)?|corbeille|корзина|ko[šs]|papelera"),
    (Role.JUNK, r"junk( e-?mail)?|spam|bulk( mail)?|ind[ée]sirables|спам"),
)
NEVER = {Role.DRAFTS, Role.TRASH, Role.JUNK}  # cannot be chosen: drafts of other programs, and what nobody wants to see
USUAL = {Role.INBOX, Role.SENT, Role.ARCHIVE, Role.ALL}  # chosen until the user says otherwise


@transaction.atomic
def take_over(account: Account, server: Server) -> list[RemoteFolder]:
    """Note the folders that the server lists; those that have gone are forgotten, with the places of what lay in them."""
    listed = {one.name: one for one in server.folders() if one.can_open and len(one.name) <= 500}
    known = {folder.name: folder for folder in account.remote_folders.all()}
    is_whole = any(name.upper() == INBOX_NAME for name in listed)  # every mailbox has one (RFC 9051 5.1): else something is wrong there
    for name, folder in known.items():
        if is_whole and name not in listed:
            _forget(folder)
    taken: set[Role] = {Role(folder.role) for name, folder in known.items() if name in listed}
    for one in sorted(listed.values(), key=lambda one: not one.marks & set(MARKS)):  # a mark is surer than a name
        if one.name not in known:
            role = _role(one, taken)
            taken.add(role)
            values = {"role": role, "is_chosen": role in USUAL}
            RemoteFolder.objects.get_or_create(account=account, name=one.name, defaults=values)  # the settings page asks, too
    return list(account.remote_folders.order_by("pk"))


def _forget(folder: RemoteFolder) -> None:
    """Its messages are looked for elsewhere first: a renamed folder has them all."""
    if not folder.copies.exists():
        folder.delete()
        return
    folder.copies.there().update(gone_at=timezone.now())
    RemoteFolder.objects.filter(pk=folder.pk).update(is_chosen=False, next_uid=0, older_uid=0)


def _role(listed: Listed, taken: set[Role]) -> Role:
    """What it is for; a second one of a kind is just another folder."""
    if listed.name.upper() == INBOX_NAME:
        return Role.INBOX
    marked = next((role for mark, role in MARKS.items() if mark in {one.lower() for one in listed.marks}), None)
    role = marked or _role_by_name(listed.name)
    return role if role not in taken else Role.OTHER


def _role_by_name(name: str) -> Role:
    last = re.split(r"[/.\\]", name)[-1].strip().lower()
    return next((role for role, pattern in NAMES if re.fullmatch(pattern, last)), Role.OTHER)


def of_role(account: Account, server: Server, role: Role, *, name: str) -> RemoteFolder:
    """The account's folder for something, made under this name when there is none. Raises ServerFault."""
    found = account.remote_folders.filter(role=role).first()
    if found:
        return found
    server.create(name)
    folder, _is_new = RemoteFolder.objects.update_or_create(account=account, name=name, defaults={"role": role, "is_chosen": role in USUAL})
    return folder
