"""HTML read by a real parser and changed in place: everything but the given spans stays byte for byte as it was."""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from justhtml.parser.engine import ParseEngine, compile_raw_engine_plan

BLANK = r"\t\n\f\r "  # white space as HTML means it: a no-break space is part of a name
TAG_NAME = re.compile(rf"<[a-zA-Z][^{BLANK}/>]*")
ATTRIBUTE = re.compile(rf"""[{BLANK}/]*([^{BLANK}/>][^{BLANK}/>=]*)(?:[{BLANK}]*=[{BLANK}]*("[^"]*"|'[^']*'|[^{BLANK}>]*))?""")
TAG_END = re.compile(rf"[{BLANK}/]*>")
CONDITION = re.compile(r"\s*\[if[^\]]*\]>", re.IGNORECASE)
UNREAD = frozenset({"style", "script"})
MOST_TAGS = 60_000  # a megabyte of real mails has fewer
MOST_REPAIRS = 100_000  # elements opened anew or moved
MOST_SECONDS = 2.0  # of one reading; so many tags in good order take half a second
OPT_OUT = {  # marks that say "not this link": ours, and those that are written for other senders' trackers
    "data-notrack": None,
    "data-skip-click": None,  # ahoy_email
    "data-pm-no-track": None,  # Postmark
    "ses:no-track": None,  # Amazon SES
    "mc:disable-tracking": None,  # Mailchimp
    "clicktracking": "off",  # SendGrid
}


class TooComplex(ValueError):
    """HTML that would take too long to read, or too much memory."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the source and what stands there instead."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Element:
    """An element with a start tag of its own in the source. Attribute values are decoded, once."""

    name: str
    attributes: dict[str, str]
    start: int  # offset of its "<"
    is_opted_out: bool  # it, or something around it, carries a mark of OPT_OUT
    is_vml: bool  # it stands inside of a shape that only Outlook on Windows draws
    is_drawn: bool  # it is no HTML but SVG or MathML
    nodes: list[Any] = field(default_factory=list)  # one start tag may make several nodes (misnested formatting)
    words: list[str] = field(default_factory=list)  # as they stand below it, but not below another of the elements looked for

    @property
    def text(self) -> str:
        """What a reader sees of it, white space folded; in place of an image the words that stand for it."""
        return " ".join("".join(self.words).split()) or self.attributes.get("alt", "")


class _Engine(ParseEngine):  # type: ignore[misc]
    """Gives up on what takes too much: misnested tags may stand for a square of elements, or make each tag look at all that are open."""

    def __init__(self, html: str) -> None:
        plan = compile_raw_engine_plan(fragment=False, scripting_enabled=False)
        super().__init__(html, fragment=False, scripting_enabled=False, plan=plan, track_node_locations=True)
        self.repairs, self.ends_at = 0, time.thread_time() + MOST_SECONDS

    def _parse_start_tag(self, position: int, end: int) -> Any:
        self._spend(0)
        return super()._parse_start_tag(position, end)

    def _parse_end_tag(self, position: int, end: int) -> Any:
        self._spend(0)
        return super()._parse_end_tag(position, end)

    def _reconstruct_active_formatting(self) -> None:
        self._spend(len(self._active_formatting))
        super()._reconstruct_active_formatting()

    def _refresh_active_formatting_dirty(self) -> None:
        self._spend(len(self._active_formatting))
        super()._refresh_active_formatting_dirty()

    def _append_moved_node(self, parent: Any, node: Any) -> None:
        self._spend(1)
        super()._append_moved_node(parent, node)

    def _spend(self, repairs: int) -> None:
        self.repairs += repairs
        if self.repairs > MOST_REPAIRS or time.thread_time() > self.ends_at:
            raise TooComplex("The tags are too tangled.")


def parse(html: str) -> Any:
    """The document as a mail client builds it: no scripts, nothing cleaned away. A BOM is text to it: strip it first.

    This is the engine behind `JustHTML`, which with `track_node_locations` would show as text what a browser takes for a
    comment: `<![if !mso]>`, `<?xml …?>`, a comment that is never closed. Raises TooComplex.
    """
    if html.count("<") > MOST_TAGS:
        raise TooComplex("The HTML has too many tags.")
    return _Engine(html).parse()


def text_of(root: Any) -> str:
    """All words below a node as they stand."""
    return "".join(words for node, *_marks in _walk(root) if (words := _words(node)))


def depth(root: Any) -> int:
    """How many elements stand inside of one another at most."""
    return max(depth for _node, depth, *_marks in _walk(root))


def text_spans(html: str, root: Any) -> list[tuple[int, int]]:
    """Where the words that a reader sees stand in the source, up to the next tag each; styles and scripts are none."""
    nodes = (node for node, *_marks in _walk(root) if node.name == "#text" and _words(node))
    starts = {node.origin_offset for node in nodes if node.origin_offset is not None}
    return [(start, len(html) if (end := html.find("<", start)) < 0 else end) for start in sorted(starts)]


def conditional_comments(root: Any) -> list[tuple[int, str]]:
    """What stands in Outlook's conditional comments: each one's offset behind the condition, and its HTML."""
    found = []
    for node, *_marks in _walk(root):
        if node.name == "#comment" and (condition := CONDITION.match(node.data)):
            found.append((node.origin_offset + len("<!--") + condition.end(), node.data[condition.end() :]))
    return found


def elements(root: Any, names: frozenset[str]) -> list[Element]:
    """The elements of these names in the order of their tags; what stands in a template, comment or textarea is none."""
    found: dict[int, Element] = {}
    around: list[tuple[int, Element]] = []  # those that the walk is in, and how deep they stand
    for node, depth, is_opted_out, is_vml in _walk(root):
        while around and around[-1][0] >= depth:
            around.pop()
        if node.name in names and node.origin_offset is not None:
            attributes = {name: value or "" for name, value in node.attrs.items()}
            fresh = Element(node.name, attributes, node.origin_offset, is_opted_out, is_vml, is_drawn=node.namespace != "html")
            element = found.setdefault(node.origin_offset, fresh)
            element.nodes.append(node)
            around.append((depth, element))
        if around and (words := _words(node)):
            around[-1][1].words.append(words)
    return [found[start] for start in sorted(found)]


def body_starts(html: str, root: Any) -> Iterator[int]:
    """Where the body may be said to begin: behind its tag, before the first thing that is in it."""
    body = next((node for node, *_marks in _walk(root) if node.name == "body"), None)
    if body and body.origin_offset is not None:
        yield tag_span(html, body.origin_offset)[1]
    if body and body.children and body.children[0].origin_offset is not None:
        yield body.children[0].origin_offset


def value_span(html: str, tag_start: int, name: str) -> tuple[int, int] | None:
    """Where the value of a start tag's attribute stands, its quotes included; None without one. The first of a name counts."""
    position = _after_name(html, tag_start)
    while not TAG_END.match(html, position) and (match := ATTRIBUTE.match(html, position)):
        if match[1].lower() == name:
            return match.span(2) if match[2] is not None else None
        position = match.end()
    return None


