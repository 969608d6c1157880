"""Files kept with records: stored, given out, deleted together with their bytes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.lib import filenames
from crm.records import disk, readers
from crm.records.models import Record, StoredFile
from crm.records.removal import as_link


class TooLarge(Exception):
    """The file is larger than what is kept; `sentence` tells the person."""

    def __init__(self, name: str, size: int) -> None:
        words = {"name": name, "size": filesizeformat(size), "limit": filesizeformat(settings.MAX_FILE_BYTES)}
        self.sentence = _("“{name}” was not kept: it has {size}, and a file may have {limit} at most.").format(**words)
        super().__init__(self.sentence)


@transaction.atomic
def keep(*, record: Record, upload: UploadedFile[Any], by: User) -> StoredFile:
    """Keep a file with a record, under a random name on the disk. Raises TooLarge, and OSError when the disk is full."""
    name, size = filenames.safe_name(upload.name or ""), upload.size or 0
    if size > settings.MAX_FILE_BYTES:
        raise TooLarge(name, size)
    row = StoredFile(uploaded_by=by, name=name, size=size, **as_link(record))
    row.file.save(uuid4().hex, upload, save=False)
    try:
        with transaction.atomic():
            row.save()
    except BaseException:
        row.file.storage.delete(row.file.name or "")
        raise
    return row


def may_remove(user: User, file: StoredFile) -> bool:
    """Whoever uploaded it may, and whoever may change its record."""
    return file.uploaded_by_id == user.pk or (file.record is not None and readers.may_change(user, file.record))


@transaction.atomic
def remove(*, file: StoredFile) -> None:
    """Delete a file; its bytes go once that is committed."""
    disk.take_along([file])
    file.delete()
