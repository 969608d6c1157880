"""Takes our own pixels and links out of what is quoted, pasted or shown here: one's own look at them must count for nobody.

Ours is what stands at one of our addresses, and what we signed, whichever host it was sent with: former hosts and other names of
this installation are known by that. What gateways and webmails wrapped is unwrapped, as far as it is ours. The pages of recipients
are taken out with the line that leads to them: whoever has such a link can refuse in the recipient's name.
"""

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any
from urllib.parse import quote, unquote

from crm.consent.questions import ASK_START
from tracking import links, markup, notices, tokens
from tracking.wrapping import layers

TRACKED = frozenset({"img", "a", "area"})
HINT = re.compile(r"(?:/|2f|_)[ilp](?:/|%|_|-)|aHR0c", re.IGNORECASE)  # of /i/, /l/ and /p/, however often encoded
WRITTEN = re.compile(r"https?://[^\s<>\"'\]\[{}|]+", re.IGNORECASE)
AFTER = ".,;:!?)"  # ends the sentence, not the address
EMBRACED = re.compile(
    r"(?<![ \t])[ \t]*[<\[](https?://[^\s<>\]\[]+)[>\]]", re.IGNORECASE
)  # how programs write a link or an image in plain text
LINK_END = re.compile(r"</a\s*>", re.IGNORECASE)
TAGS_ALONE = re.compile(r"(?:\s|<[^<>]*>)*")
APPENDED = re.compile(r"[&#]")
MOST_APPENDED = 20  # parameters that somebody on the way added


def strip_own(html: str) -> str:
    """The same HTML without our pixels and pages, our links leading straight to their targets; all else stays byte for byte."""
    body = html.removeprefix("\ufeff")
    if not HINT.search(body):
        return html
    try:
        root = markup.parse(body)
    except markup.TooComplex:  # then wherever an address is written; an image without one is loaded from nowhere
        return WRITTEN.sub(lambda found: _straight_in_html(found[0]), html)
    spans = [*_in_texts(body, root)]
    for element in markup.elements(root, TRACKED):
        span = _without_pixel(body, element) if element.name == "img" else _without_page(body, element) or _unwrapped(body, element)
        if span:
            spans.append(span)
    return html[: len(html) - len(body)] + markup.splice(body, _outermost(spans))


def strip_own_text(text: str) -> str:
    """The same for plain text, as of a reply that quotes us."""
    if not HINT.search(text):
        return text
    text = notices.without_lines(text) if any(map(notices.is_own_page, WRITTEN.findall(text))) else text
    text = EMBRACED.sub(lambda found: "" if _leaves_nothing(found[1]) else found[0], text)
    return WRITTEN.sub(lambda found: _straight(found[0]), text)


def is_own_pixel(url: str) -> bool:
    """Whether an address is one of our pixels, or is wrapped around one."""
    return any(map(_is_pixel, layers(url)))


def own_target(url: str) -> str | None:
    """Where a link of ours leads, whatever is wrapped around it; None for any other."""
    return next(filter(None, map(_target, layers(url))), None)


def copies_in(html: str) -> set[int]:
    """The public ids of the copies whose pixel, links or page stand in this HTML, wrapped or not: by our signature, whichever host."""
    written = (found[0] for found in WRITTEN.finditer(unescape(html)) if HINT.search(found[0]))
    return {public_id for url in written for layer in layers(url) if (public_id := _copy(layer)) is not None}


def questions_in(html: str) -> set[str]:
    """What the links to our questions in this HTML carry, wrapped or not."""
    written = (found[0] for found in WRITTEN.finditer(unescape(html)) if HINT.search(found[0]))
    return {token for url in written for layer in layers(url) if (token := _question(layer))}


def _without_pixel(html: str, element: markup.Element) -> markup.Span | None:
    src = element.attributes.get("src", "").strip(links.WHITE)
    return markup.Span(*markup.tag_span(html, element.start), "") if is_own_pixel(src) else None


def _without_page(html: str, element: markup.Element) -> markup.Span | None:
    """A link to a page of ours goes with its words, and with the line that holds nothing else."""
    if not notices.is_own_page(element.attributes.get("href", "").strip(links.WHITE)):
        return None
    start, tag_end = markup.tag_span(html, element.start)
    closing = LINK_END.search(html, tag_end) if element.name == "a" else None
    end = closing.end() if closing else tag_end
    return markup.Span(*(_line_around(html, element.nodes[0], start, end) or (start, end)), "")


def _line_around(html: str, node: Any, start: int, end: int) -> tuple[int, int] | None:
    """Where the line of a notice begins and ends, if the link is all that it says."""
    while (node := node.parent) and not (node.name == "div" and notices.MARK in (node.attrs or {}).get("class", "")):
        pass
    if not node or node.origin_offset is None:
        return None
    inside = markup.tag_span(html, node.origin_offset)[1]
    closing = re.compile(r"(?:\s|<br\s*/?>|</(?!div)\w+\s*>)*</div\s*>", re.IGNORECASE).match(html, end)
    return (node.origin_offset, closing.end()) if closing and TAGS_ALONE.fullmatch(html, inside, start) else None


def _outermost(spans: list[markup.Span]) -> list[markup.Span]:
    """Without those that stand inside of another: an address that is the words of its own link."""
    kept: list[markup.Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


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
    """An address in a text led straight, the punctuation behind it kept; a pixel's or a page's is nothing."""
    url = written.rstrip(AFTER)
    if _leaves_nothing(url):
        return written[len(url) :]
    return (own_target(url) or url) + written[len(url) :]


def _leaves_nothing(url: str) -> bool:
    return is_own_pixel(url) or notices.is_own_page(url)


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
    """The copy that a pixel, a link or a page of ours belongs to."""
    if link := _signed(url):
        return link.public_id
    path = _path(url).partition("?")[0].partition("#")[0]
    public_id = tokens.read_pixel(path)
    return tokens.read_page(path.rstrip("/") + "/") if public_id is None else public_id


def _question(url: str) -> str:
    path = _path(url).partition("?")[0].partition("#")[0]
    return path.removeprefix(ASK_START).rstrip("/") if path.startswith(ASK_START) and links.is_own(url) else ""


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
