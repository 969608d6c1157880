"""The links of a mail: which are tracked, which are left as they are, and why."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracking import hosts, markup, promises, tokens

LINKS = frozenset({"a", "area"})
WHITE = " \t\n\r\f"  # what a browser strips around an address
SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
HEAD_END = re.compile(r"</head[\s/>]", re.IGNORECASE)
CONDITIONAL = re.compile(r"""<(?:a|area|v:\w+)\s[^<>]*?(?<![\w:-])href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
MERGE_FIELD = re.compile(  # a field that nobody filled in
    r"[{}]|%7b%7b|\*\||\|\*|\[\[|<<|<%|<\?|%%|%(?![0-9a-f]{2})[a-z_]\w*%", re.IGNORECASE
)
DEFAULT_PORTS = {"http": 80, "https": 443}
ORDINARY_PORTS = frozenset(DEFAULT_PORTS.values())

# Why a link stays as it is. The first that holds is told.
REASONS: dict[str, Promise] = {
    "drawing": _("it is part of a drawing"),
    "mso": _("it is in a block that only Outlook on Windows shows"),
    "opted_out": _("it is marked not to be tracked"),
    "head": _("it is in the head of the document"),
    "merge_field": _("it holds a merge field"),
    "anchor": _("it leads to a place in the mail"),
    "scheme": _("it is no web address"),
    "relative": _("it is no complete address"),
    "characters": _("it holds characters that a redirect cannot give back exactly"),
    "too_long": _("it is too long"),
    "own": _("it leads to Candor itself"),
    "unsubscribe": _("it unsubscribes"),
    "address": _("its visible text is an address"),
    "too_many": _("the mail has too many links"),
    "doubt": _("it cannot be changed for certain without changing something else"),
    "signed": _("the mail is signed or encrypted"),
    "amp": _("it is in an AMP document"),
    "switched_off": _("link tracking is off"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A link: where its tag and its value stand in the source, its exact target, its words, why it is left alone ("" if not)."""

    tag: int
    start: int
    end: int
    target: str
    text: str
    reason: str = ""


def find(html: str, root: Any, base: str, own: frozenset[str]) -> list[Found]:
    """All links of the mail in the order of the source, decided; tracked ones will lead to `base`, `own` holds all addresses of ours."""
    head_end = _head_end(html, root)
    found = []
    for element in markup.elements(root, LINKS):
        if "href" in element.attributes:
            reason = "head" if element.start < head_end else _reason(element, base, own)
            found.append(_found(html, element, reason))
    for offset, inside in markup.conditional_comments(root):
        found += [_in_conditional(offset, match) for match in CONDITIONAL.finditer(inside)]
    return sorted(found, key=lambda link: link.tag)


def why_not(target: str, own: Iterable[str]) -> str:
    """The reason why an address cannot be tracked whatever its words are, as a key of REASONS; "" when it can."""
    checks = {
        "merge_field": MERGE_FIELD.search(target),
        "anchor": not target or target.startswith("#"),
        "scheme": (match := SCHEME.match(target)) and match[1].lower() not in DEFAULT_PORTS,
        "relative": not match or not tokens.ABSOLUTE.match(target),
        "characters": tokens.UNSAFE.search(target),
        "too_long": len(target) > tokens.MAX_TARGET,
        "doubt": not tokens.is_legal_target(target),
        "own": is_own(target, own),
        "unsubscribe": promises.ends_subscription(target),
    }
    return next((reason for reason, holds in checks.items() if holds), "")


def is_own(url: str, own: Iterable[str] | None = None) -> bool:
    """Whether an address leads to the CRM or to one of its tracking hosts, by whichever of the two schemes."""
    there = host_and_port(url)
    return there is not None and there in {host_and_port(address) for address in own or hosts.own_addresses()}


def host_and_port(url: str) -> tuple[str, int] | None:
    """Host in lower case and port, 0 for an ordinary one; None when there is no host to read."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    return (parts.hostname.rstrip("."), 0 if port in ORDINARY_PORTS else port) if parts.hostname else None


def _found(html: str, element: markup.Element, reason: str) -> Found:
    span = markup.value_span(html, element.start, "href")
    start, end = span or (element.start, element.start)
    return Found(element.start, start, end, _target(element), element.text, reason or ("" if span else "doubt"))


def _target(element: markup.Element) -> str:
    return element.attributes["href"].strip(WHITE)


def _reason(element: markup.Element, base: str, own: Iterable[str]) -> str:
    if element.is_drawn:
        return "drawing"
    if element.is_opted_out:
        return "opted_out"
    if element.is_vml:
        return "mso"
    if reason := why_not(_target(element), own):
        return reason
    if promises.ends_subscription(element.text):
        return "unsubscribe"
    return "address" if promises.is_address(element.text) and not _shares_domain(element.text, base) else ""


def _shares_domain(words: str, base: str) -> bool:
    """Whether all hosts that the words show are of the tracking host's domain: spam filters and Thunderbird compare the two."""
    ours, shown = host_and_port(base), promises.shown_hosts(words)
    domains = {promises.registered_domain(host) for host in shown}
    return ours is not None and domains == {promises.registered_domain(ours[0])}


def _head_end(html: str, root: Any) -> int:
    """Where the head ends as it is written: a browser moves a link out of it and into the body, others may not."""
    heads = markup.elements(root, frozenset({"head"}))
    end = HEAD_END.search(html, heads[0].start) if heads else None
    bodies = [body.start for body in markup.elements(root, frozenset({"body"}))]
    return min([end.start(), *bodies]) if end else 0


def _in_conditional(offset: int, match: re.Match[str]) -> Found:
    target = next((value for value in match.groups() if value is not None), "")
    place = offset + match.start()
    return Found(place, place, place, unescape(target), "", "mso")
