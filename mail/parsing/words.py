"""Text of header fields: encoded words (RFC 2047) and raw bytes, as tolerantly as mail programs read them."""

import binascii
import re
from collections.abc import Iterator
from itertools import groupby

from mail import addresses
from mail.parsing import charsets, transfer

ENCODED = re.compile(rb"=\?\s*([\w.:+()$-]{1,60})(?:\*[\w-]*)?\s*\?\s*([bBqQ])\s*\?([^?]*(?:\?(?!=)[^?]*){0,20})\?=")
Piece = tuple[str, str, bytes]  # "word" or "text", charset, bytes


def decode(value: bytes) -> str:
    """A field's text in one line."""
    if b"=?" not in value:
        return addresses.one_line(charsets.decode(value))
    runs = groupby(_pieces(value), key=lambda piece: piece[:2])
    return addresses.one_line("".join(charsets.decode(b"".join(piece[2] for piece in run), key[1]) for key, run in runs))


def decode_text(text: str) -> str:
    """The same of text that was decoded once, such as a file's name."""
    return decode(text.encode("utf-8", "replace")) if "=?" in text else addresses.one_line(text)


def _pieces(value: bytes) -> Iterator[Piece]:
    """Encoded words and what stands between them; blanks between two words mean nothing."""
    position, is_behind_word = 0, False
    for found in ENCODED.finditer(value):
        between = value[position : found.start()]
        if between and not (is_behind_word and between.isspace()):
            yield "text", "", between
        yield "word", charsets.codec_of(found[1].decode("ascii", "replace")), _content(found[2].lower(), found[3])
        position, is_behind_word = found.end(), True
    if position < len(value):
        yield "text", "", value[position:]


def _content(encoding: bytes, letters: bytes) -> bytes:
    if encoding == b"b":
        return transfer.from_base64(letters)
    return binascii.a2b_qp(letters, header=True)
