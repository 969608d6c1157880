"""The header fields in front of a mail or a part (RFC 5322 2.2), as bytes, cut where they are absurd."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import Message as Fields
from functools import cached_property

from mail.parsing import charsets

MOST_FIELDS, MOST_SKIPPED = 2_000, 20
LONGEST_FIELD, LONGEST_HEAD = 64 * 1024, 1024 * 1024  # bytes
LONGEST_PARAMETERS = 8 * 1024  # characters; the library's reading of them takes a square of time
LINE_END = re.compile(rb"\r\n|\r|\n")
FIELD_END = re.compile(rb"(?:\r\n|\r(?!\n)|\n)(?![ \t])|\Z")
BLANK_LINE = re.compile(rb"(?:\r\n|\r(?!\n)|\n)(?:\r\n|\r|\n)")
NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
USUAL_NAME = re.compile(  # what a stray line among the header fields is followed by, and a body is not
    rb"(?:content-[a-z-]+|mime-version|subject|from|to|cc|date|message-id|received|x-[a-z0-9-]+|return-path|reply-to|sender|"
    rb"references|in-reply-to|delivered-to|dkim-signature|list-[a-z-]+|thread-[a-z]+|user-agent)[ \t]*:",
    re.IGNORECASE,
)
SPACE = re.compile(rb"\s+")
TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+", re.ASCII)


@dataclass(frozen=True)
class Head:
    """Header fields in order; names in lower case, values as they stand."""

    fields: tuple[tuple[bytes, bytes], ...]
    start: int  # where its first byte stands
    end: int  # where the body begins
    is_cut: bool = False
    default_type: str = field(default="text/plain", compare=False)

    def raw(self, name: str) -> list[bytes]:
        """All values of a field, unfolded."""
        wanted = name.encode()
        return [SPACE.sub(b" ", value).strip() for key, value in self.fields if key == wanted]

    def first(self, name: str) -> bytes:
        """The first value of a field, or nothing."""
        return next(iter(self.raw(name)), b"")

    def without(self, name: str) -> "Head":
        """The same head, had this field not been there."""
        return replace(self, fields=tuple(one for one in self.fields if one[0] != name.encode()))

    def word(self, name: str) -> str:
        """A value that only programs read, in lower case."""
        return charsets.decode(self.first(name)[:LONGEST_PARAMETERS]).strip().lower()

    @cached_property
    def content_type(self) -> str:
        """The type as main/sub in lower case; a broken one is the default."""
        claimed = self.word("content-type").partition(";")[0].strip().strip("\"'")
        claimed = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}.get(claimed, claimed)
        return claimed if TYPE.fullmatch(claimed) and len(claimed) <= 100 else self.default_type

    @cached_property
    def disposition(self) -> str:
        """“inline”, “attachment”, another word, or nothing."""
        return self.word("content-disposition").partition(";")[0].strip().strip("\"'")

    @cached_property
    def _parameters(self) -> Fields:
        fields = Fields()
        for name in ("content-type", "content-disposition"):
            fields[name] = charsets.decode(self.first(name)[:LONGEST_PARAMETERS])
        return fields

    def parameter(self, name: str, header: str = "content-type") -> str:
        """A parameter's value, continuations put together (RFC 2231); not yet freed of encoded words."""
        try:
            found = self._parameters.get_param(name, "", header)
            if isinstance(found, tuple):
                charset, _language, value = found
                return charsets.decode(str(value).encode("latin-1", "replace"), charset or "")
            return str(found or "")
        except (TypeError, ValueError, LookupError, IndexError):  # contradicting continuations
            pattern = re.compile(rf"{re.escape(name)}\*?[\d*]*\s*=\s*\"?([^\";]*)", re.IGNORECASE)
            simple = pattern.search(str(self._parameters[header]))
            return simple[1].strip() if simple else ""


def read(raw: bytes, start: int, end: int, *, default_type: str = "text/plain") -> Head:
    """The head that stands from `start`; where no blank line ends it, the first line that is no field begins the body."""
    fields: list[tuple[bytes, bytes]] = []
    position, length, skipped = start, 0, 0
    for found in _lines(raw, start, end):
        name = NAME.match(raw, found.start, found.end)
        if name is None:
            skipped += 1
            if not found.is_junk or skipped > MOST_SKIPPED:
                return Head(tuple(fields), start, found.body, length > LONGEST_HEAD, default_type)
        elif length <= LONGEST_HEAD and len(fields) < MOST_FIELDS:
            value = raw[name.end() : min(found.end, name.end() + LONGEST_FIELD)]
            fields.append((name[1].lower(), value))
            length += len(value)
        else:
            return Head(tuple(fields), start, _behind_blank_line(raw, position, end), True, default_type)
        position = found.end
    return Head(tuple(fields), start, end, False, default_type)


@dataclass(frozen=True)
class _Line:
    """An unfolded line: where it stands, where the body begins if it is no field, and whether fields go on behind it."""

    start: int
    end: int
    body: int
    is_junk: bool


def _lines(raw: bytes, start: int, end: int) -> Iterator[_Line]:
    position = start
    while position < end:
        blank = LINE_END.match(raw, position, end)
        if blank:
            yield _Line(position, position, blank.end(), False)
            return
        found = FIELD_END.search(raw, position, end)
        stop, following = (found.start(), found.end()) if found else (end, end)
        yield _Line(position, stop, position, USUAL_NAME.match(raw, following, end) is not None)
        position = following


def _behind_blank_line(raw: bytes, start: int, end: int) -> int:
    found = BLANK_LINE.search(raw, start, end)
    return found.end() if found else end
