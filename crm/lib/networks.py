"""IP addresses and networks as they come in headers and settings."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
GLOBAL_UNICAST = ip_network("2000::/3")  # of IPv6, nothing else has been given out for the internet (RFC 4291)
# Global by their form, yet they only carry another address inside (RFC 6052, RFC 3056, RFC 4380, RFC 3068), name a group, or are kept
# for protocols and examples (RFC 6890, RFC 9637).
TUNNELS = tuple(
    map(
        ip_network,
        ("64:ff9b::/96", "2002::/16", "2001::/32", "ff00::/8", "224.0.0.0/4", "192.88.99.0/24", "192.0.0.0/24", "3fff::/20"),
    )
)


@lru_cache(maxsize=4096)
def read_address(text: str) -> Address | None:
    """The address in `203.0.113.9`, `203.0.113.9:5678`, `[2001:db8::1]:80` or `fe80::1%eth0`; None for anything else."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address  # a socket for both families writes ::ffff:203.0.113.9


def is_in(address: Address | None, names: Iterable[str]) -> bool:
    """Whether the address belongs to one of the networks; names that cannot be read hold nothing."""
    return address is not None and any(address in network for network in _networks(tuple(names)))


def is_public(address: Address) -> bool:
    """Whether the whole internet knows the address: not loopback, private, shared by a carrier (RFC 6598) or a tunnel's."""
    is_given_out = isinstance(address, IPv4Address) or address in GLOBAL_UNICAST
    return is_given_out and address.is_global and not any(address in tunnel for tunnel in TUNNELS)


@lru_cache(maxsize=8)
def _networks(names: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    networks = []
    for name in names:
        try:
            networks.append(ip_network(name, strict=False))
        except ValueError:  # told at the start, see `crm.environment`
            continue
    return tuple(networks)
