"""Whose network an address belongs to, as far as it matters for a verdict. Data, with its sources; no look-ups."""

from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_network
from typing import NamedTuple

from crm.lib.networks import is_in, read_address


class Network(StrEnum):
    """A network that says something about who asks."""

    MICROSOFT_FILTER = "microsoft_filter"  # Exchange Online Protection: nobody reads mail from there
    MICROSOFT = "microsoft"  # the rest of it: Outlook on the web shows images through it, Defender opens links from it
    GOOGLE_CRAWLER = "google_crawler"
    GOOGLE = "google"
    APPLE_EGRESS = "apple_egress"  # iCloud Private Relay and Mail Privacy Protection
    YAHOO = "yahoo"
    MAIL_RU = "mail_ru"
    RAMBLER = "rambler"
    SEZNAM = "seznam"
    BARRACUDA = "barracuda"
    PROOFPOINT = "proofpoint"
    MIMECAST = "mimecast"
    IRONPORT = "ironport"


class Listed(NamedTuple):
    """Networks of one owner, from one source."""

    network: Network
    source: str
    ranges: str  # CIDR, parted by blanks
    asns: frozenset[int] = frozenset()  # every address of these autonomous systems; known for replayed logs only


CERTAIN = frozenset({Network.MICROSOFT_FILTER, Network.BARRACUDA, Network.GOOGLE_CRAWLER})  # machines and nothing else
GATEWAYS = frozenset({Network.PROOFPOINT, Network.MIMECAST, Network.IRONPORT})  # also people: browser isolation
WITHIN = {Network.MICROSOFT_FILTER: Network.MICROSOFT, Network.GOOGLE_CRAWLER: Network.GOOGLE}  # parts of their owners' networks
COMPLETE = frozenset({Network.GOOGLE})  # its owner publishes the whole list: what is not on it is somebody else

