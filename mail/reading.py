"""A message's body as it is shown: a document of its own that can run nothing, load nothing of others and tell nobody."""

from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import nh3
from django.utils.translation import gettext as _

from mail import contents, destinations, framing, linkifying, outline, pictures, redrawing, styling, trust
from mail.contents import Contents, Link, Picture
from mail.models import Attachment, Message
from tracking import markup
from tracking.cleaning import strip_own_text

EMPTY_PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
HIGHEST_GAP, WIDEST = 60, 2000  # pixels
MOST_WEB_PICTURES = 400  # of one mail
plain_as_html = linkifying.as_html


@dataclass(frozen=True)
class Vendor:
    """Whoever has trackers in a mail: a name, or an unknown host."""

    name: str
    host: str
    count: int


@dataclass(frozen=True)
class Reading:
    """What the page around the frame says of a body: its pictures, its trackers, and whether this reader sees the pictures."""

    remote_count: int  # pictures on the web that are no trackers
    trackers: tuple[Vendor, ...]
    is_trusted: bool  # pictures of this sender are always shown
    permission: str  # says that those of this mail were asked for
    is_plain: bool  # it has no colours of its own

    @property
    def tracker_count(self) -> int:
        return sum(vendor.count for vendor in self.trackers)

    @property
    def is_shown(self) -> bool:
        return self.is_trusted or bool(self.permission)


def contents_of(message: Message) -> Contents:
    """The body laid open; plain text, where it has no HTML, becomes some."""
    return contents.read(message.body_html or linkifying.with_quotes(strip_own_text(message.body_text)))


def about(message: Message, permission: str = "") -> Reading:
    """What is told beside the frame; a permission is what `trust.permit` gave, if it did."""
    found = contents_of(message)
    remote = sum(1 for picture in found.pictures if picture.is_remote and not picture.tracker)
    is_asked = bool(permission) and trust.is_permitted(message, permission)
    return Reading(remote, _vendors(found), trust.is_trusted(message), permission if is_asked else "", found.is_plain)


def shape(message: Message, *, with_pictures: bool, now: datetime) -> dict[str, Any]:
    """What the page builds its boxes from, to know how high the frame is."""
    found = contents_of(message)
    html = readable_html(message, with_pictures=with_pictures, now=now)
    try:
        nodes = outline.of(markup.parse(html))
    except markup.TooComplex:
        nodes = [found.html[:2000]]
    return {"nodes": nodes, "css": framing.style(found)}


def previewed(html: str, *, now: datetime) -> tuple[str, str]:
    """What one wrote oneself, safe to show without anything from the web, and the style sheets that belong to it."""
    found = contents.read(html)
    return _shown(found, _Showing(Message(), {}, False, now)), framing.style(found)


def readable_html(message: Message, *, with_pictures: bool, now: datetime) -> str:
    """The body, safe to show: cleaned for the last time after everything has been put into its place."""
    found = contents_of(message)
    parts = {part.content_id: part for part in message.attachments.all() if part.content_id}
    return _shown(found, _Showing(message, parts, with_pictures, now))


def _shown(found: Contents, show: "_Showing") -> str:
    spans = [span for picture in found.pictures for span in show.picture(found.html, picture)]
    spans += [span for link in found.links for span in _marked(found.html, link)]
    return _finally_cleaned(markup.splice(found.html, spans))


@dataclass
class _Showing:
    """Who sees which message how; counts the pictures that are fetched."""

    message: Message
    parts: dict[str, Attachment]
    with_pictures: bool
    now: datetime
    count: int = 0

    def picture(self, html: str, picture: Picture) -> Iterator[markup.Span]:
        """What stands in the place of a picture: itself from an address of ours, its description, or nothing."""
        address = "" if picture.tracker else self._address(picture)
        if not address:
            yield markup.Span(*markup.tag_span(html, picture.start), "" if picture.tracker else _instead(picture))
        elif address != picture.src and (span := markup.value_span(html, picture.start, "src")):
            yield markup.Span(*span, markup.quoted(address))

    def _address(self, picture: Picture) -> str:
        """Where the frame loads it from, or nothing."""
        if picture.content_id:
            part = self.parts.get(picture.content_id)
            return pictures.of_part(self.message, part, now=self.now) if part else ""
        if picture.is_remote:
            self.count += 1
            is_shown = self.with_pictures and self.count <= MOST_WEB_PICTURES
            return pictures.of_web(self.message, picture.src, now=self.now) if is_shown else ""
        return picture.src if picture.src and _is_modest(picture.src) else ""


def _instead(picture: Picture) -> str:
    """The description of a picture that is not shown, as wide as it; without one a gap, as far as that does not drive the words apart."""
    words = " ".join(picture.alt.split())
    if words:
        width = f' style="width:100%;max-width:{min(round(picture.width), WIDEST)}px"' if picture.width else ""
        return f"<span{_mark('candor-picture')}{width}>{escape(words)}</span>"
    sizes = {"width": picture.width, "height": min(picture.height, HIGHEST_GAP) if picture.height else None}
    written = "".join(f' {name}="{min(round(size), WIDEST)}"' for name, size in sizes.items() if size)
    return f'<img src="{EMPTY_PICTURE}" alt=""{written}>' if written else ""


def _is_modest(src: str) -> bool:
    try:
        return redrawing.is_modest(b64decode(src.partition(",")[2]))
    except ValueError:
        return False


def _marked(html: str, link: Link) -> Iterator[markup.Span]:
    """A link that leads elsewhere than it says names its true host, for the eye and for hovering; so does one that counts the click."""
    found = destinations.of(link.href, link.text)
    if found is None or not (found.is_elsewhere or found.counted_by):
        return
    names = {"host": found.host, "service": found.counted_by}
    title = _("Leads to %(host)s") % names
    if found.counted_by:
        title = _("Leads through %(host)s, where %(service)s counts the click") % names
    yield markup.Span(link.start + 2, link.start + 2, f" title={markup.quoted(title)}")
    if found.is_elsewhere and (end := html.find("</a>", link.start)) >= 0:
        shown = _("through %(service)s") % names if found.counted_by else found.host
        name = "candor-counted" if found.counted_by else "candor-elsewhere"
        yield markup.Span(end, end, f"<span{_mark(name)}>{escape(shown)}</span>")


def _mark(name: str) -> str:
    return f' class="{name}"'


def _vendors(found: Contents) -> tuple[Vendor, ...]:
    counted = Counter((one.tracker.name, "" if one.tracker.name else one.tracker.host) for one in found.pictures if one.tracker)
    return tuple(Vendor(name, host, count) for (name, host), count in sorted(counted.items(), key=lambda item: (not item[0][0], item[0])))


def _finally_cleaned(html: str) -> str:
    """Whatever was put in, the result holds no tag, attribute or address that a shown body may not have."""
    own = framing.pictures_path()
    return nh3.clean(
        html,
        tags=contents.TAGS,
        attributes={**contents.ATTRIBUTES, "a": {"href", "title", "target"}},
        attribute_filter=_own_pictures_only(own),
        filter_style_properties=set(styling.PROPERTIES),
        url_schemes={"http", "https", "mailto", "tel", "sms", "data"},
        url_relative=lambda url: url if url.startswith(own) else None,
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )


def _own_pictures_only(own: str) -> Callable[[str, str, str], str | None]:
    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "src":
            return value if value.startswith(own) or contents.CARRIED.fullmatch(value) else None  # an empty one goes too
        if name == "href":
            return value if value.lower().startswith(("http:", "https:", "mailto:", "tel:", "sms:")) else None
        return styling.declarations(value) or None if name == "style" else value

    return keep
