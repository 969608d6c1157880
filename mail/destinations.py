"""Where a link leads, as against what it says: other domains, look-alike names, and services that count the click on the way."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from mail import trackers
from tracking.wrapping import layers

NAMED = re.compile(
    r"(?:(https?)://)?((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,6}[^\W\d_][\w-]{1,23})\.?(?=[/:?#]|[^\w.@-]|\.(?!\w)|$)", re.IGNORECASE
)
AFTER_AT = re.compile(r"[\w.+-]{1,64}@$")
ENDINGS_OF_FILES = "md py sh rs pl ps js ts go cs cc so am vb zip doc docx xls xlsx ppt pptx pdf csv txt png jpg jpeg gif html htm xml json"
ENDINGS_OF_NAMES = (
    "com org net edu gov mil int info biz name pro app dev io ai co cloud shop store online site tech xyz top club email bank test"
)
BEFORE_COUNTRIES = "co com org net gov ac edu gob or ne go"  # co.uk, com.br
OF_MANY = (  # below these each name is somebody else's
    "github.io gitlab.io pages.dev workers.dev netlify.app vercel.app web.app firebaseapp.com appspot.com herokuapp.com onrender.com "
    "blogspot.com wordpress.com weebly.com wixsite.com webflow.io myshopify.com sharepoint.com onmicrosoft.com azurewebsites.net "
    "cloudfront.net amazonaws.com digitaloceanspaces.com googleusercontent.com"
)
SHARED = frozenset(OF_MANY.split())
FILES = frozenset(ENDINGS_OF_FILES.split())
COMMON = frozenset(ENDINGS_OF_NAMES.split())
TOGETHER = frozenset(BEFORE_COUNTRIES.split())
GATEWAYS = (  # that lead to the address inside of theirs, and nowhere else; any other host can put any address there
    "safelinks.protection.outlook.com",
    "urldefense.com",
    "urldefense.us",
    "urldefense.proofpoint.com",
    "linkprotect.cudasvc.com",
    "secure-web.cisco.com",
)
TURNED = re.compile(r"[\u202e\u2067]")
DOTS = str.maketrans("。․‧·", "....")
LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Destination:
    """The true host of a link; whether the words lead one to expect another; and who counts the click, if known."""

    host: str
    is_elsewhere: bool
    counted_by: str


def of(href: str, text: str) -> Destination | None:
    """Look at a link; None for one that leads to no host."""
    host = host_of(_behind_gateways(href))
    if not host:
        return None
    counter = trackers.click(href)
    is_elsewhere = any(not is_same(name, host) for name in named(text)) or is_disguised(host)
    return Destination(readable(host), is_elsewhere, counter.name if counter else "")


def _behind_gateways(href: str) -> str:
    """The address that a company's mail gateway wrapped."""
    if not host_of(href).endswith(GATEWAYS):
        return href
    inner = [one for one in layers(href) if not host_of(one).endswith(GATEWAYS)]
    return inner[0] if inner else href


def host_of(href: str) -> str:
    """The host that a browser would go to, or the domain that a mail would go to."""
    if href.lower().startswith("mailto:"):
        return href[7:].partition("?")[0].rpartition("@")[2].strip().lower()
    try:
        parts = urlsplit(href.replace("\\", "/"))
        return (parts.hostname or "").rstrip(".") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def named(text: str) -> list[str]:
    """The domains that the words of a link name."""
    found = []
    text = _seen(text[:LONGEST_TEXT])
    for match in NAMED.finditer(text):
        name, ending = match[2].lower(), match[2].lower().rpartition(".")[2]
        is_plain = bool(match[1]) or name.startswith("www.") or AFTER_AT.search(text[: match.start()])
        if is_plain or (ending not in FILES and (ending in COMMON or len(ending) == 2 or not name.isascii())):
            found.append(name)
    return found


def _seen(text: str) -> str:
    """The words as an eye reads them: without letters that have no width, the other way round where they are turned, in plain forms."""
    turned = text[::-1] if TURNED.search(text) else ""
    plain = unicodedata.normalize("NFKC", f"{text} {turned}").translate(DOTS)
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")


def is_same(one: str, other: str) -> bool:
    """Whether two hosts are of one owner, as far as names tell: the same domain, or one below the other."""
    return _owner(_ascii(one)) == _owner(_ascii(other))


def is_disguised(host: str) -> bool:
    """Whether a name mixes alphabets, as no honest one does: a Cyrillic а among Latin letters."""
    return any(len(_scripts(label)) > 1 for label in _unicode(host).split("."))


def readable(host: str) -> str:
    """The host as it is spelt in the address; one of other alphabets under a Latin ending in both spellings, as browsers have it."""
    shown, plain = _unicode(host), _ascii(host)
    if shown.isascii():
        return shown
    return plain if is_disguised(host) else f"{shown} ({plain})" if shown.rpartition(".")[2].isascii() else shown


def _owner(host: str) -> str:
    """The domain that somebody registered: its last two labels, or three below endings like co.uk."""
    labels = host.rstrip(".").split(".")
    is_deep = (len(labels[-1]) == 2 and labels[-2:-1] and labels[-2] in TOGETHER) or ".".join(labels[-2:]) in SHARED
    return ".".join(labels[-3:] if is_deep else labels[-2:])


def _scripts(label: str) -> set[str]:
    names = {unicodedata.name(letter, "").split(" ")[0] for letter in label if letter.isalpha()}
    return names - {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "FULLWIDTH"} if len(names) > 1 else names


def _unicode(host: str) -> str:
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