def tag_span(html: str, tag_start: int) -> tuple[int, int]:
    """Where a start tag begins and ends. Raises ValueError when there is none."""
    position = _after_name(html, tag_start)
    while not (end := TAG_END.match(html, position)):
        attribute = ATTRIBUTE.match(html, position)
        if not attribute:
            raise ValueError("The tag has no end.")
        position = attribute.end()
    return tag_start, end.end()


def quoted(value: str) -> str:
    """An attribute's value as it is written into HTML."""
    return '"' + value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;") + '"'


def splice(html: str, spans: Iterable[Span]) -> str:
    """Put each span's text in its place."""
    pieces, position = [], 0
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        pieces += [html[position : span.start], span.text]
        position = span.end
    return "".join(pieces) + html[position:]


def _after_name(html: str, tag_start: int) -> int:
    name = TAG_NAME.match(html, tag_start)
    if not name:
        raise ValueError("No tag begins here.")
    return name.end()


def _walk(root: Any) -> Iterator[tuple[Any, int, bool, bool]]:
    """Every node, its depth, whether a mark of OPT_OUT holds for it, and whether it stands inside of VML."""
    stack = [(root, 0, False, False)]
    while stack:  # not recursive: mails nest deeper than Python does
        node, depth, is_opted_out, is_vml = stack.pop()
        is_opted_out = is_opted_out or _opts_out(getattr(node, "attrs", None) or {})
        is_vml = is_vml or node.name.startswith("v:")
        yield node, depth, is_opted_out, is_vml
        stack += [(child, depth + 1, is_opted_out, is_vml) for child in reversed(getattr(node, "children", None) or [])]


def _opts_out(attributes: dict[str, str | None]) -> bool:
    return any(name in attributes and wanted in (None, (attributes[name] or "").lower()) for name, wanted in OPT_OUT.items())


def _words(node: Any) -> str:
    """What a reader sees of this very node."""
    if node.name == "#text":
        return "" if node.parent.name in UNREAD else node.data
    return f" {node.attrs['alt']} " if node.name == "img" and node.attrs.get("alt") else ""
