"""The servers that a domain itself names for mail programs, in the file that Thunderbird and others ask for.

https://datatracker.ietf.org/doc/draft-ietf-mailmaint-autoconfig/ . Only over https: whoever could change the answer on the way would
be given the password. A public list (AUTOCONFIG_DATABASE) is asked only where the installation wants it, because it learns the domain.
"""

import logging
from collections.abc import Iterable
from urllib.parse import quote

from django.conf import settings
from lxml import etree
from requests import RequestException

from crm.lib import dialling
from mail.models import Security
from mail.providers import Place
from mail.settings_found import Found

logger = logging.getLogger(__name__)
ADDRESSES = (
    "https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={email}",
    "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
)
LIMIT = 64 * 1024  # bytes
SECURITIES = {"SSL": Security.TLS, "STARTTLS": Security.STARTTLS}  # "plain" is not taken
MOST_SERVERS = 20


def ask(email: str, *, seconds: float) -> Found | None:
    """What the domain says, at the first address that says something usable; None when none does. Raises nothing."""
    domain = email.rpartition("@")[2]
    places = [pattern.format(domain=domain, email=quote(email)) for pattern in ADDRESSES]
    return next((found for place in places if (found := _fetch(place, email, seconds))), None)


def ask_database(email: str, *, seconds: float) -> Found | None:
    """What the public list says, which gets the domain alone; None where there is none."""
    base = settings.AUTOCONFIG_DATABASE
    return _fetch(f"{base.rstrip('/')}/{quote(email.rpartition('@')[2])}", email, seconds) if base else None


def read(content: bytes, email: str) -> Found | None:
    """The first IMAP and SMTP server of a configuration that protect the connection and take a password; None when one is missing."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root.getroottree().docinfo.doctype:  # no file of this kind has one; entities are what it is for
        return None
    incoming = _first(root.iterfind(".//incomingServer[@type='imap']"))
    outgoing = _first(root.iterfind(".//outgoingServer[@type='smtp']"))
    if incoming is None or outgoing is None:
        return None
    return Found(
        imap=incoming[0],
        smtp=outgoing[0],
        imap_username=_username(incoming[1], email),
        smtp_username=_username(outgoing[1], email),
        name=_text(root, ".//displayShortName")[:100],
    )


def _fetch(address: str, email: str, seconds: float) -> Found | None:
    try:
        content = dialling.fetch(address, limit=LIMIT, seconds=seconds, may_be_plain=address.startswith("http:"))
    except (RequestException, OSError, UnicodeError, ValueError, dialling.TooMuch) as error:
        logger.info("No mail configuration came from a domain: %s", type(error).__name__)
        return None
    return read(content, email) if content else None


def _first(servers: Iterable[etree._Element]) -> tuple[Place, str] | None:
    for _number, server in zip(range(MOST_SERVERS), servers, strict=False):
        place = _place(server)
        if place and _takes_password(server):
            return place, _text(server, "username")
    return None


def _place(server: etree._Element) -> Place | None:
    host, port = _text(server, "hostname"), _text(server, "port")
    security = SECURITIES.get(_text(server, "socketType").upper())
    if not (security and port.isdigit() and 0 < int(port) < 65536 and 0 < len(host) <= 200) or any(sign in host for sign in " /@%\\"):
        return None
    return Place(host, int(port), security)


def _takes_password(server: etree._Element) -> bool:
    ways = {(way.text or "").strip().lower() for way in server.iterfind("authentication")}
    return not ways or bool(ways & {"password-cleartext", "plain", "password-encrypted", "secure"})


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _username(pattern: str, email: str) -> str:
    local, _, domain = email.rpartition("@")
    for name, value in (("%EMAILADDRESS%", email), ("%EMAILLOCALPART%", local), ("%EMAILDOMAIN%", domain)):
        pattern = pattern.replace(name, value)
    return pattern[:200] or email
