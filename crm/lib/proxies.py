"""Who is at the other end, behind the proxies that the installation trusts (TRUSTED_PROXIES)."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings


def client_address(peer: str, forwarded: str) -> str:
    """The peer; behind a trusted proxy the last address of X-Forwarded-For that is not itself a trusted proxy's."""
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    address = peer
    for claimed in reversed(forwarded.split(",")):
        if not _is_in(address, trusted) or not _is_address(claimed.strip()):
            break
        address = claimed.strip()
    return address


def _is_in(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4)
def _networks(names: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    networks = []
    for name in names:
        try:
            networks.append(ip_network(name, strict=False))
        except ValueError:  # told by a system check; whoever is not known is not trusted
            continue
    return tuple(networks)
