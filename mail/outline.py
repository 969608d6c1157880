"""The shape of a body, for the page that has to know its height: a frame without an origin of its own cannot be measured from outside.

It holds names of elements from a list, sizes and words, and no HTML that anybody would parse: the page builds boxes of it, out of sight.
"""

from typing import Any

Node = Any  # words, or [element, attributes, nodes]
OF_BLOCKS = "p div center blockquote pre hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd address"
OF_TABLES = "table caption colgroup col thead tbody tfoot tr td th"
OF_WORDS = "span a b strong i em u font big small sub sup code tt br nobr"
OF_SIZES = "style class id align valign width height border cellpadding cellspacing colspan rowspan nowrap size face hspace vspace type"
KEPT = frozenset(f"{OF_BLOCKS} {OF_TABLES} {OF_WORDS}".split())
SIZING = frozenset(OF_SIZES.split())
MOST_NODES = 6000
MOST_TEXT = 200_000
DEEPEST = 120


def of(root: Any) -> list[Node]:
    """The outline of a parsed body, or of its beginning."""
    body = next((node for node in _below(root) if getattr(node, "name", "") == "body"), root)
    return _Budget().children(body, 0)


def _below(root: Any) -> list[Any]:
    """The root, its children and theirs: the body is among them."""
    first = list(getattr(root, "children", None) or [])
    return [root, *first, *(child for node in first for child in getattr(node, "children", None) or [])]


class _Budget:
    """How much may still be told."""

    def __init__(self) -> None:
        self.nodes, self.letters = MOST_NODES, MOST_TEXT

    def children(self, node: Any, depth: int) -> list[Node]:
        told: list[Node] = []
        for child in getattr(node, "children", None) or []:
            if self.nodes <= 0 or self.letters <= 0 or depth > DEEPEST:
                break
            told += self._told(child, depth)
        return told

    def _told(self, node: Any, depth: int) -> list[Node]:
        if node.name == "#text":
            self.letters -= len(node.data)
            return [node.data[: self.letters + len(node.data)]]
        self.nodes -= 1
        if node.name == "img":
            return [["img", _picture(node.attrs), []]]
        inside = self.children(node, depth + 1)
        if node.name not in KEPT:
            return inside
        return [[node.name, {name: value for name, value in node.attrs.items() if name in SIZING and value}, inside]]


def _picture(attributes: dict[str, str]) -> dict[str, str]:
    """A box of its size; one that came with the mail may be asked how large it is."""
    return {name: value for name, value in attributes.items() if name in SIZING and value} | {"src": attributes.get("src") or ""}
