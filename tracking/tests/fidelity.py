"""Compares two mails byte for byte, and as a browser builds them (html5lib, another parser than ours)."""

import re
import warnings
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import html5lib

Node = tuple[Any, ...]
WHITE = " \t\n\r\f"
VALUE = re.compile(r"""("[^"]*"|'[^']*'|[^\s>]+)""")


def unexplained(original: str, tracked: str, host: str) -> str:
    """The first stretch of the tracked mail that is neither the original's, one image, nor a link's own target; "" when there is none."""
    without_pixel = re.sub(rf'<img src="{host}i/[^>]*>', "", tracked, count=1)
    literal, *rest = re.split(rf'"({host}l/[^"]*)"', without_pixel)
    position = len(literal)
    if not original.startswith(literal):
        return literal[:100]
    for href, literal in zip(rest[::2], rest[1::2], strict=True):
        value = VALUE.match(original, position)
        if not value or target(href) != decoded(value[0]):
            return href
        position = value.end() + len(literal)
        if not original.startswith(literal, value.end()):
            return literal[:100]
    return original[position:]


@lru_cache
def decoded(value: str) -> str:
    """Where a browser goes for an attribute's value as it is written, quotes included."""
    href: str = next(dict(node[2])["href"] for node in nodes(f"<a href={value}>") if node[:2] == ("StartTag", "a"))
    return href.strip(WHITE)


def target(href: str) -> str:
    """Where a tracked link says that it leads."""
    return unquote(href.partition("?u=")[2])


def differences(original: str, tracked: str, host: str) -> list[str]:
    """What differs beside links that lead through `host` to the same place now and the pixels of `host`. Empty when faithful."""
    before, after = nodes(original), [node for node in nodes(tracked) if not is_pixel(node, host)]
    before, after = joined(before), joined(after)
    if len(before) != len(after):
        return [f"{len(before)} nodes became {len(after)}"]
    return [f"{old} became {new}" for old, new in zip(before, after, strict=True) if old != new and not is_rewritten(old, new, host)]


def pixels(tracked: str, host: str) -> int:
    """How many pixels of `host` a browser would fetch from inside the body."""
    return sum(is_pixel(node, host) and node[3] for node in nodes(tracked))


def nodes(html: str) -> list[Node]:
    """Every node as kind, name, content and whether it is in the body."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        walker = html5lib.getTreeWalker("etree")(html5lib.parse(html, treebuilder="etree"))
        found: list[Node] = []
        is_in_body = False
        for token in walker:
            is_in_body = is_in_body or token.get("name") == "body"
            data = token.get("data")
            content = tuple(sorted((key[1], value) for key, value in data.items())) if isinstance(data, dict) else data
            kind = "Characters" if token["type"] == "SpaceCharacters" else token["type"]
            kind = "StartTag" if kind == "EmptyTag" else kind
            found.append((kind, token.get("name"), content, is_in_body))
    return found


def joined(found: list[Node]) -> list[Node]:
    """Neighbouring texts as one, and blank ones dropped."""
    result: list[Node] = []
    for node in found:
        if node[0] == "Characters" and result and result[-1][0] == "Characters":
            node = ("Characters", None, result.pop()[2] + node[2], node[3])
        result.append(node)
    return [node for node in result if node[0] != "Characters" or node[2].strip()]


def is_pixel(node: Node, host: str) -> bool:
    return node[0] == "StartTag" and node[1] == "img" and bool(dict(node[2]).get("src", "").startswith(host))


def is_rewritten(old: Node, new: Node, host: str) -> bool:
    if old[:2] != new[:2] or old[0] != "StartTag" or old[1] not in ("a", "area"):
        return False
    before, after = dict(old[2]), dict(new[2])
    was, now = before.pop("href", "").strip(WHITE), after.pop("href", "")
    return was.lower().startswith("http") and now.startswith(host) and target(now) == was and before == after
