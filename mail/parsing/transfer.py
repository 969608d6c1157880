"""Content-Transfer-Encoding taken off, also where it is broken or a lie (RFC 2045 6)."""

import binascii
import re

LINE_ENDS = re.compile(rb"\r\n?")
NO_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
PADDING = re.compile(rb"=+")
MOST_PIECES = 10_000
LINE_BREAKS = b"\r\n"
UU_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S[^\n]{0,200})\n", re.MULTILINE)
MOST_UU_FILES = 20
PLAIN = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"})


def decode(content: bytes, encoding: str) -> tuple[bytes, bool]:
    """The bytes behind an encoding, and whether it was what it said; what cannot be decoded stays as it is."""
    if encoding in PLAIN:
        return content, True
    if encoding in ("quoted-printable", "quotedprintable", "quoted-printible"):
        return binascii.a2b_qp(LINE_ENDS.sub(b"\n", content)), True
    if encoding in ("base64", "base-64", "b"):
        return _from_base64(content)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        text = LINE_ENDS.sub(b"\n", content).decode("latin-1")
        _rest, files = take_uu_files(text)
        return (files[0][1], True) if files else (content, False)
    return content, False


def from_base64(content: bytes) -> bytes:
    """Base64, missing padding and strange bytes forgiven; pieces that were each padded are put together."""
    letters = content.translate(None, NO_BASE64)
    pieces = PADDING.split(letters, MOST_PIECES) if b"=" in letters[:-2] else [letters]
    return b"".join(_piece(piece.replace(b"=", b"")) for piece in pieces)


def _from_base64(content: bytes) -> tuple[bytes, bool]:
    strange = len(content.translate(None, LINE_BREAKS)) - len(content.translate(None, NO_BASE64))
    if strange > max(len(content) // 20, 2):  # it is text, not base64
        return content, False
    return from_base64(content), strange == 0


def _piece(letters: bytes) -> bytes:
    letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def take_uu_files(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The files that a text holds between “begin 644 name” and “end”, and the text without them."""
    files: list[tuple[str, bytes]] = []
    kept, position = [], 0
    for _try in range(MOST_UU_FILES):
        begin = UU_BEGIN.search(text, position)
        end = text.find("\nend", begin.end() - 1) if begin else -1
        if begin is None or end < 0:
            break
        content = _from_uu(text[begin.end() : end])
        kept.append(text[position : begin.end() if content is None else begin.start()])
        position = begin.end() if content is None else end + len("\nend")
        if content is not None:
            files.append((begin[1].strip(), content))
    return "".join([*kept, text[position:]]), files


def _from_uu(lines: str) -> bytes | None:
    try:
        return b"".join(binascii.a2b_uu(line.rstrip("\r")) for line in lines.split("\n") if line.strip("\r"))
    except ValueError:
        return None
