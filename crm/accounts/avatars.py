"""Pictures of users: checked, turned upright, cut to a square, scaled and written anew, so that nothing of the upload remains."""

import io
import struct
import warnings
from typing import IO, Final

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

SIDE: Final = 256  # pixels of the stored square
MAX_BYTES: Final = 10 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000  # of a large camera; more is an attempt to fill the memory
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
BROKEN = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombWarning)


class UnusablePicture(Exception):
    """The upload cannot be a user's picture; the message is a sentence for the person."""


def square(upload: IO[bytes], *, size: int) -> bytes:
    """Turn an upload of `size` bytes into a square WebP image without metadata; raises UnusablePicture."""
    if size > MAX_BYTES:
        raise UnusablePicture(_("The picture is larger than 10 MB. Choose a smaller one."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(upload, formats=FORMATS) as image:
                return _rewritten(image)
    except Image.DecompressionBombError:
        raise UnusablePicture(_too_many_pixels()) from None
    except BROKEN:
        raise UnusablePicture(_("This file is not a picture that we can read. Choose a JPEG, PNG, WebP or GIF file.")) from None


def _rewritten(image: Image.Image) -> bytes:
    if image.width * image.height > MAX_PIXELS:
        raise UnusablePicture(_too_many_pixels())
    image.draft("RGB", (SIDE * 2, SIDE * 2))  # a JPEG is decoded small, at an eighth of the work
    upright = ImageOps.exif_transpose(image)
    clean = ImageOps.fit(upright.convert("RGBA"), (SIDE, SIDE), Image.Resampling.LANCZOS)
    clean.info.clear()
    written = io.BytesIO()
    clean.save(written, "WEBP", quality=86)
    return written.getvalue()


def _too_many_pixels() -> str:
    return _("The picture has too many pixels. Choose one of at most 50 megapixels.")
