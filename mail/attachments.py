"""The files that go with a mail."""

from __future__ import annotations

import logging
import mimetypes
import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from mail import addresses, body
from mail.models import Account, Attachment, Message
from mail.parsing import Part

logger = logging.getLogger(__name__)
MEGABYTE = 1024 * 1024
BASE64_LINE, BASE64_ENCODED = 57, 78  # bytes of a file in a line, and of that line with its end (RFC 2045 6.8)
KEPT_FOR_WORDS = 256 * 1024  # text, HTML and headers of a mail
MAX_NAME = 200
CONTENT_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+", re.ASCII)
COMPOSITE = ("message/", "multipart/")  # mail programs would unfold these: they travel as plain files


class TooLarge(Exception):
    """The files do not fit into one mail; `sentence` tells the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotADraft(Exception):
    """The message is in the outbox or sent: its files can no longer be changed."""


@transaction.atomic
def add(*, message: Message, upload: UploadedFile[Any]) -> Attachment:
    """Put a file to a draft; what is there already stays. Raises TooLarge, NotADraft, and OSError when the disk is full."""
    if Message.objects.select_for_update().get(pk=message.pk).folder != Message.Folder.DRAFTS:
        raise NotADraft
    check_total(message, more=upload.size or 0)
    name = _file_name(upload.name or "")
    return Attachment.objects.create(
        message=message, file=upload, name=name, content_type=_content_type(name, upload.content_type or ""), size=upload.size or 0
    )


def keep_received(*, message: Message, parts: Iterable[Part]) -> list[Attachment]:
    """Store the files of a received mail, all or none. Raises OSError when the disk is full."""
    kept: list[Attachment] = []
    try:
        for part in parts:
            kept.append(_received(message, part))
            kept[-1].file.storage.save(kept[-1].file.name, ContentFile(part.content))
        return Attachment.objects.bulk_create(kept)
    except BaseException:
        take_from_disk(kept)
        raise


def take_from_disk(kept: Iterable[Attachment]) -> None:
    """Delete the files of rows that the database did not take after all."""
    for attachment in kept:
        attachment.file.storage.delete(attachment.file.name or "")


def _received(message: Message, part: Part) -> Attachment:
    """A row whose file is yet to be written: half of it is written, too, when the disk is full."""
    row = Attachment(
        message=message,
        name=_file_name(part.name),
        content_type=part.content_type,
        size=len(part.content),
        content_id=part.content_id,
        is_inline=part.is_inline,
    )
    row.file.name = row.file.field.generate_filename(row, part.name)
    return row


@transaction.atomic
def copy_all(*, source: Message, draft: Message) -> None:
    """Put copies of a message's files to a draft; what is shown inside of the text is no file of its own."""
    for attachment in source.attachments.filter(is_inline=False):
        copy_one(attachment, draft=draft)


def copy_one(attachment: Attachment, *, draft: Message) -> None:
    """Put a copy of a file to a draft; one that is no longer on the disk is left out."""
    try:
        with attachment.file.open("rb") as content:
            Attachment.objects.create(
                message=draft,
                file=File(content, name=attachment.name),
                name=attachment.name,
                content_type=attachment.content_type,
                size=attachment.size,
            )
    except FileNotFoundError:
        logger.warning("File %s of a mail is missing on the disk.", attachment.pk)


@transaction.atomic
def remove(*, attachment: Attachment) -> None:
    """Take a file from a draft, and from the disk once that is certain. Raises NotADraft."""
    if attachment.message.folder != Message.Folder.DRAFTS:
        raise NotADraft
    transaction.on_commit(partial(attachment.file.storage.delete, attachment.file.name or ""))
    attachment.delete()


def total_size(message: Message) -> int:
    """Bytes of the files and of the pictures in the text."""
    files = message.attachments.aggregate(bytes=Sum("size"))["bytes"] or 0
    return files + body.inline_image_bytes(message.body_html)


def limit(account: Account | None) -> int:
    """How many bytes of files a mail takes: Candor's own limit, or what the account's server leaves once they are encoded."""
    if account is None or account.max_bytes is None:
        return settings.MAX_MESSAGE_BYTES
    room = (account.max_bytes - KEPT_FOR_WORDS) * BASE64_LINE // BASE64_ENCODED
    return min(settings.MAX_MESSAGE_BYTES, max(room, 0))


def check_total(message: Message, *, more: int = 0) -> None:
    """See that all files, and `more` bytes, fit into one mail. Raises TooLarge."""
    size, most = total_size(message) + more, limit(message.account)
    if size > most:
        numbers = {"size": number_format(size / MEGABYTE, 1), "limit": number_format(most / MEGABYTE, 0 if most % MEGABYTE == 0 else 1)}
        text = _("The attachments would have %(size)s MB together; a mail takes %(limit)s MB. Send large files as a link.")
        raise TooLarge(text % numbers)


def _file_name(name: str) -> str:
    """The name without folders and control characters; shortened in front of its ending."""
    name = addresses.one_line(name.replace("\\", "/").rpartition("/")[2]) or _("file")
    stem, dot, ending = name.rpartition(".")
    if len(name) > MAX_NAME and dot and len(ending) < 20:
        return stem[: MAX_NAME - len(ending) - 1] + dot + ending
    return name[:MAX_NAME]


def _content_type(name: str, claimed: str) -> str:
    """The type by the file's name, else what the browser claims, else bytes."""
    for candidate in (mimetypes.guess_type(name)[0], claimed.partition(";")[0].strip().lower()):
        if candidate and CONTENT_TYPE.fullmatch(candidate) and not candidate.startswith(COMPOSITE) and len(candidate) <= 100:
            return candidate
    return "application/octet-stream"
