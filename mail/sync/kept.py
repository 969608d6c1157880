"""Mails that could not be fetched or read: kept raw, told on the settings page, tried again with the next version of the reader."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.core.files.base import ContentFile
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from mail.faults import Kind, ServerFault
from mail.models import KeptMail, RemoteFolder
from mail.parsing import VERSION

NOT_HANDED_OUT = _("The server lists this mail and does not hand it out.")
BREAKS_CONNECTION = _("The connection to the server breaks whenever this mail is fetched.")
MOST_BREAKS = 3  # after which a mail that ends the connection is passed over


def keep(folder: RemoteFolder, uid: int, *, reason: str, raw: bytes = b"", now: datetime) -> None:
    """Note a mail that could not be taken in, with its bytes if there are any; saying it twice changes nothing more."""
    values = {"reason": str(reason)[:500], "reader_version": VERSION, "kept_at": now}
    mail, _is_new = KeptMail.objects.update_or_create(folder=folder, validity=folder.validity, uid=uid, defaults=values)
    if raw and not mail.file:
        mail.file.save("mail.eml", ContentFile(raw))


def forget(mail: KeptMail) -> None:
    """It came in after all."""
    if mail.file:
        mail.file.delete(save=False)
    mail.delete()


def told(mails: QuerySet[KeptMail]) -> QuerySet[KeptMail]:
    """Without those over which a connection broke only once or twice: they may come in next time."""
    return mails.exclude(file="", fetch_attempts__gt=0, fetch_attempts__lt=MOST_BREAKS)


def passed_over(folder: RemoteFolder) -> set[int]:
    """UIDs over which the connection broke so often that they are left to a later version."""
    found = KeptMail.objects.filter(folder=folder, validity=folder.validity, fetch_attempts__gte=MOST_BREAKS, reader_version=VERSION)
    return set(found.values_list("uid", flat=True))


def suspects(folder: RemoteFolder) -> set[int]:
    """UIDs that were on their way when the connection broke: these are fetched one by one."""
    found = KeptMail.objects.filter(folder=folder, validity=folder.validity, file="", fetch_attempts__gt=0)
    return set(found.values_list("uid", flat=True))


@contextlib.contextmanager
def watched(folder: RemoteFolder, uids: Sequence[int], *, now: datetime) -> Iterator[None]:
    """While messages are fetched: when the connection breaks, whoever was on the way is suspected."""
    try:
        yield
    except ServerFault as error:
        if error.kind in (Kind.CUT_OFF, Kind.NO_ANSWER, Kind.NO_PROTOCOL):
            _suspect(folder, uids, now)
        raise
    else:
        KeptMail.objects.filter(folder=folder, validity=folder.validity, uid__in=uids, file="").delete()


def _suspect(folder: RemoteFolder, uids: Sequence[int], now: datetime) -> None:
    """Of several, each may be the one; alone, it counts."""
    for uid in uids:
        values = {"reason": str(BREAKS_CONNECTION), "reader_version": VERSION, "kept_at": now}
        mail, _is_new = KeptMail.objects.get_or_create(folder=folder, validity=folder.validity, uid=uid, defaults=values)
        step = 1 if len(uids) == 1 or not mail.fetch_attempts else 0
        KeptMail.objects.filter(pk=mail.pk).update(fetch_attempts=F("fetch_attempts") + step)
