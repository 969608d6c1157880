"""Takes our own pixels and links out of what is quoted, pasted or shown here: one's own look at them must count for nobody.

Ours is what stands at one of our addresses, and what we signed, whichever host it was sent with: former hosts and other names of
this installation are known by that. What gateways and webmails wrapped is unwrapped, as far as it is ours.
"""

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any
from urllib.parse import quote, unquote

from tracking import links, markup, tokens
from tracking.wrapping import layers

TRACKED = frozenset({"img", "a", "area"})
HINT = re.compile(r"(?:/|2f|_)[il](?:/|%|_|-)|aHR0c", re.IGNORECASE)  # of /i/ and /l/, however often encoded
WRITTEN = re.compile(r"https?://[^\s<>\"'\]\[{}|]+", re.IGNORECASE)
AFTER = ".,;:!?)"  # ends the sentence, not the address
EMBRACED = re.compile(
    r"(?<![ \t])[ \t]*[<\[](https?://[^\s<>\]\[]+)[>\]]", re.IGNORECASE
)  # how programs write a link or an image in plain text
APPENDED = re.compile(r"[&#]")
MOST_APPENDED = 20  # parameters that somebody on the way added


def strip_own(html: str) -> str:
    """The same HTML without our pixels, our links leading straight to their targets; all else stays byte for byte."""
    body = html.removeprefix("\ufeff")
    if not HINT.search(body):
        return html
    try:
        root = markup.parse(body)
    except markup.TooComplex:  # then wherever an address is written; an image without one is loaded from nowhere
        return WRITTEN.sub(lambda found: _straight_in_html(found[0]), html)
    spans = [*_in_texts(body, root)]
    for element in markup.elements(root, TRACKED):
        span = _without_pixel(body, element) if element.name == "img" else _unwrapped(body, element)
        if span:
            spans.append(span)
    return html[: len(html) - len(body)] + markup.splice(body, spans)


def strip_own_text(text: str) -> str:
    """The same for plain text, as of a reply that quotes us."""
    if not HINT.search(text):
        return text
    text = EMBRACED.sub(lambda found: "" if is_own_pixel(found[1]) else found[0], text)
    return WRITTEN.sub(lambda found: _straight(found[0]), text)


def is_own_pixel(url: str) -> bool:
    """Whether an address is one of our pixels, or is wrapped around one."""
    return any(map(_is_pixel, layers(url)))


def own_target(url: str) -> str | None:
    """Where a link of ours leads, whatever is wrapped around it; None for any other."""
    return next(filter(None, map(_target, layers(url))), None)


def copies_in(html: str) -> set[int]:
    """The public ids of the copies whose pixel or links stand in this HTML, wrapped or not: by our signature alone, whichever host."""
    written = (found[0] for found in WRITTEN.finditer(unescape(html)) if HINT.search(found[0]))
    return {public_id for url in written for layer in layers(url) if (public_id := _copy(layer)) is not None}


def _without_pixel(html: str, element: markup.Element) -> markup.Span | None:
    src = element.attributes.get("src", "").strip(links.WHITE)
    return markup.Span(*markup.tag_span(html, element.start), "") if is_own_pixel(src) else None


def _unwrapped(html: str, element: markup.Element) -> markup.Span | None:
    target = own_target(element.attributes.get("href", "").strip(links.WHITE))
    span = markup.value_span(html, element.start, "href")
    return markup.Span(*span, markup.quoted(target)) if target and span else None


def _in_texts(html: str, root: Any) -> Iterator[markup.Span]:
    """Addresses of ours that can be read: a client that makes links of them would make them ours again."""
    for start, end in markup.text_spans(html, root):
        for found in WRITTEN.finditer(html, start, end):
            straight = _straight_in_html(found[0])
            if straight != found[0]:
                yield markup.Span(found.start(), found.end(), straight)


def _straight_in_html(source: str) -> str:
    """The same of an address as it is written in HTML; one that is not ours stays byte for byte."""
    written = unescape(source)
    straight = _straight(written) if HINT.search(source) else written
    return source if straight == written else escape(straight)


def _straight(written: str) -> str:
    """An address in a text led straight, the punctuation behind it kept; a pixel's is nothing."""
    url = written.rstrip(AFTER)
    if is_own_pixel(url):
        return written[len(url) :]
    return (own_target(url) or url) + written[len(url) :]


def _is_pixel(url: str) -> bool:
    path = _path(url).partition("?")[0]
    is_one = path.startswith(tokens.PIXEL_START) and path.endswith(tokens.PIXEL_END)
    return is_one and (links.is_own(url) or tokens.read_pixel(path) is not None)


def _target(url: str) -> str | None:
    """The target that we signed; at one of our own hosts also one that was signed with a key that is lost."""
    if link := _signed(url):
        return link.target
    path, _, query = _path(url).partition("#")[0].partition("?")
    target = tokens.target_in(query) if tokens.LINK.fullmatch(path) and links.is_own(url) else None
    return target if target and tokens.is_legal_target(target) else None


def _signed(url: str) -> tokens.Link | None:
    """The link that we signed, in whichever spelling it came."""
    path = _path(url).partition("#")[0].partition("?")[0]
    if not tokens.LINK.fullmatch(path):
        return None
    spellings = _spellings(_path(url).partition("?")[2])
    return next(filter(None, (tokens.read_link(path, spelling) for spelling in spellings)), None)


def _copy(url: str) -> int | None:
    """The copy that a pixel or a link of ours belongs to."""
    link = _signed(url)
    return link.public_id if link else tokens.read_pixel(_path(url).partition("?")[0].partition("#")[0])


def _spellings(query: str) -> Iterator[str]:
    """A link's query as it came; then with a target that was decoded on the way encoded again, whole or up to what others appended."""
    yield query.partition("#")[0]
    yield query.replace("&amp;", "&").partition("#")[0]
    tail = query.partition("u=")[2]
    for decoded in dict.fromkeys((tail, unquote(tail))):
        ends = [match.start() for match in APPENDED.finditer(decoded)]
        for end in [len(decoded), *ends[: -MOST_APPENDED - 1 : -1]]:
            yield f"u={quote(decoded[:end], safe='')}"


def _path(url: str) -> str:
    """Path, query and fragment of an absolute address, or nothing."""
    return "/" + "/".join(url.split("/", 3)[3:]) if "://" in url else ""
