"""Pictures of others: decoded here, measured, and drawn anew, so that a browser of ours never reads what they sent."""

import io
import struct
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
MAX_BYTES: Final = 5 * 1024 * 1024  # of a picture that is fetched
MAX_PIXELS: Final = 25_000_000
MAX_SIDE: Final = 2400  # of what is shown: no mail is wider, on the sharpest screen
MAX_MOVING: Final = 40_000_000  # pixels of all frames of one that moves; of more, the first frame
MOST_FRAMES: Final = 1000  # a file of some megabytes may hold a million that show one pixel
BROKEN = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    OverflowError,
    MemoryError,
    LookupError,
    TypeError,
)
BOMB = (Warning, Image.DecompressionBombError)


class Unusable(Exception):
    """It is no picture of a kind that we show, or one made to fill the memory."""


@dataclass(frozen=True)
class Drawn:
    """A picture as we wrote it, and the type that it is answered with."""

    content: bytes
    content_type: str


def redraw(content: bytes, *, side: int = MAX_SIDE) -> Drawn:
    """The same picture, written by us; one that is larger is scaled to `side` pixels. Raises Unusable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Unusable
                return _moving(image, side) or _still(image, side)
    except (*BROKEN, *BOMB):
        raise Unusable from None


def is_modest(content: bytes) -> bool:
    """Whether it is a picture, and one that any program can unfold; only its beginning is read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                return image.width * image.height <= MAX_PIXELS
    except (*BROKEN, *BOMB):
        return False


def _still(image: Image.Image, side: int) -> Drawn:
    image.draft("RGB", (side, side))  # a JPEG is decoded small, at a fraction of the work
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((side, side), Image.Resampling.LANCZOS)
    if image.format == "JPEG" and upright.mode in ("L", "RGB"):
        return _written(upright, "JPEG", quality=88)
    return _written(upright.convert("RGBA"), "PNG", compress_level=4)


def _moving(image: Image.Image, side: int) -> Drawn | None:
    """An animation with all of its frames drawn anew; None for a still, or for one with more frames than are worth it."""
    if not getattr(image, "is_animated", False) or max(image.size) > side:
        return None
    most = min(MOST_FRAMES, MAX_MOVING // (image.width * image.height))
    drawn: list[Image.Image] = []
    times = []
    for _frame in ImageSequence.Iterator(image):  # how many there are takes reading all of them
        if len(drawn) == most:
            image.seek(0)
            return None
        drawn.append(image.convert("RGBA"))
        times.append(max(20, int(image.info.get("duration", 100))))
    return _written(drawn[0], "WEBP", save_all=True, append_images=drawn[1:], duration=times, loop=0, lossless=False, quality=80, method=0)


def _written(image: Image.Image, form: str, **options: object) -> Drawn:
    image.info.clear()
    written = io.BytesIO()
    image.save(written, form, **options)
    return Drawn(written.getvalue(), f"image/{form.lower()}")
