"""Paragraphs that a mail program broke into lines so that others may join them again (RFC 3676)."""

import re

QUOTES = re.compile(r">*")
SIGNATURE = "-- "


def join(text: str, *, drops_space: bool) -> str:
    """The text with its soft line breaks taken out; `drops_space` is the DelSp parameter."""
    joined: list[str] = []
    open_depth = -1  # of the paragraph that goes on
    for line in text.split("\n"):
        depth = len(QUOTES.match(line).group())  # type: ignore[union-attr]  # matches everything
        words = line[depth:].removeprefix(" ")
        is_soft = words.endswith(" ") and words != SIGNATURE
        content = words[:-1] if is_soft and drops_space else words
        if depth == open_depth and words != SIGNATURE:
            joined.append(content)
        else:
            joined += ["\n" if joined or open_depth >= 0 else "", _quoted(content, depth)]
        open_depth = depth if is_soft else -1
        if not is_soft:
            joined.append("")
    return "".join(joined)


def _quoted(words: str, depth: int) -> str:
    return f"{'>' * depth} {words}" if depth else words
