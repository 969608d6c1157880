"""Files of a mail as they are given out: names and types that do no harm, what can be looked at here, and what runs when it is opened."""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from mail import contents, redrawing
from mail.models import Attachment, Message

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
PICTURES: Final = frozenset({"png", "jpg", "jpeg", "gif", "webp"})
READABLE: Final = frozenset({"eml", "txt", "csv", "md", "log", "ics", "vcf"})  # shown here as text and nothing else
# Programs and scripts, what installs them, and the shortcuts and disk images that hide them.
OF_PROGRAMS: Final = (
    "exe com scr pif bat cmd msi msp msix appx cpl jar js jse vbs vbe wsf wsh hta ps1 psm1 lnk url scf reg inf dll sys chm application "
    "gadget sh bash command app dmg pkg deb rpm apk run bin desktop workflow iso img vhd vhdx xll xlam one library-ms settingcontent-ms"
)
OF_MACROS: Final = "docm dotm xlsm xltm xlsb pptm potm ppsm sldm doc xls ppt slk iqy"  # may carry programs inside
OF_PAGES: Final = "html htm xhtml shtml mht mhtml svg svgz xml xsl"  # could pretend to be a sign-in
RUNS: Final = frozenset(OF_PROGRAMS.split())
MACROS: Final = frozenset(OF_MACROS.split())
WEB: Final = frozenset(OF_PAGES.split())
MAX_NAME: Final = 120
MAX_PICTURE: Final = 20 * 1024 * 1024  # bytes of a picture that is drawn
THUMBNAIL: Final = 360  # pixels a side
PREVIEW: Final = 2400
MAX_TEXT: Final = 300_000  # bytes
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)  # devices to Windows
UNSAFE = re.compile(r"[/\\:*?\"<>|]+")


@dataclass(frozen=True)
class File:
    """An attachment as its card shows it."""

    pk: int
    name: str
    size: int
    kind: str  # of its sign: picture, text, archive, other
    warning: str
    has_preview: bool
    is_readable: bool


def listed(message: Message) -> list[File]:
    """The files of a mail, without the pictures that its text shows."""
    parts = list(message.attachments.all())
    inside = [part for part in parts if part.is_inline and part.content_id]
    shown = _shown(message) if inside else set()
    return [_card(part) for part in parts if not (part in inside and part.content_id in shown)]


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


def warning(name: str) -> str:
    """A sentence on files that may do something when they are opened, or nothing."""
    last = ending(name)
    if last in RUNS:
        return _("This file is a program. Open it only if you expected it from this sender.")
    if last in MACROS:
        return _("This file may contain macros, which are programs. Do not enable them unless you expected it.")
    if last in WEB:
        return _("This file is a web page. Do not type a password into it.")
    return ""


def _card(part: Attachment) -> File:
    last = ending(part.name)
    kind = (
        "picture"
        if last in PICTURES
        else "archive"
        if last in ("zip", "rar", "7z", "gz", "tar")
        else "text"
        if last in READABLE
        else "other"
    )
    has_preview = last in PICTURES and part.size <= MAX_PICTURE
    return File(part.pk, safe_name(part.name), part.size, kind, warning(part.name), has_preview, last in READABLE)


def _shown(message: Message) -> set[str]:
    """Which parts the text refers to."""
    return {picture.content_id for picture in contents.read(message.body_html).pictures if picture.content_id}


def _shortened(name: str) -> str:
    """Cut in front of its ending, by characters and by the bytes that file systems count."""
    stem, dot, last = name.rpartition(".")
    if not dot or len(last) > 15:
        stem, last = name, ""
    room = MAX_NAME - len(last) - 1
    while len(stem) > room or len(stem.encode(errors="replace")) > 220:
        stem = stem[:-1]
    return f"{stem}.{last}" if last else stem


def drawn(part: Attachment, *, side: int) -> redrawing.Drawn:
    """A picture drawn by us, at most so many pixels wide and high. Raises redrawing.Unusable, and OSError when the file is gone."""
    if ending(part.name) not in PICTURES or part.size > MAX_PICTURE:
        raise redrawing.Unusable
    with part.file.open("rb") as file:
        return redrawing.redraw(file.read(MAX_PICTURE), side=side)


def as_text(content: bytes) -> str:
    """Bytes of any kind as words that can be shown; in UTF-8 they may have been cut in the middle of a letter."""
    for encoding in ("utf-8-sig", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return _visible(codecs.getincrementaldecoder(encoding)().decode(content))
        except UnicodeDecodeError:
            continue
    return _visible(content.decode("cp1252", errors="replace"))


def _visible(text: str) -> str:
    return "".join(letter for letter in text if letter in "\n\r\t" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs"))
