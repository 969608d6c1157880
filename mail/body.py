"""What somebody wrote: its HTML made safe and plain enough for mail programs, its text part, its first words."""

import re
from html import escape
from typing import Any

import lxml.html
import nh3
from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from tracking import markup

TEXT_TAGS = {"p", "div", "br", "span", "a", "img", "hr", "pre", "code", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "center"}
MARK_TAGS = {"b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "sub", "sup", "small", "big", "font", "mark"}
LIST_TAGS = {"ul", "ol", "li", "dl", "dt", "dd"}
TABLE_TAGS = {"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th"}
CELL = {"width", "height", "align", "valign", "bgcolor", "colspan", "rowspan", "nowrap"}
ATTRIBUTES = {
    "*": {"style", "dir", "lang", "align"},
    "a": {"href", "title", "data-notrack"},
    "img": {"src", "alt", "width", "height", "border"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "blockquote": {"type"},
    "table": {"width", "height", "bgcolor", "border", "cellpadding", "cellspacing"},
    "tr": {"bgcolor", "valign"},
    "td": CELL,
    "th": CELL,
    "col": {"width", "span"},
}
CLASSES = {  # marks that quotes are folded by, and of the block that asks for consent
    "div": {"gmail_quote", "candor_signature", "candor_ask"},
    "blockquote": {"gmail_quote"},
}
FIELD_ATTRIBUTES = {**ATTRIBUTES, "span": {"data-merge"}}  # of a merge field that was filled in, until the mail leaves
FIELD_CLASSES = {**CLASSES, "span": {"candor_field", "candor_missing"}}
SCHEMES = {"http", "https", "mailto", "tel", "sms", "cid", "data"}
BOX = ("margin", "padding", "border")
SIDES = ("", "-top", "-right", "-bottom", "-left")
STYLES = (
    {"color", "background-color", "line-height", "letter-spacing", "vertical-align", "white-space", "list-style-type", "direction"}
    | {"font", "font-family", "font-size", "font-style", "font-weight", "font-variant"}
    | {"text-align", "text-decoration", "text-indent", "text-transform", "display"}
    | {"width", "height", "max-width", "min-width", "max-height", "border-collapse", "border-spacing", "border-radius"}
    | {name + side for name in BOX for side in SIDES}
    | {f"border{side}-{what}" for side in SIDES for what in ("color", "style", "width")}
)
PLAIN_VALUE = re.compile(r"(?:rgba?\([\d\s.,%/]+\)|hsla?\([\d\s.,%/deg]+\)|[\w\s.,%#'\"!/+-])*")  # no url(), var(), escapes
INLINE_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
WORD = re.compile(r"\w")
TAG = re.compile(r"<[^<>]*>")
START_TAG = re.compile(r"<(?!(?:br|img|hr|input|meta|link|col|wbr|area)\b)[a-z]", re.IGNORECASE)
FORMATTING = re.compile(r"<(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/>]", re.IGNORECASE)
HARMLESS = 100_000  # elements, at the very worst
MOST_OPEN = 12_000  # tags that, each inside of the one before, are still read in a blink: the time goes with their square
DEEPEST = 2_000  # of what has more tags
PREVIEW_LENGTH = 200
TEXT_STYLE = ParserConfig(css=CSS_PROFILES["strict"].copy())
BLANK_LINES = re.compile(r"\n{3,}")


def clean(html: str, *, keeps_fields: bool = False) -> str:
    """HTML from the editor or the clipboard with everything that could run, load styles or hide text taken out.

    Of what no program should read as HTML, since few tags stand for a square of elements, the words remain. The marks of
    merge fields stay in one's own drafts only: in what others wrote they would ask for values that are none of theirs.
    """
    html = UNWANTED.sub("", html)
    return nh3.clean(
        html if is_bounded(html) else words_alone(html),
        tags=TEXT_TAGS | MARK_TAGS | LIST_TAGS | TABLE_TAGS,
        attributes=FIELD_ATTRIBUTES if keeps_fields else ATTRIBUTES,
        allowed_classes=FIELD_CLASSES if keeps_fields else CLASSES,
        attribute_filter=_filter_attribute,
        filter_style_properties=STYLES,
        url_schemes=SCHEMES,
        url_relative=_complete_address,
        link_rel=None,
        strip_comments=True,
    )


def without_fields(html: str) -> str:
    """A body as it leaves: what was filled in stays, the marks around it do not."""
    return clean(html) if "data-merge" in html or "candor_" in html else html


def is_bounded(html: str) -> bool:
    """Whether programs read it in good time: few elements inside of one another, and about as many as the tags.

    Unclosed formatting is opened anew in each block that follows; and each tag may look at all that are open.
    """
    opened = len(START_TAG.findall(html))
    if opened < MOST_OPEN and len(FORMATTING.findall(html)) * html.count("<") < HARMLESS:
        return True
    try:
        root = markup.parse(html)
    except markup.TooComplex:
        return False
    return opened < MOST_OPEN or markup.depth(root) < DEEPEST


def words_alone(html: str) -> str:
    """What stands between the tags, as HTML that has none of them."""
    return f"<p>{escape(TAG.sub(' ', html))}</p>"


def to_text(html: str) -> str:
    """The text part that says what the HTML says: links as “words (address)”, quotes behind “> ”."""
    root = _tree(html)
    for link in root.iter("a"):
        _show_address(link)
    for image in list(root.iter("img")):
        _replace(image, "span", image.get("alt", ""))
    for quote in reversed(list(root.iter("blockquote"))):  # the inner ones first
        _replace(quote, "pre", _quoted(_text_of(quote)))
    return _text_of(root)


def preview(text: str) -> str:
    """First words for a list, without quoted lines."""
    own = [line for line in text.splitlines() if not line.startswith(">")]
    return " ".join(" ".join(own).split())[:PREVIEW_LENGTH]


def is_empty(html: str) -> bool:
    """Whether nothing is written there: neither words nor an image."""
    return "<img" not in html.lower() and not to_text(html).strip()


def has_words(html: str) -> bool:
    """Whether a word or a number stands there: pictures, their descriptions, emoji and signs are none."""
    return bool(WORD.search(_tree(html).text_content()))


def inline_image_bytes(html: str) -> int:
    """How many bytes the pictures inside of the text have."""
    return sum(len(found.group()) * 3 // 4 for found in INLINE_IMAGE.finditer(html))


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return _plain_style(value) or None
    if value.lower().lstrip().startswith("data:"):
        return value if (tag, name) == ("img", "src") and INLINE_IMAGE.fullmatch(value) else None
    return value


def _plain_style(style: str) -> str:
    """The declarations that hold nothing but words, numbers and colours."""
    kept = [declaration.strip() for declaration in style.split(";") if PLAIN_VALUE.fullmatch(declaration.partition(":")[2])]
    return "; ".join(declaration for declaration in kept if declaration and "none" not in _display(declaration))


def _display(declaration: str) -> str:
    name, _, value = declaration.lower().partition(":")
    return value if name.strip() == "display" else ""


def _complete_address(url: str) -> str | None:
    """Relative addresses lead nowhere in a mail: only anchors stay, and what plainly is a host gets its scheme."""
    if url.startswith("#"):
        return url
    return f"https://{url}" if url.lower().startswith("www.") else None


def _tree(html: str) -> Any:
    return lxml.html.fragment_fromstring(UNWANTED.sub("", html).replace("\xa0", " "), create_parent="div")


def _show_address(link: Any) -> None:
    address = (link.get("href") or "").removeprefix("mailto:")
    words = " ".join(link.text_content().split())
    if not address or address.startswith("#") or words in (address, address.split("//", 1)[-1].rstrip("/")):
        return
    shown = f" ({address})" if words else address
    if len(link):
        link[-1].tail = (link[-1].tail or "") + shown
    else:
        link.text = (link.text or "") + shown


def _replace(element: Any, tag: str, text: str) -> None:
    """Turn an element into one that holds this text and nothing else; what follows it stays."""
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = tag, text, tail


def _text_of(tree: Any) -> str:
    tree.tag, tail, tree.tail = "div", tree.tail, None  # a quote as such would be indented once more
    text = Inscriptis(tree, TEXT_STYLE).get_text()
    tree.tail = tail
    return BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip("\n")


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
