"""Plain text as HTML: every piece of it is escaped by itself, and only whole addresses become links."""

import re
from collections.abc import Iterator
from html import escape

ADDRESS = re.compile(
    r"(?P<web>(?<![\w/@.-])(?:https?://|www\.)[^\s<>\"'`{}|\\^\u200b-\u200f\u2028-\u202f\u2066-\u2069]{2,2000})"
    r"|(?P<mail>(?<![\w.+%/:=-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w@]))",
    re.IGNORECASE,
)
ENDS = ".,;:!?'’”»…"  # the sentence, not the address
PAIRS = {")": "(", "]": "["}
QUOTE = re.compile(r"((?:> ?)+)(.*)")
DEEPEST = 6


def as_html(text: str) -> str:
    """Plain text with its line breaks; addresses become links."""
    paragraphs = re.split(r"\n{2,}", text.replace("\r\n", "\n").replace("\r", "\n").strip())
    return "".join(f"<p>{linked(part).replace(chr(10), '<br>')}</p>" for part in paragraphs if part)


def with_quotes(text: str) -> str:
    """The same, with what stands behind “>” as quotations inside of one another."""
    pieces, depth, waiting = [], 0, list[str]()
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        level, words = _quoted(line)
        if level != depth:
            pieces.append(as_html("\n".join(waiting)))
            pieces.append("<blockquote>" * (level - depth) if level > depth else "</blockquote>" * (depth - level))
            depth, waiting = level, []
        waiting.append(words)
    return "".join([*pieces, as_html("\n".join(waiting)), "</blockquote>" * depth])


def linked(text: str) -> str:
    """One stretch of text, escaped, its addresses as links."""
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    position = 0
    for match in ADDRESS.finditer(text):
        yield escape(text[position : match.start()])
        address = match["mail"] or _trimmed(match["web"])
        position = match.start() + len(address)
        yield f'<a href="{escape(_target(address, is_mail=bool(match["mail"])))}">{escape(address)}</a>'
    yield escape(text[position:])


def _target(address: str, *, is_mail: bool) -> str:
    if is_mail:
        return f"mailto:{address}"
    return address if address.lower().startswith("http") else f"https://{address}"


def _trimmed(address: str) -> str:
    """Without the punctuation behind it, and without a closing bracket that was opened in front of it."""
    while address and (address[-1] in ENDS or (address[-1] in PAIRS and address.count(address[-1]) > address.count(PAIRS[address[-1]]))):
        address = address[:-1]
    return address


def _quoted(line: str) -> tuple[int, str]:
    match = QUOTE.fullmatch(line)
    return (min(match[1].count(">"), DEEPEST), match[2]) if match else (0, line)