LISTED = (
    Listed(
        Network.MICROSOFT_FILTER,
        "learn.microsoft.com, Microsoft 365 URLs and IP address ranges, sets 9 and 10",
        "40.92.0.0/15 40.107.0.0/16 52.100.0.0/14 52.238.78.88/32 104.47.0.0/17 2a01:111:f400::/48 2a01:111:f403::/48",
    ),
    Listed(
        Network.MICROSOFT,
        "AS8075, AS8074, AS8068, AS12076 as announced, coarse; used for clicks only",
        "4.128.0.0/9 13.64.0.0/11 13.96.0.0/13 13.104.0.0/14 20.0.0.0/8 23.96.0.0/13 40.64.0.0/10 48.192.0.0/11 51.8.0.0/16 "
        "51.10.0.0/15 51.12.0.0/15 51.103.0.0/16 51.104.0.0/15 51.116.0.0/16 51.120.0.0/16 51.124.0.0/16 51.132.0.0/16 "
        "51.136.0.0/15 51.138.0.0/16 51.140.0.0/14 51.144.0.0/15 52.96.0.0/12 52.112.0.0/14 52.120.0.0/14 52.125.0.0/16 "
        "52.132.0.0/14 52.136.0.0/13 52.145.0.0/16 52.146.0.0/15 52.148.0.0/14 52.152.0.0/13 52.160.0.0/11 52.224.0.0/11 "
        "57.150.0.0/15 57.152.0.0/14 65.52.0.0/14 70.37.0.0/17 72.144.0.0/13 74.160.0.0/14 74.176.0.0/14 74.224.0.0/14 "
        "74.234.0.0/15 74.240.0.0/14 74.248.0.0/15 98.64.0.0/14 98.70.0.0/15 102.37.0.0/16 102.133.0.0/16 104.40.0.0/13 "
        "104.208.0.0/13 108.140.0.0/14 111.221.64.0/18 128.85.0.0/16 128.203.0.0/16 128.251.0.0/16 130.107.0.0/16 "
        "130.131.0.0/16 131.253.1.0/24 134.170.0.0/16 137.116.0.0/15 137.135.0.0/16 138.91.0.0/16 145.132.0.0/15 "
        "157.55.0.0/16 157.56.0.0/14 168.61.0.0/16 168.62.0.0/15 172.160.0.0/11 172.192.0.0/12 172.208.0.0/13 191.232.0.0/13 "
        "207.46.0.0/16 213.199.128.0/18 2603:1000::/24 2a01:111::/32 2620:1ec::/36",
        frozenset({8075, 8074, 8068, 8069, 12076, 3598}),
    ),
    Listed(
        Network.GOOGLE_CRAWLER,
        "developers.google.com/crawling, special-crawlers.json; whole /24 of each listed /27",
        "66.249.87.0/24 66.249.89.0/24 66.249.90.0/24 66.249.91.0/24 66.249.92.0/24 72.14.199.0/24 74.125.148.0/22 "
        "74.125.216.0/22 108.177.2.0/24 192.178.16.0/24 192.178.17.0/24 209.85.238.0/24",
    ),
    Listed(
        Network.GOOGLE,
        "gstatic.com/ipranges/goog.json, AS15169",
        "64.233.160.0/19 66.102.0.0/20 66.249.64.0/19 70.32.128.0/19 72.14.192.0/18 74.125.0.0/16 108.177.0.0/17 "
        "142.250.0.0/15 172.217.0.0/16 172.253.0.0/16 173.194.0.0/16 192.178.0.0/15 207.223.160.0/20 209.85.128.0/17 "
        "216.58.192.0/19 216.239.32.0/19 2001:4860::/32 2404:6800::/32 2607:f8b0::/32 2800:3f0::/32 2a00:1450::/32 2c0f:fb50::/32",
        frozenset({15169}),
    ),
    Listed(
        Network.APPLE_EGRESS,
        "mask-api.icloud.com/egress-ip-ranges.csv, coarse: only opens by a program without a name are judged by it",
        "17.0.0.0/8 104.28.0.0/16 140.248.0.0/16 146.75.128.0/17 172.224.0.0/12 2606:54c0::/32 2a02:26f7::/32 2a04:4e41::/32 "
        "2a09:bac2::/31",
        frozenset({714, 6185, 36183}),  # the last is Akamai's for nothing else
    ),
    Listed(
        Network.YAHOO,
        "AS10310, AS26101, AS34010, AS36646, AS36647, AS56173 as announced",
        "66.94.224.0/19 66.163.160.0/19 66.196.64.0/18 66.218.64.0/19 67.195.0.0/16 68.142.192.0/18 68.180.128.0/17 "
        "69.147.64.0/18 72.30.0.0/16 74.6.0.0/16 76.13.0.0/16 87.248.96.0/19 98.136.0.0/14 106.10.128.0/17 188.125.64.0/19 "
        "206.190.32.0/19 209.191.64.0/18 212.82.96.0/19 216.115.96.0/20 2001:4998::/32 2a00:1288::/29",
        frozenset({10310, 24376, 24572, 26085, 26101, 34010, 36646, 36647, 36752, 42173, 56173, 203219}),
    ),
    Listed(
        Network.MAIL_RU,
        "AS47764, AS47541 as announced",
        "94.100.176.0/20 128.140.168.0/21 178.22.88.0/21 178.237.16.0/20 185.5.136.0/22 185.16.148.0/22 185.16.244.0/22 "
        "185.30.176.0/23 188.93.56.0/21 195.211.20.0/22 217.20.144.0/20 217.69.128.0/20 2a00:1148::/32",
        frozenset({47764, 47541}),
    ),
    Listed(Network.RAMBLER, "AS24638 as announced", "81.19.64.0/19 2a00:17a0::/32", frozenset({24638})),
    Listed(Network.SEZNAM, "AS43037 as announced", "77.75.72.0/21 2a02:598::/32", frozenset({43037})),
    Listed(
        Network.BARRACUDA,
        "campus.barracuda.com, Email Gateway Defense and Sentinel IP ranges",
        "3.24.133.128/25 15.222.16.128/25 35.157.190.224/27 18.185.115.192/26 18.184.203.224/27 13.200.136.128/25 "
        "35.176.92.96/27 18.133.136.128/26 18.133.136.96/27 209.222.82.0/24",
        frozenset({15324}),
    ),
    Listed(
        Network.PROOFPOINT,
        "proofpoint.my.site.com, networks to open for its services; AS22843, AS26211, AS52129",
        "62.209.50.0/24 67.231.144.0/20 91.207.212.0/23 91.209.104.0/24 148.163.128.0/18 185.132.180.0/22 185.183.28.0/22 "
        "205.220.160.0/19 208.84.64.0/22 208.86.200.0/22 209.66.100.64/26",
        frozenset({22843, 26211, 52129}),
    ),
    Listed(
        Network.MIMECAST,
        "community.mimecast.com, data centres and URLs; AS30031, AS39588, AS42427, AS60492",
        "41.74.192.0/20 51.163.158.0/23 62.140.7.0/24 62.140.10.0/24 63.128.21.0/24 91.220.42.0/24 103.13.69.0/24 "
        "103.96.20.0/22 124.47.150.0/24 124.47.189.0/24 146.101.78.0/24 146.101.201.0/24 170.10.128.0/20 180.189.28.0/24 "
        "185.58.84.0/22 193.7.206.0/23 194.104.108.0/22 195.130.217.0/24 205.139.110.0/23 207.82.80.0/24 207.211.30.0/23 "
        "216.145.221.0/24 216.205.24.0/24",
        frozenset({30031, 39588, 42427, 60492}),
    ),
    Listed(
        Network.IRONPORT,
        "AS16417 as announced (Cisco Secure Email)",
        "68.232.128.0/19 139.138.32.0/19 184.94.240.0/20 207.54.64.0/19 216.71.128.0/19",
        frozenset({16417}),
    ),
)

