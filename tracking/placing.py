"""What will become of a body: each link decided, a place for the pixel, and the proof that nothing else changes.

Nothing here knows a copy, a key or the database: one plan serves every copy of a mail.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracking import markup, tokens
from tracking.links import Found, find

BOM = "\ufeff"
BODY_END, HTML_END = "</body", "</html"
BLOCKS = frozenset({"p", "div", "table", "blockquote", "ul", "ol", "h1", "h2", "h3", "hr", "center", "section", "article"})
GMAIL_CLIPS = 102_000  # bytes of HTML: what stands behind is shown to nobody who does not ask for it
NEARLY_CLIPPED = 90_000  # Gmail counts its own rewriting as well, so that the pixel has to stand before this
PICTURE = re.compile(r"""data:image/[^"'\s>)]*""", re.IGNORECASE)  # goes out as a part of its own
UNSHOWN = frozenset(  # elements in which not every client loads an image
    {"noscript", "select", "datalist", "object", "video", "audio", "canvas", "meter", "progress", "svg", "math", "dialog", "details"}
)
AMP = frozenset({"amp4email", "⚡4email", "amp", "⚡"})  # on <html>: what is allowed in such a document is fixed, an image is not
MISREAD = re.compile(r"<!--!>|---!>")  # our parser and browsers do not agree on where such a comment ends
SEALED = re.compile(r"-----BEGIN (?:PGP|PKCS7|CMS|AGE ENCRYPTED|SIGNED)")  # RFC 9580 6.2, RFC 7468 8–9
SAMPLE_PIXEL = f"{tokens.PIXEL_START}{'A' * 22}{tokens.PIXEL_END}"
SAMPLE_LINK = f"{tokens.LINK_START}{'A' * 28}"

PLACES: dict[str, Promise] = {
    "end": _("at the end of the body"),
    "early": _("before the place where Gmail cuts a long mail off"),
    "beginning": _("at the beginning of the body"),
    "switched_off": _("none: open tracking is off"),
    "signed": _("none: the mail is signed or encrypted"),
    "amp": _("none: it is an AMP document"),
    "too_complex": _("none: the HTML has too many tags, or too tangled ones"),
    "doubt": _("none: mail programs may not agree on how to read the HTML"),
    "nowhere": _("none: the HTML has no place where an image would change nothing else"),
}
UNTOUCHED = frozenset({"signed", "amp", "too_complex", "doubt"})  # places that say: the mail goes out as it is


@dataclass(frozen=True, slots=True)
class Plan:
    """A body with its links in order and the pixel's place: an offset, or None, and a key of PLACES that says where or why not."""

    html: str
    links: tuple[Found, ...]
    pixel_at: int | None
    place: str

    @property
    def tracked(self) -> list[Found]:
        """The links that get an address of ours, in order."""
        return [link for link in self.links if not link.reason]

    @property
    def is_untouched(self) -> bool:
        """Whether the links were left alone for the mail's sake and not for their own."""
        return self.place in UNTOUCHED or (not self.tracked and any(link.reason == "doubt" for link in self.links))

    def filled(self, hrefs: Sequence[str], image: str) -> str:
        """The body with these addresses, one for each tracked link, and this pixel if there is a place for it."""
        spans = [markup.Span(link.start, link.end, markup.quoted(href)) for link, href in zip(self.tracked, hrefs, strict=True)]
        if self.pixel_at is not None:
            spans.append(markup.Span(self.pixel_at, self.pixel_at, image))
        return markup.splice(self.html, spans)


@lru_cache(maxsize=4)  # the copies of a mail are put together one after the other
def plan(html: str, *, base: str, own: frozenset[str], tracks_opens: bool, tracks_links: bool) -> Plan:
    """Decide what can be tracked in a body; `base` is the address of its tracking host, `own` all that belong to us."""
    shift = len(html) - len(html.removeprefix(BOM))
    try:
        drawn = _drawn(html[shift:], base, own, tracks_opens=tracks_opens, tracks_links=tracks_links)
    except markup.TooComplex:
        return Plan(html, (), None, "too_complex")
    moved = [replace(link, start=link.start + shift, end=link.end + shift) for link in drawn.links]
    return Plan(html, tuple(moved), None if drawn.pixel_at is None else drawn.pixel_at + shift, drawn.place)


def pixel(base: str, path: str) -> str:
    """The image at this path: small and unhidden, since spam filters punish what is hidden."""
    return f'<img src="{base}{path}" width="1" height="1" alt="" style="border:0;width:1px;height:1px">'


def size(html: str) -> int:
    """Bytes that Gmail counts of a body: pictures inside of the text travel as parts of their own."""
    return len(PICTURE.sub("", html).encode("utf-8", "surrogatepass"))


def tracked_size(drawn: Plan, base: str) -> int:
    """Bytes that Gmail will count of a planned body, once its links are ours and the pixel is in."""
    return size(sample(drawn, base))


def _drawn(html: str, base: str, own: frozenset[str], *, tracks_opens: bool, tracks_links: bool) -> Plan:
    """The plan of a body without a BOM."""
    root = markup.parse(html)
    found = list(_numbered(find(html, root, base, own)))
    if refusal := _refusal(html, root):
        return Plan(html, _left_alone(found, refusal), None, refusal)
    drawn = Plan(html, tuple(found) if tracks_links else _left_alone(found, "switched_off"), None, "switched_off")
    return _with_place(drawn, root, base) if tracks_opens else _proven(drawn, root, base)


