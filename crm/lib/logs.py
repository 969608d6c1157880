"""What keeps signed addresses (pixels, links, pictures, recipients' pages) out of every log line, and people's data out of tracebacks."""

import logging
import re
from types import TracebackType

TOKEN = re.compile(r"(/(?:[ilp]|p/[a-z]+|mail/pictures|calendar)/)[A-Za-z0-9_-]{6,}[^\s\"']*")
EMAIL = re.compile(r"[^\s@<>\"'(),;:=]+@[\w-]+(?:\.[\w-]+)+")
ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
QUOTED_ROW = re.compile(r"^(DETAIL: ).*", re.MULTILINE)  # PostgreSQL repeats the values of the row that it refused


class MaskTokens(logging.Filter):
    """Replaces the token (and the target behind it) of such a path by an ellipsis."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if "/i/" in text or "/l/" in text or "/p/" in text or "/pictures/" in text or "/calendar/" in text:
            record.msg, record.args = TOKEN.sub(r"\1…", text), None
        return True


class Line(logging.Formatter):
    """One line an event; where an error's own words follow it, without what they may quote: tokens, addresses, rows."""

    def format(self, record: logging.LogRecord) -> str:
        return QUOTED_ROW.sub(r"\1…", super().format(record))

    def formatException(self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]) -> str:
        text = super().formatException(ei)
        for pattern, instead in ((TOKEN, r"\1…"), (EMAIL, "…"), (ADDRESS, "…")):
            text = pattern.sub(instead, text)
        return text
