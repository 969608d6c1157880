"""The hosts that pixels and links lead to: one for the installation, and one for each sending domain that has its own."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

if TYPE_CHECKING:  # the edge is imported before Django's models are
    from tracking.models import TrackedMail


def host_for(sender: str) -> str:
    """The address (`https://t.example.com`) for mail from this sender; "" when it is the installation's own, TRACKING_URL.

    A sending domain serves its subdomains as well, unless those have a host of their own.
    """
    labels = _ascii(sender.rpartition("@")[2]).split(".")
    domains = (".".join(labels[start:]) for start in range(len(labels)))
    return next((settings.TRACKING_HOSTS[domain] for domain in domains if domain in settings.TRACKING_HOSTS), "")


def base_of(mail: "TrackedMail") -> str:
    """The address that a mail's pixels and links begin with."""
    return mail.host or settings.TRACKING_URL


def apart_from_site(mail: "TrackedMail") -> str:
    """The host of a mail's pixels and links where it is not the CRM's own, to which alone browsers tell who is signed in; else ""."""
    host = urlsplit(base_of(mail)).hostname or ""
    return "" if host == urlsplit(settings.SITE_URL).hostname else host  # cookies know no ports (RFC 6265 8.5)


def tracking_addresses() -> list[str]:
    """Every address that pixels and links lead to as things are configured, the installation's own first."""
    return list(dict.fromkeys([settings.TRACKING_URL, *settings.TRACKING_HOSTS.values()]))


def is_tracking_alone(address: str) -> bool:
    """Whether the host of an address answers pixels and links and nothing else."""
    return address.partition("//")[2] in settings.TRACKING_ONLY_HOSTS


def own_addresses() -> frozenset[str]:
    """All addresses that belong to this installation."""
    return frozenset([settings.SITE_URL, *tracking_addresses()])


def _ascii(domain: str) -> str:
    """A domain as the settings hold it: lower case, the letters of other scripts encoded (RFC 3490)."""
    bare = domain.strip().rstrip(".").lower()
    try:
        return bare.encode("idna").decode()
    except UnicodeError:
        return bare
