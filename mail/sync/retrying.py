"""What could not be taken in is tried again: kept mail with the next version of the reader, mail that was not handed out a day later."""

from datetime import timedelta

from django.db.models import Q

from mail.models import KeptMail, RemoteFolder
from mail.parsing import VERSION
from mail.sync import kept
from mail.sync.entering import Entrance
from mail.sync.server import Flags, Head

A_DAY = timedelta(days=1)
MOST = 50  # in one run


def retry(folder: RemoteFolder, entrance: Entrance) -> None:
    """Of the open folder. Raises ServerFault."""
    mails = KeptMail.objects.filter(folder=folder, validity=folder.validity)
    for mail in mails.filter(reader_version__lt=VERSION).exclude(file="")[:MOST]:
        _read_again(mail, entrance)
    missing = mails.filter(Q(reader_version__lt=VERSION) | Q(kept_at__lt=entrance.now - A_DAY), file="")
    uids = sorted(missing.values_list("uid", flat=True)[:MOST])
    if not uids:
        return
    asked = mails.filter(uid__in=uids, file="")
    asked.update(reader_version=VERSION, kept_at=entrance.now, fetch_attempts=0)  # a fault costs a day, and forgets none
    count = entrance.enter(uids)
    asked.exclude(uid__in=count.kept).delete()


def _read_again(mail: KeptMail, entrance: Entrance) -> None:
    try:
        with mail.file.open("rb") as file:
            raw = file.read()
    except FileNotFoundError:
        KeptMail.objects.filter(pk=mail.pk).update(file="")  # the server is asked for it, below
        return
    head = entrance.server.heads([mail.uid]).get(mail.uid) or Head(mail.uid, len(raw), mail.kept_at, Flags(True, False), b"")
    if entrance.take(head, raw):
        kept.forget(mail)
