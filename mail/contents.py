"""Somebody else's HTML laid open: made safe as far as it goes by itself, with its pictures and links, before it is shown to anybody.

This is the first of two cleanings; `mail.reading` puts in what depends on the message and the reader, and cleans once more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from html import unescape
from urllib.parse import unquote

import nh3

from mail import body, styling, trackers
from mail.trackers import Tracker
from tracking import markup
from tracking.cleaning import strip_own

TAGS = body.TEXT_TAGS | body.MARK_TAGS | body.LIST_TAGS | body.TABLE_TAGS | {"wbr", "tt", "kbd", "samp", "address", "nobr", "cite", "q"}
COMMON = {"style", "class", "id", "dir", "lang", "align"}
CELL = {"width", "height", "valign", "bgcolor", "colspan", "rowspan", "nowrap"}
ATTRIBUTES = {
    "*": COMMON,
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border", "hspace", "vspace"},
    "font": {"color", "face", "size"},
    "hr": {"width", "size", "color", "noshade"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"type", "value"},
    "table": {"width", "height", "bgcolor", "border", "bordercolor", "cellpadding", "cellspacing"},
    "tbody": {"valign"},
    "tr": {"bgcolor", "valign", "height"},
    "td": CELL,
    "th": CELL,
    "col": {"width", "span"},
}
LENGTH = re.compile(r"\s*\d{1,4}(?:\.\d{1,4})?\s*(?:%|px)?\s*", re.ASCII)
SMALL = re.compile(r"\s*[+-]?\d{1,3}\s*", re.ASCII)
COLOUR = re.compile(r"\s*#?\w{3,20}\s*", re.ASCII)
NAMES = re.compile(r"[\w\s-]{1,500}", re.ASCII)
VALUES = {  # what an attribute may say; any other is dropped alone
    **dict.fromkeys(("width", "height"), LENGTH),
    **dict.fromkeys(("border", "hspace", "vspace", "cellpadding", "cellspacing", "size", "start", "value"), SMALL),
    **dict.fromkeys(("colspan", "rowspan", "span"), re.compile(r"\s*\d{1,2}\s*", re.ASCII)),
    **dict.fromkeys(("bgcolor", "color", "bordercolor"), COLOUR),
    **dict.fromkeys(("align", "valign", "dir", "lang", "type", "nowrap", "noshade"), re.compile(r"[\w-]{0,20}", re.ASCII)),
    **dict.fromkeys(("class", "id"), NAMES),
    "face": re.compile(r"[\w\s,'\"-]{1,200}"),
}
EMPTIED = {
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "iframe",
    "noembed",
    "noframes",
    "xmp",
    "svg",
    "math",
    "audio",
    "video",
    "select",
}
OURS = "candor-"  # what begins so in a class is our own mark, and nobody else's
WHITE = " \t\n\r\f\0"
BROKEN_UP = re.compile(r"[\t\n\r]")  # browsers read an address without them
CARRIED = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
LONGEST = 4_000_000  # characters; of more, the words at its beginning
LONGEST_ADDRESS = 4_000
BODY = re.compile(r"<body(?=[\s/>])", re.IGNORECASE)
STYLE_OR_COMMENT = re.compile(r"<!--|<style(?=[\s/>])", re.IGNORECASE)
STYLE_END = re.compile(r"</style", re.IGNORECASE)
PIXELS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*", re.ASCII)
HIDING = re.compile(r"(?:^|;)(?:display:none|visibility:hidden|opacity:0(?:\.0*)?)(?= !|;|$)", re.IGNORECASE)
FOLDED = re.compile(r"(?:^|;)(?:max-)?(?:height|width):0(?:px)?(?= !|;|$)", re.IGNORECASE)
COLOURED = re.compile(r"color|background|<mark", re.IGNORECASE)
NEAR = 8  # elements around an image that are asked whether they hide it


@dataclass(frozen=True)
class Picture:
    """An image: where its tag stands, and what it would load. Its sizes are those that the mail gives, in pixels."""

    start: int
    src: str
    alt: str
    width: float | None
    height: float | None
    tracker: Tracker | None = None

    @property
    def is_remote(self) -> bool:
        return self.src.startswith(("http:", "https:"))

    @property
    def content_id(self) -> str:
        """Which part of the mail it shows, or nothing."""
        return unquote(self.src[4:]) if self.src[:4].lower() == "cid:" else ""


@dataclass(frozen=True)
class Link:
    """A link: where its tag stands, where it leads, and what a reader sees of it."""

    start: int
    href: str
    text: str


@dataclass(frozen=True)
class Contents:
    """HTML that is safe but for its pictures' addresses; the mail's own style rules; and the style of its body."""

    html: str
    css: str
    body_style: str
    pictures: tuple[Picture, ...]
    links: tuple[Link, ...]

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing of colours, and can be read on any paper."""
        return not COLOURED.search(self.html) and not COLOURED.search(self.css + self.body_style)


