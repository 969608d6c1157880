"""Files of a mail as they are given out: names and types that do no harm, what can be looked at here, and what runs when it is opened."""

import codecs
import unicodedata
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from crm.lib.filenames import ending, safe_name
from mail import contents, redrawing
from mail.models import Attachment, Message

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
MAX_PICTURE: Final = 20 * 1024 * 1024  # bytes of a picture that is drawn
THUMBNAIL: Final = 360  # pixels a side
PREVIEW: Final = 2400
MAX_TEXT: Final = 300_000  # bytes


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
