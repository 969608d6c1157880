"""Files that prove an entry of the ledger: which are taken, and how they are given out."""

from pathlib import Path
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse
from django.utils.translation import gettext as _

from crm.consent.models import Consent
from crm.lib.filenames import HEADERS

LARGEST: Final = 10  # MB
TYPES: Final = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "txt": "text/plain",
    "eml": "application/octet-stream",  # a mail may hold anything: it is only saved
    "msg": "application/octet-stream",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
}


def rules() -> str:
    """What may be put there, in words."""
    return _("PDF, picture, text, mail or document, up to %(size)d MB. Whoever sees the contact can download it.") % {"size": LARGEST}


def accepted() -> str:
    """For the browser's own dialogue."""
    return ",".join(f".{ending}" for ending in TYPES)


def fault(upload: "UploadedFile[Any]") -> str:
    """Why the file is not taken, or nothing."""
    if _ending(upload.name or "") not in TYPES:
        return _("Files of this kind are not taken. Take one of: %(kinds)s.") % {"kinds": ", ".join(TYPES)}
    if (upload.size or 0) > LARGEST * 1024 * 1024:
        return _("The file is larger than %(size)d MB.") % {"size": LARGEST}
    return ""


def as_download(entry: Consent) -> FileResponse:
    """The file, to be saved and never shown. Raises FileNotFoundError."""
    name = Path(entry.evidence.name or "").name
    kind = TYPES.get(_ending(name), "application/octet-stream")
    return FileResponse(entry.evidence.open("rb"), as_attachment=True, filename=name, content_type=kind, headers=HEADERS)


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""
