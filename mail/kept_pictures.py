"""Pictures of the web that a reader has seen, kept for a day: opening a mail again tells nobody that it was opened again.

A frame without an origin has no cache in the browser that would do it.
"""

import os
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from mail.redrawing import Drawn

KEPT_FOR = timedelta(days=1)
LARGEST = 768 * 1024  # bytes
MOST = 1500  # files; what comes when they are there is fetched anew each time
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpeg", "image/webp": ".webp"}


def find(owner: int, src: str, *, now: datetime) -> Drawn | None:
    """The picture that this reader has seen within a day."""
    for content_type, ending in ENDINGS.items():
        path = _path(owner, src, ending)
        try:
            if path.stat().st_mtime > (now - KEPT_FOR).timestamp():
                return Drawn(path.read_bytes(), content_type)
        except OSError:
            continue
    return None


def keep(owner: int, src: str, drawn: Drawn) -> None:
    """Put a picture by; where that is not possible it is fetched again."""
    if len(drawn.content) > LARGEST:
        return
    path = _path(owner, src, ENDINGS[drawn.content_type])
    draft = path.with_name(f".{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if len(os.listdir(path.parent)) < MOST:
            draft.write_bytes(drawn.content)
            draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)


def drop_old(*, now: datetime) -> None:
    """Delete what was kept for long enough."""
    for path in _folder().glob("*"):
        if path.stat().st_mtime < (now - KEPT_FOR).timestamp():
            path.unlink(missing_ok=True)


def _path(owner: int, src: str, ending: str) -> Path:
    return _folder() / f"{sha256(f'{owner} {src}'.encode()).hexdigest()}{ending}"


def _folder() -> Path:
    return Path(settings.DATA_DIR, "pictures")
