"""What the visible words of a link promise: where it leads, or that it ends a subscription."""

import re
import unicodedata
from ipaddress import ip_address
from urllib.parse import unquote

AROUND = " .,;:!?()<>[]{}\"'„“”«»‘’→›»·•-–—"
WITH_SCHEME = re.compile(r"https?\s*:\s*/\s*/", re.IGNORECASE)
LEADING = re.compile(
    r"(?P<host>(?:[\w-]+\.)+(?P<ending>[^\W\d_]{2,}|xn--[\w-]+)|\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?(?P<path>[/?#]\S*)?(?:\s|$)", re.IGNORECASE
)
MOST_READ = 2_000  # characters of a link's words: whoever shows an address shows it before
# None of these is a top-level domain (IANA's root zone database), unlike "zip" and "mov".
DOCUMENTS = "pdf doc docx dot dotx xls xlsx xlsm csv ppt pptx odt ods odp rtf txt xml json ics vcf eml js css php htm html"
FILE_ENDINGS = frozenset([*DOCUMENTS.split(), "jpg", "jpeg", "png", "gif", "svg", "webp"])
UNSUBSCRIBE = re.compile(
    r"unsub(?!sta)|(?<![a-z])opt[-_ +]?outs?(?![a-z])|leave (?:this|the|our) (?:mailing )?list|stop receiving|remove me"
    r"|отпис|відпис|abbestell|abmeld|austragen|d[ée]s?abonn|d[ée]sinscri|desuscri|darse de baja|cancelar (?:a |la )?(?:su|in)scri"
    r"|disiscri|afmeld|uitschrijv|wypisz|odhl[áa]s|avprenumer|avregistr|退订|取消订阅|配信停止|수신거부",
    re.IGNORECASE,
)
SHARED_ENDINGS = {"co", "com", "net", "org", "gov", "gob", "ac", "edu", "or", "ne", "go", "in", "me"}  # co.uk, com.au, or.jp …


def readable(words: str) -> str:
    """The words as a reader perceives them: without zero-width characters and soft hyphens, wide letters as plain ones."""
    plain = unicodedata.normalize("NFKC", words[:MOST_READ])[:MOST_READ]
    return " ".join("".join(letter for letter in plain if unicodedata.category(letter) != "Cf").split())


def ends_subscription(text: str) -> bool:
    """Whether words or an address speak of leaving a list."""
    return bool(UNSUBSCRIBE.search(readable(text)) or UNSUBSCRIBE.search(unquote(text[:MOST_READ])))


def is_address(words: str) -> bool:
    """Whether words say where the link leads: a web address anywhere in them, a bare one at their beginning, or a mail address."""
    words = readable(words)
    return bool(WITH_SCHEME.search(words) or _is_mailbox(words.strip(AROUND)) or _leading_host(words))


def shown_hosts(words: str) -> list[str]:
    """The hosts that the words show; empty when a mail address is among them, or nothing can be read."""
    words = readable(words)
    if "@" in words:
        return []
    found = re.findall(r"https?\s*:\s*/\s*/\s*([^\s/?#:]+)", words, re.IGNORECASE)
    leading = _leading_host(words)
    return [host.lower() for host in [*found, *([leading] if leading else [])]]


def _is_mailbox(words: str) -> bool:
    local, _, domain = words.partition("@")
    return bool(local) and "." in domain[1:-1] and " " not in words


def _leading_host(words: str) -> str:
    match = LEADING.match(words.strip(AROUND))
    is_file = bool(match and not match["path"] and match["host"].count(".") == 1 and (match["ending"] or "").lower() in FILE_ENDINGS)
    return match["host"] if match and not is_file else ""


def registered_domain(host: str) -> str:
    """The part of a host that somebody registered: without the public suffix list, so the careful guess (more labels)."""
    try:
        return str(ip_address(host))
    except ValueError:
        labels = host.rstrip(".").split(".")
    kept = 3 if len(labels) > 2 and labels[-2] in SHARED_ENDINGS else 2
    return ".".join(labels[-kept:])
