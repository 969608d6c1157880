"""The files of a mail: their names and types, and which of them the HTML shows."""

import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import unquote

from mail import addresses
from mail.parsing import charsets, heads, words
from mail.parsing.heads import Head
from mail.parsing.letter import MAX_CONTENT_ID, MAX_FILE_NAME, Part

BYTES = "application/octet-stream"
ENCLOSED = frozenset({"message/rfc822", "message/global", "message/news"})
ENDINGS = {  # where the system's table of types has none, or an odd one
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/news": ".eml",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "text/rfc822-headers": ".txt",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "image/jpeg": ".jpg",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".txt",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/ms-tnef": ".dat",
    BYTES: ".bin",
}
STEMS = {"message": "message", "text": "text", "image": "image", "audio": "audio", "video": "video"}
CID = re.compile(r"cid:([^\"'\s<>)]{1,1000})", re.IGNORECASE)
MOST_LOCATIONS = 50


@dataclass(frozen=True)
class File:
    """A file before it is known whether the HTML shows it."""

    part: Part
    location: str = ""  # what the HTML may call it in place of its Content-ID (RFC 2557)


def name_of(head: Head) -> str:
    """What the sender calls the file; "" when nothing says so."""
    claimed = head.parameter("filename", "content-disposition") or head.parameter("name")
    return tidy(words.decode_text(claimed))


def file_of(head: Head, content: bytes) -> File:
    """A part as a file."""
    content_id = addresses.one_line(charsets.decode(head.first("content-id"))).strip("<> ")
    location = addresses.one_line(charsets.decode(head.first("content-location")))
    name = name_of(head) or usual_name(head, content)
    part = Part(
        name=name,
        content_type=_type_of(head.content_type, name),
        content=content,
        content_id=content_id if len(content_id) <= MAX_CONTENT_ID else "",
    )
    return File(part, location)


def usual_name(head: Head, content: bytes) -> str:
    """A name for what has none: an enclosed mail's subject, else one by its type."""
    kind = head.content_type
    ending = ENDINGS.get(kind) or mimetypes.guess_extension(kind) or ".bin"
    subject = _subject(content) if kind in ENCLOSED else ""
    return tidy(f"{subject or STEMS.get(kind.partition('/')[0], 'file')}{ending}")


def settled(files: Iterable[File], html: str) -> tuple[tuple[Part, ...], str]:
    """The files, those that the HTML shows marked; and the HTML, in which a picture's location has become its Content-ID."""
    files = list(files)
    for place, file in enumerate(files[:MOST_LOCATIONS]):
        spellings = [f"{quote}{file.location}{quote}" for quote in "\"'"] if file.location else []
        if any(one in html for one in spellings):
            content_id = file.part.content_id or f"{sha256(file.location.encode()).hexdigest()[:32]}@location.invalid"
            for one in spellings:
                html = html.replace(one, f'"cid:{content_id}"', MOST_LOCATIONS)
            files[place] = replace(file, part=replace(file.part, content_id=content_id))
    shown = {unquote(one) for one in CID.findall(html)}
    return tuple(replace(one.part, is_inline=True) if one.part.content_id in shown else one.part for one in files), html


def _type_of(claimed: str, name: str) -> str:
    """The type as claimed; of what is only said to be bytes the one that its name's ending stands for."""
    usual = mimetypes.guess_type(f"file.{name.rpartition('.')[2]}")[0] if claimed == BYTES and "." in name else None
    return usual if usual and not usual.startswith("message/") else claimed


def _subject(content: bytes) -> str:
    return words.decode(heads.read(content, 0, min(len(content), 64 * 1024)).first("subject")[:1_000])[:100]


def tidy(name: str) -> str:
    """A name without folders, cut in front of its ending."""
    name = charsets.clean(name).replace("\\", "/").rpartition("/")[2].strip()
    stem, dot, ending = name.rpartition(".")
    if len(name) > MAX_FILE_NAME and dot and len(ending) < 20:
        return stem[: MAX_FILE_NAME - len(ending) - 1] + dot + ending
    return name[:MAX_FILE_NAME]
