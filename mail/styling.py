"""What CSS of somebody else's mail is kept: listed properties with values that can only be words, numbers and colours.

Nothing that is kept can load (no `url()`, no `@import`), compute (`var()`, `calc()`, `expression()`), lie over other things
(no position, no negative margin, no transform) or say it in another spelling (escapes, comments). What passes is written anew.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

BOX = ("margin", "padding", "border")
SIDES = ("", "-top", "-right", "-bottom", "-left")
CORNERS = ("", "-top-left", "-top-right", "-bottom-right", "-bottom-left")
PROPERTIES = frozenset(
    {"color", "background", "background-color", "line-height", "letter-spacing", "word-spacing", "vertical-align", "white-space"}
    | {"list-style", "list-style-type", "list-style-position", "direction", "unicode-bidi", "opacity", "visibility", "display"}
    | {"font", "font-family", "font-size", "font-style", "font-weight", "font-variant", "font-stretch"}
    | {"text-align", "text-decoration", "text-decoration-color", "text-decoration-line", "text-indent", "text-transform"}
    | {"width", "height", "max-width", "min-width", "max-height", "min-height", "box-sizing", "table-layout", "float", "clear"}
    | {"border-collapse", "border-spacing", "empty-cells", "caption-side", "overflow", "word-break", "word-wrap", "overflow-wrap"}
    | {name + side for name in BOX for side in SIDES}
    | {f"border{side}-{what}" for side in SIDES for what in ("color", "style", "width")}
    | {f"border{corner}-radius" for corner in CORNERS}
)
DECLARATION = re.compile(r"\s*([a-zA-Z-]{1,40})\s*:\s*([^;]{1,300}?)\s*(!\s*important)?\s*", re.IGNORECASE)
COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)")
NUMBER = r"[+-]?(?:\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})"
COLOUR = r"#[0-9a-f]{3,8}|(?:rgb|hsl)a?\(\s*(?:[\d.%\s,/+-]|deg)*\)"
QUOTED = r"\"[\w .+-]*\"|'[\w .+-]*'"
PART = rf"(?:{COLOUR}|{NUMBER}(?:px|pt|em|rem|ex|ch|in|cm|mm|pc|vw|%)?(?![\w(])|{QUOTED}|-?[^\W\d_][\w-]*(?![\w(]))"
VALUE = re.compile(rf"{PART}(?:\s*[\s,/]\s*{PART})*", re.IGNORECASE)
LENGTH = re.compile(rf"({NUMBER})(px|pt|em|rem|ex|ch|in|cm|mm|pc|vw|%)?(?![\w(])", re.IGNORECASE)
PIXELS = {
    "px": 1.0,
    "pt": 4 / 3,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
    "ch": 8.0,
    "in": 96.0,
    "cm": 38.0,
    "mm": 3.8,
    "pc": 16.0,
    "vw": 14.0,
    "%": 10.0,
}
LARGEST = {"font": 150.0, "font-size": 150.0, "letter-spacing": 40.0, "word-spacing": 100.0, "line-height": 400.0}  # in pixels
LARGEST_ELSEWHERE = 3000.0
SMALLEST = {"text-indent": -100.0, "letter-spacing": -3.0, "word-spacing": -10.0}  # Word hangs the marks of its lists out to the left
DISPLAYS = "none block inline inline-block list-item table table-row table-cell table-row-group inline-table initial"
WORDS = {  # where only these do no harm
    "display": frozenset(DISPLAYS.split()),
    "overflow": frozenset({"hidden", "visible", "auto"}),
    "unicode-bidi": frozenset({"normal", "embed", "isolate"}),
    "box-sizing": frozenset({"border-box", "content-box"}),
}
SELECTOR = re.compile(r"(?:\*|[a-z][a-z0-9]*)?(?:[.#][a-z_][\w-]*)*(?::(?:hover|link|visited|first-child|last-child))?", re.IGNORECASE)
COMBINATOR = re.compile(r"\s*>\s*|\s+")
MEDIA = re.compile(
    r"@media\s+((?:only\s+)?(?:screen|all)\s*(?:and\s*)?)?((?:\(\s*(?:max|min)-(?:device-)?width\s*:\s*\d{2,4}px\s*\)\s*(?:and\s*)?)*)"
)
MOST_RULES = 3000
MOST_SELECTORS = 60  # of one rule
LONGEST_SHEET = 300_000  # characters
DEEPEST_SELECTOR = 6


@dataclass(frozen=True)
class Rule:
    """Selectors that share declarations, and the media query that they stand in, or nothing."""

    media: str
    selectors: tuple[str, ...]
    declarations: str


@lru_cache(maxsize=4096)  # one mail says the same of hundreds of cells
def declarations(style: str) -> str:
    """The harmless declarations of a style attribute or rule, written anew."""
    parts = COMMENT.sub("", style).split(";") if len(style) < 20_000 else []
    return ";".join(kept for part in parts if (kept := _declaration(part)))


def sheet(css: str) -> list[Rule]:
    """The harmless rules of a style sheet, those inside of simple media queries included."""
    rules: list[Rule] = []
    css = COMMENT.sub("", css[:LONGEST_SHEET].replace("<!--", " ").replace("-->", " "))
    for prelude, block in _blocks(css):
        if prelude.startswith("@"):
            media = _media(prelude)
            rules += [rule for inner, body in _blocks(block) if media and (rule := _rule(inner, body, media))]
        elif rule := _rule(prelude, block, ""):
            rules.append(rule)
        if len(rules) >= MOST_RULES:
            break
    return rules[:MOST_RULES]


def written(rules: list[Rule]) -> str:
    """The rules as a style sheet."""
    plain = (f"{','.join(rule.selectors)}{{{rule.declarations}}}" for rule in rules)
    return "\n".join(f"{rule.media}{{{text}}}" if rule.media else text for rule, text in zip(rules, plain, strict=True))


def _declaration(part: str) -> str:
    match = DECLARATION.fullmatch(part)
    if not match:
        return ""
    name, value = match[1].lower(), match[2]
    if name not in PROPERTIES or not VALUE.fullmatch(value) or not _is_modest(name, value.lower()):
        return ""
    return f"{name}:{' '.join(value.split())}{' !important' if match[3] else ''}"


def _is_modest(name: str, value: str) -> bool:
    """Whether every length is of a size that mails have, and every word one that does no harm here."""
    if name in WORDS and value not in WORDS[name]:
        return False
    if name == "line-height" and value.replace(".", "").isdecimal():
        return float(value or 0) <= 10
    for number, unit in LENGTH.findall(value) if not value.startswith("#") else []:
        size = float(number) * PIXELS.get(unit, 1.0)
        if not SMALLEST.get(name, 0.0) <= size <= LARGEST.get(name, LARGEST_ELSEWHERE):
            return False
    return True


def _rule(prelude: str, block: str, media: str) -> Rule | None:
    kept = declarations(block.strip())
    selectors = tuple(one for text in prelude.split(",")[:MOST_SELECTORS] if (one := _selector(text.strip())))
    return Rule(media, selectors, kept) if kept and selectors else None


def _selector(text: str) -> str:
    parts = COMBINATOR.split(text)
    is_simple = len(text) < 200 and len(parts) <= DEEPEST_SELECTOR and all(part and SELECTOR.fullmatch(part) for part in parts)
    return text if is_simple and text.isascii() else ""


def _media(prelude: str) -> str:
    """The query when it asks for nothing but a width."""
    match = MEDIA.fullmatch(" ".join(prelude.lower().split()) + " ") or MEDIA.fullmatch(" ".join(prelude.lower().split()))
    return " ".join(prelude.lower().split()) if match and match[2] else ""


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    """Each prelude with what stands between its braces; a statement without a block is left out."""
    position = 0
    while (opening := css.find("{", position)) >= 0:
        prelude = css[position:opening].rpartition(";")[2].strip()
        closing = _closing(css, opening)
        if closing < 0:
            return
        yield prelude, css[opening + 1 : closing]
        position = closing + 1


def _closing(css: str, opening: int) -> int:
    """Where the brace is closed; at most one pair deep, as a media query has it."""
    position, depth = opening, 0
    while (match := BRACE.search(css, position)) is not None:
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
        position = match.end()
    return -1


BRACE = re.compile(r"[{}]")
