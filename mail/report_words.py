"""Why a mail came back, in a few words: from the status code (RFC 3463) and the server's own words. The first row that fits wins."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHY: tuple[tuple[str, Promise], ...] = (
    (
        r"\b[45]\.2\.2\b|mailbox[^.]{0,20}full|full mailbox|mail(?:folder|box) is full|over ?quota|quota exceed"
        r"|exceed\w* .{0,20}(?:quota|storage)|exceeded the local limit|переполнен",
        _("mailbox full"),
    ),
    (
        r"\b[45]\.(?:2\.3|3\.4)\b|size limit|too (?:large|big)|(?:exceed\w*|maximum) .{0,30}(?:message|mail) ?size|message size exceed",
        _("too large"),
    ),
    (r"\b5\.4\.6\b|mail loop|hop count|too many hops", _("the servers sent it in circles")),
    (
        r"\b[45]\.2\.1\b|\b(?:account|mailbox|user)\b.{0,40}\b(?:disabled|inactive|suspended|frozen|deactivated|locked)",
        _("mailbox closed"),
    ),
    (
        r"\b5\.1\.2\b|\b5\.4\.4\b|(?:host|domain)(?: name| or domain name)?.{0,20}not (?:found|exist)|nxdomain|no such domain"
        r"|unrouteable|cannot find your domain",
        _("no such domain"),
    ),
    (
        r"\b5\.1\.(?:1|3|6|10)\b|\b5\.4\.1\b|(?:user|recipient|address|mailbox|account)s?\b.{0,60}"
        r"(?:unknown|not (?:found|exist|listed|recogni[sz]ed)|n.t (?:exist|be found)|invalid|unavailable|not available|incorrect)"
        r"|(?:unknown|no such|invalid|no valid) .{0,20}(?:user|recipient|address|mailbox|account)|no mailbox here"
        r"|n.t have a .{0,60}account|address rejected|не найден|не существует",
        _("no such address"),
    ),
    (
        r"\bspam|\bspf\b|\bdkim\b|dmarc|black ?list|block ?list|\bblocked|banned|reputation|bulk email|content.{0,20}reject|virus"
        r"|unsolicited|access denied|\b5\.7\.\d+\b|sender (?:address )?rejected|not (?:permitted|allowed)|relay(?:ing)? denied|policy"
        r"|preferences|rejected by",
        _("refused by the server"),
    ),
    (
        r"\b[45]\.4\.\d\b|time[sd]? ?out|timeout|refused|could not connect|unreachable|deferred|expired|cannot send message for|too long",
        _("no server answered"),
    ),
)
TABLE = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), words) for pattern, words in WHY)


def in_words(reason: str) -> str:
    """What a server's answer comes down to; empty when it fits nothing known."""
    return next((str(words) for pattern, words in TABLE if pattern.search(reason)), "")
