"""HTML read by a real parser and changed in place: everything but the given spans stays byte for byte as it was."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from justhtml import JustHTML

TAG_NAME = re.compile(r"<[a-zA-Z][^\s/>]*")
ATTRIBUTE = re.compile(r"""[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")
TAG_END = re.compile(r"[\s/]*>")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the source and what stands there instead."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Element:
    """An HTML element with a start tag of its own in the source. Attribute values are decoded, once."""

    name: str
    attributes: dict[str, str]
    start: int  # offset of its "<"
    is_opted_out: bool  # it, or something around it, carries data-notrack
    nodes: list[Any] = field(default_factory=list)  # one start tag may make several nodes (misnested formatting)

    @property
    def text(self) -> str:
        """What a reader sees of it, white space folded."""
        return " ".join("".join(piece for node in self.nodes for piece in _texts(node)).split())


def parse(html: str) -> Any:
    """The document as a mail client builds it: no scripts, nothing cleaned away. Offsets are wrong behind a BOM: strip it first."""
    return JustHTML(html, sanitize=False, track_node_locations=True, scripting_enabled=False).root


def elements(root: Any, names: frozenset[str]) -> list[Element]:
    """The HTML elements of these names in the order of their tags; what stands in a template, comment or textarea is none."""
    found: dict[int, Element] = {}
    for node, is_opted_out in _walk(root, False):
        if node.name in names and node.namespace == "html" and node.origin_offset is not None:
            fresh = Element(node.name, {k: v or "" for k, v in node.attrs.items()}, node.origin_offset, is_opted_out)
            found.setdefault(node.origin_offset, fresh).nodes.append(node)
    return [found[start] for start in sorted(found)]


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


def _walk(node: Any, is_opted_out: bool) -> Iterator[tuple[Any, bool]]:
    stack = [(node, is_opted_out)]
    while stack:  # not recursive: mails nest deeper than Python does
        node, is_opted_out = stack.pop()
        is_opted_out = is_opted_out or "data-notrack" in (getattr(node, "attrs", None) or {})
        yield node, is_opted_out
        stack += [(child, is_opted_out) for child in reversed(getattr(node, "children", None) or [])]


def _texts(node: Any) -> Iterator[str]:
    return (inner.data for inner, _ in _walk(node, False) if inner.name == "#text")