@lru_cache(maxsize=16)  # the page asks for the counts, then the frame for the text
def read(html: str) -> Contents:
    """Lay open what somebody sent, whatever it is; what no program should read as HTML keeps its words."""
    html = body.UNWANTED.sub("", strip_own(html))
    if len(html) > LONGEST or not body.is_bounded(html):
        return _words(html)
    rules = styling.sheet(_style_sheets(html))
    clean = cleaned(html)
    try:
        root = markup.parse(clean)
    except markup.TooComplex:
        return _words(html)
    found = markup.elements(root, frozenset({"img", "a"}))
    pictures = tuple(_picture(one) for one in found if one.name == "img")
    links = tuple(Link(one.start, one.attributes["href"], one.text) for one in found if one.attributes.get("href"))
    return Contents(clean, styling.written(rules), _body_style(html), pictures, links)


def cleaned(html: str) -> str:
    """The HTML without everything that could run, load, post, lie over other things or take an address of ours for its own."""
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=EMPTIED,
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        filter_style_properties=set(styling.PROPERTIES),
        url_schemes={"http", "https", "mailto", "tel", "sms", "cid", "data"},
        url_relative=lambda url: url,  # those are completed, or dropped, by `_keep`
        link_rel=None,
        strip_comments=True,
    )


def _words(html: str) -> Contents:
    return Contents(nh3.clean(body.words_alone(html[:LONGEST])), "", "", (), ())


def _keep(tag: str, name: str, value: str) -> str | None:
    """An attribute's value, made harmless, or None."""
    if name == "style":
        return styling.declarations(value) or None
    if name == "href":
        return _address(value, ("http:", "https:", "mailto:", "tel:", "sms:"))
    if name == "src":
        value = value.strip(WHITE)
        return value if CARRIED.fullmatch(value) else _address(value, ("http:", "https:", "cid:"))
    if name == "class":
        value = " ".join(one for one in value.split() if not one.lower().startswith(OURS))
    allowed = VALUES.get(name)
    return value if allowed is None or allowed.fullmatch(value) else None


def _address(value: str, schemes: tuple[str, ...]) -> str | None:
    """The address when it has one of these schemes. A relative one leads nowhere in a mail; what plainly is a host gets its scheme."""
    address = BROKEN_UP.sub("", value.strip(WHITE))
    if address.startswith(("//", "\\\\", "/\\", "\\/")):
        address = f"https://{address[2:]}"
    elif address.lower().startswith("www."):
        address = f"https://{address}"
    return address if address.lower().startswith(schemes) and len(address) <= LONGEST_ADDRESS else None


def _style_sheets(html: str) -> str:
    """What stands in style elements, one after the other; what only Outlook on Windows reads is left out."""
    return "\n".join(_sheets(html))


def _sheets(html: str) -> Iterator[str]:
    position = 0
    while match := STYLE_OR_COMMENT.search(html, position):
        if match[0] == "<!--":
            position = html.find("-->", match.end()) + 3
        else:
            begin, end = html.find(">", match.end()) + 1, STYLE_END.search(html, match.end())
            if not end:
                return
            yield html[begin : end.start()]
            position = end.end()
        if position < match.end():  # it is never closed
            return


def _body_style(html: str) -> str:
    """The style of the body's own tag, its colours included; one inside of the wrapper is not to be had from the cleaning."""
    match = BODY.search(html)
    if not match:
        return ""
    found = {name: _value(html, match.start(), name) for name in ("style", "bgcolor", "text")}
    colours = [(name, found[key]) for name, key in (("background-color", "bgcolor"), ("color", "text")) if found[key]]
    return styling.declarations(";".join([*(f"{name}:{value}" for name, value in colours), found["style"]]))


def _value(html: str, start: int, name: str) -> str:
    span = markup.value_span(html, start, name)
    return unescape(html[slice(*span)].strip("\"'")) if span else ""


def _picture(element: markup.Element) -> Picture:
    attributes = element.attributes
    style = attributes.get("style", "")
    src, width, height = attributes.get("src", ""), _size(attributes, style, "width"), _size(attributes, style, "height")
    picture = Picture(element.start, src, attributes.get("alt", ""), width, height)
    if not picture.is_remote:
        return picture
    tracker = trackers.opening(src, width=width, height=height, is_hidden=_is_hidden(element))
    return replace(picture, tracker=tracker)


def _size(attributes: dict[str, str], style: str, name: str) -> float | None:
    """In pixels; what is said in the style counts."""
    for written in (*re.findall(rf"(?:^|;){name}:([^;]*)", style), attributes.get(name, "")):
        if match := PIXELS.fullmatch(written.replace("!important", "")):
            return float(match[1])
    return None


def _is_hidden(element: markup.Element) -> bool:
    """Whether its own style or that of what is around it keeps it from being seen."""
    if HIDING.search(element.attributes.get("style", "")):
        return True
    node = element.nodes[0].parent
    for _step in range(NEAR):
        style = (getattr(node, "attrs", None) or {}).get("style") or ""
        if HIDING.search(style) or ("overflow:hidden" in style and FOLDED.search(style)):
            return True
        node = getattr(node, "parent", None)
        if node is None:
            return False
    return False