# Shared by many behind an appliance or a proxy that was not declared: such an address alone names nobody
UNSPECIFIC = (
    *("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    *("::1/128", "fc00::/7", "fe80::/10"),
)

_Range = tuple[int, int, Network]


def _ranges() -> dict[int, list[_Range]]:
    """By version of the protocol: first and last address as numbers, and whose they are."""
    ranges: dict[int, list[_Range]] = {4: [], 6: []}
    for network, _source, cidrs, _asns in LISTED:
        for one in map(ip_network, cidrs.split()):
            ranges[one.version].append((int(one[0]), int(one[-1]), network))
    return ranges


_RANGES = _ranges()
_BY_ASN = {asn: listed.network for listed in LISTED for asn in listed.asns}
_LABELS = {str(network): network for network in Network}


@lru_cache(maxsize=16_384)
def networks_of(address: str, asn: int | None = None, label: str | None = None) -> frozenset[Network]:
    """The networks that an address is in; what somebody else has looked up (autonomous system, label) adds to it."""
    found = {_BY_ASN[asn]} if asn in _BY_ASN else set()
    if label in _LABELS:
        found.add(_LABELS[label])
    known = read_address(address)
    if known:
        number = int(known)
        found |= {network for first, last, network in _RANGES[known.version] if first <= number <= last}
    return frozenset(found | {WITHIN[network] for network in found & WITHIN.keys()})


@lru_cache(maxsize=16_384)
def source_of(address: str, user_agent: str = "") -> str:
    """What a visitor can be recognised by: an IPv4 address, or the /64 of an IPv6 address; empty when there is none.

    Behind an address that many share (private, loopback, carrier-grade) only the same program is the same visitor.
    """
    known = read_address(address)
    if known is None:
        return ""
    if is_in(known, UNSPECIFIC):
        return f"{known} {user_agent}"
    return str(known) if known.version == 4 else f"{int(known) >> 64:x}/64"
