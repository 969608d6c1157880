"""Which links of a mail are tracked, and which are left as they are."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from tracking import markup, tokens

LINKS = frozenset({"a", "area"})
WHITE = " \t\n\r\f"  # what a browser strips around an address
MERGE_FIELD = re.compile(r"[{}]|%%|\*\||\[\[")  # braces are legal in no URL: a field that nobody filled in
UNSUBSCRIBE = re.compile(r"unsubscri|opt-?out|отпис", re.IGNORECASE)
ADDRESS = re.compile(r"(?:https?://\S+|(?:[\w-]+\.)+[^\W\d_]{2,}(?::\d+)?(?:[/?#]\S*)?|\S+@\S+\.\S+)", re.IGNORECASE)
SHARED_ENDINGS = {"co", "com", "net", "org", "gov", "gob", "ac", "edu", "or", "ne", "go", "in", "me"}  # co.uk, com.au, or.jp …


@dataclass(frozen=True, slots=True)
class Found:
    """A link to be tracked: where its value stands in the source, its exact target, the words it is shown by."""

    start: int
    end: int
    target: str
    text: str


def find(html: str, root: Any) -> list[Found]:
    """The links to track, in the order of the source."""
    found = []
    for element in markup.elements(root, LINKS):
        target = element.attributes.get("href", "").strip(WHITE)
        span = markup.value_span(html, element.start, "href") if may_be_tracked(target) else None
        if span and not element.is_opted_out and not _is_left_alone(element.text):
            found.append(Found(*span, target, element.text))
    return found


def may_be_tracked(target: str) -> bool:
    """Whether the address itself allows it: absolute http(s), of somebody else, neither a merge field nor an unsubscribe link."""
    return tokens.is_legal_target(target) and not (MERGE_FIELD.search(target) or UNSUBSCRIBE.search(target) or is_own(target))


def is_own(url: str) -> bool:
    """Whether an address leads to the CRM or its tracking host."""
    return host_and_port(url) in {host_and_port(settings.SITE_URL), host_and_port(settings.TRACKING_URL)}


def host_and_port(url: str) -> tuple[str, int] | None:
    """Host in lower case and port, the scheme's own by default; None when there is no host to read."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname else None


def _is_left_alone(text: str) -> bool:
    """Visible words that promise where the link leads: spam filters and Thunderbird compare the two."""
    return bool(UNSUBSCRIBE.search(text)) or (is_address(text) and not _shares_domain(text))


def is_address(text: str) -> bool:
    """Whether words are an address and nothing else: `https://x.test/a`, `www.x.test`, `x.test/a`, `anna@x.test`."""
    return bool(ADDRESS.fullmatch(text.strip(" .,;:!()<>[]")))


def _shares_domain(text: str) -> bool:
    visible = text.strip(" .,;:!()<>[]")
    shown = host_and_port(visible if "://" in visible else f"//{visible}")
    ours = host_and_port(settings.TRACKING_URL)
    return bool(shown and ours and "@" not in visible and registered_domain(shown[0]) == registered_domain(ours[0]))


def registered_domain(host: str) -> str:
    """The part of a host that somebody registered: without the public suffix list, so the careful guess (more labels)."""
    try:
        return str(ip_address(host))
    except ValueError:
        labels = host.rstrip(".").split(".")
    kept = 3 if len(labels) > 2 and labels[-2] in SHARED_ENDINGS else 2
    return ".".join(labels[-kept:])
