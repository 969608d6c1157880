"""The words of a mail: text parts decoded, put together, and each derived from the other where one is missing."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from html import escape, unescape

from mail import body
from mail.parsing import charsets, flowed
from mail.parsing.heads import Head
from mail.parsing.letter import MOST_HTML, MOST_TEXT

META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")
UNSEEN = (("<!--", "-->"), (r"<style\b", r"</style\s*>"), (r"<script\b", r"</script\s*>"), (r"<title\b", r"</title\s*>"))
BLOCK_END = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/table)\b[^<>]*>", re.IGNORECASE)
BLANK_LINES = re.compile(r"\n\s*\n\s*\n")
ENRICHED = re.compile(r"</?[a-z-]{1,30}>", re.IGNORECASE)
# HTML up to which the text is made with care: what is larger takes too long
CAREFUL_LENGTH, CAREFUL_TAGS, CAREFUL_QUOTES = 300_000, 6_000, 50
BETWEEN = "<br>\n"


@dataclass(frozen=True)
class Piece:
    """A stretch of what is read: as text, as HTML, or as both."""

    text: str | None = None
    html: str | None = None


def written(content: bytes, head: Head) -> Piece:
    """What a text part says."""
    kind, charset = head.content_type, head.parameter("charset")
    if kind == "text/html":
        return Piece(html=charsets.decode(content[: MOST_HTML * 4], charset or _named_in(content))[:MOST_HTML])
    text = charsets.decode(content[: MOST_TEXT * 4], charset)[:MOST_TEXT].replace("\r\n", "\n").replace("\r", "\n")
    if kind in ("text/enriched", "text/richtext"):
        text = ENRICHED.sub("", text.replace("<<", "<"))
    if head.parameter("format").lower() == "flowed":
        text = flowed.join(text, drops_space=head.parameter("delsp").lower() == "yes")
    return Piece(text=text)


def chosen(alternatives: list[list[Piece]]) -> list[Piece]:
    """One piece of what is said several times over (RFC 2046 5.1.4): the text, and the last and so the best HTML."""
    best = next((pieces for pieces in reversed(alternatives) if any(piece.html is not None for piece in pieces)), None)
    plain = [pieces for pieces in alternatives if pieces and pieces is not best]
    texts = dict.fromkeys(piece.text for pieces in plain for piece in pieces if piece.text is not None and piece.text.strip())
    text = "\n\n".join(texts) if texts else None
    if best is None:
        return [Piece(text=text)] if text is not None else []
    return [Piece(text=text, html=as_html(best))]


def as_html(pieces: Iterable[Piece]) -> str:
    """All pieces in order as HTML; "" when none of them is."""
    pieces = list(pieces)
    if all(piece.html is None for piece in pieces):
        return ""
    return BETWEEN.join(piece.html if piece.html is not None else _plain_html(piece.text or "") for piece in pieces)[:MOST_HTML]


def as_text(pieces: Iterable[Piece]) -> str:
    """All pieces in order as text."""
    pieces = list(pieces)
    is_modest = _is_modest("".join(piece.html or "" for piece in pieces if not _says_as_text(piece)))
    texts = [piece.text or "" if _says_as_text(piece) else text_of(piece.html or "", is_modest) for piece in pieces]
    return "\n\n".join(text.strip("\n") for text in texts if text.strip())[:MOST_TEXT]


def text_of(html: str, is_modest: bool) -> str:
    """The text that HTML says; of what is large or tangled, its words alone."""
    if is_modest:
        with suppress(Exception):  # the libraries raise all sorts of things on HTML that is none
            return charsets.clean(body.to_text(html))
    return _words_of(html)


def _says_as_text(piece: Piece) -> bool:
    return piece.text is not None and bool(piece.text.strip() or not piece.html)


def _is_modest(html: str) -> bool:
    return len(html) <= CAREFUL_LENGTH and html.count("<") <= CAREFUL_TAGS and html.lower().count("<blockquote") <= CAREFUL_QUOTES


def _words_of(html: str) -> str:
    for start, end in UNSEEN:
        html = _without(html, start, end)
    text = unescape(TAG.sub(" ", BLOCK_END.sub("\n", html[:CAREFUL_LENGTH])))
    return charsets.clean(BLANK_LINES.sub("\n\n", "\n".join(" ".join(line.split()) for line in text.splitlines()))).strip("\n")


def _without(html: str, start: str, end: str) -> str:
    """The HTML without what shows nothing."""
    first, *others = re.split(start, html, flags=re.IGNORECASE)
    split = (re.split(end, other, maxsplit=1, flags=re.IGNORECASE) for other in others)
    return " ".join([first, *(pieces[1] for pieces in split if len(pieces) > 1)])


def _plain_html(text: str) -> str:
    return f'<div style="white-space: pre-wrap">{escape(text)}</div>'


def _named_in(content: bytes) -> str:
    found = META_CHARSET.search(content[:4_000])
    return found[1].decode("ascii", "replace") if found else ""
