"""Whether recipients can reach the address that pixels and tracked links lead to."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from crm.environment import is_loopback
from mail.models import Account

LOCAL_SUFFIXES = (".local", ".lan", ".internal", ".home.arpa", ".intranet", ".test", ".localhost")


def why_unreachable(accounts: list[Account]) -> str:
    """One sentence on what is wrong and what to set; "" when nothing is, or when only demo accounts exist."""
    return trouble() if any(not account.is_demo for account in accounts) else ""


def trouble() -> str:
    """What is wrong with the tracking address, whoever sends, and what to set; "" when nothing is."""
    url = settings.TRACKING_URL
    if is_loopback(url):
        problem = _("Tracking leads to %(url)s, which is this machine alone, so no recipient can reach it.")
    elif _is_private(urlsplit(url).hostname or ""):
        problem = _("Tracking leads to %(url)s, which is inside of your own network, so recipients outside cannot reach it.")
    elif not url.startswith("https:"):
        problem = _("Tracking leads to %(url)s, which is not https; many mail programs refuse to load it.")
    else:
        return ""
    advice = _("Set SITE_URL (or TRACKING_URL) to the public https address of this installation.")
    return f"{problem % {'url': url}} {advice}"


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(LOCAL_SUFFIXES)