def _refusal(html: str, root: Any) -> str:
    """Why nothing of a mail may be touched, as a key of PLACES and REASONS; "" when there is no such reason."""
    if SEALED.search(html) or SEALED.search(markup.text_of(root)):
        return "signed"
    if any(AMP & element.attributes.keys() for element in markup.elements(root, frozenset({"html"}))):
        return "amp"
    return "doubt" if MISREAD.search(html) else ""


def _numbered(found: Iterable[Found]) -> Iterator[Found]:
    """As many tracked links as tokens have numbers for."""
    left = tokens.MAX_NUMBER + 1
    for link in found:
        left -= not link.reason
        yield replace(link, reason="too_many") if left < 0 and not link.reason else link


def _with_place(drawn: Plan, root: Any, base: str) -> Plan:
    for position, place in _places(drawn, root, base):
        candidate = replace(drawn, pixel_at=position, place=place)
        if _is_faithful(candidate, root, base):
            return candidate
    return _proven(replace(drawn, place="nowhere"), root, base)


def _proven(drawn: Plan, root: Any, base: str) -> Plan:
    is_proven = not drawn.tracked or _is_faithful(drawn, root, base)
    return drawn if is_proven else replace(drawn, links=_left_alone(drawn.links, "doubt"))


def _left_alone(found: Iterable[Found], reason: str) -> tuple[Found, ...]:
    return tuple(replace(link, reason=link.reason or reason) for link in found)


def _places(drawn: Plan, root: Any, base: str) -> Iterator[tuple[int, str]]:
    """Where a pixel can stand, best first: at the end of the body, unless Gmail cuts that off; at its beginning."""
    html, low = drawn.html, drawn.html.lower()
    grown = tracked_size(drawn, base) - size(html)
    if size(html) + grown > NEARLY_CLIPPED:
        yield from ((position, "early") for position in _early(html, root, NEARLY_CLIPPED - grown))
        yield from ((position, "beginning") for position in markup.body_starts(html, root))
    if len(low) == len(html):  # it is not for a few letters (İ), whose offsets would then be wrong
        yield from ((low.rindex(end), "end") for end in (BODY_END, HTML_END) if end in low)
    yield len(html), "end"
    yield from ((position, "beginning") for position in markup.body_starts(html, root))


def _early(html: str, root: Any, limit: int) -> list[int]:
    """Before the last block of the body that begins within this many bytes."""
    position = seen = 0
    for block in markup.elements(root, BLOCKS):
        if block.nodes[0].parent.name != "body":
            continue
        seen += size(html[position : block.start])
        if seen >= limit:
            break
        position = block.start
    return [position] if position else []


def sample(drawn: Plan, base: str) -> str:
    """The planned body with addresses of nobody's copy: as long as the true ones, and leading nowhere."""
    return drawn.filled(_sample_hrefs(drawn, base), pixel(base, SAMPLE_PIXEL))


def _sample_hrefs(drawn: Plan, base: str) -> list[str]:
    """As long as the true addresses and made of the same letters: what holds for these holds for every copy's."""
    return [f"{base}{SAMPLE_LINK}?u={quote(link.target, safe='')}" for link in drawn.tracked]


def _is_faithful(drawn: Plan, root: Any, base: str) -> bool:
    """Whether a client builds the same tree as before, apart from the tracked addresses and one image within the body."""
    hrefs = dict(zip((link.tag for link in drawn.tracked), _sample_hrefs(drawn, base), strict=True))
    wanted = list(_outline(root, hrefs))
    outline = list(_outline(markup.parse(sample(drawn, base)), {}))
    if drawn.pixel_at is not None:
        src = base + SAMPLE_PIXEL
        pixels = [number for number, entry in enumerate(outline) if entry[0] == "img" and entry[1].get("src") == src]
        if len(pixels) != 1 or not outline[pixels[0]][2]:
            return False
        del outline[pixels[0]]
    return _joined(outline) == _joined(wanted)


def _outline(root: Any, hrefs: Mapping[int, str]) -> Iterator[tuple[str, Any, bool, int]]:
    """Every node as name, attributes or text, whether an image there is shown, and depth; with `hrefs` in place of theirs by tag."""
    stack = [(root, False, 0)]
    while stack:
        node, is_shown, depth = stack.pop()
        if node.name.startswith(("#", "!")):
            yield node.name, node.data if node.name in ("#text", "#comment") else None, is_shown, depth
        else:
            href = hrefs.get(node.origin_offset)
            yield node.name, {**node.attrs, "href": href} if href else dict(node.attrs), is_shown, depth
        is_shown = node.name == "body" or (is_shown and node.name not in UNSHOWN)
        stack += [(child, is_shown, depth + 1) for child in reversed(node.children or [])]


def _joined(outline: list[Any]) -> list[Any]:
    """The outline with neighbouring texts as one, and without those that are blank."""
    joined: list[Any] = []
    for name, content, is_shown, depth in outline:
        if name == "#text" and joined and joined[-1][0] == "#text" and joined[-1][3] == depth:
            joined[-1] = (name, joined[-1][1] + content, is_shown, depth)
        else:
            joined.append((name, content, is_shown, depth))
    return [entry for entry in joined if entry[0] != "#text" or entry[1].strip()]
