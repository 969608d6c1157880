"""Files as they are given out: names and types that do no harm, and what tells a browser to save them and nothing else."""

import re
import unicodedata
from typing import Final

from django.utils.translation import gettext as _

OPAQUE: Final = "application/octet-stream"
OFFICE: Final = "application/vnd.openxmlformats-officedocument."
TYPES: Final = {  # by the file's ending, never by what the mail claims; a browser does nothing with these but to save or open them
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "txt": "text/plain",
    "csv": "text/csv",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "zip": "application/zip",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": f"{OFFICE}wordprocessingml.document",
    "xlsx": f"{OFFICE}spreadsheetml.sheet",
    "pptx": f"{OFFICE}presentationml.presentation",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
}
MAX_NAME: Final = 120
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)  # devices to Windows
UNSAFE = re.compile(r"[/\\:*?\"<>|]+")
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


def safe_name(name: str) -> str:
    """A file's name without folders, control and direction marks, or anything that a file system takes for something else."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(
        letter if unicodedata.category(letter)[0] != "C" and unicodedata.category(letter) not in ("Zl", "Zp") else "" for letter in base
    )
    plain = " ".join(UNSAFE.sub("_", plain).split()).strip(" .")
    if RESERVED.match(plain):
        plain = f"_{plain}"
    return _shortened(plain) or _("file")


def safe_type(name: str) -> str:
    """The type that a file is given out with: by its ending, or bytes."""
    return TYPES.get(ending(name), OPAQUE)


def ending(name: str) -> str:
    """What stands behind the last dot of the name that is shown, in lower case."""
    return safe_name(name).rpartition(".")[2].lower() if "." in safe_name(name) else ""


def _shortened(name: str) -> str:
    """Cut in front of its ending, by characters and by the bytes that file systems count."""
    stem, dot, last = name.rpartition(".")
    if not dot or len(last) > 15:
        stem, last = name, ""
    room = MAX_NAME - len(last) - 1
    while len(stem) > room or len(stem.encode(errors="replace")) > 220:
        stem = stem[:-1]
    return f"{stem}.{last}" if last else stem
