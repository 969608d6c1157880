"""Whose an address is: the ends of every range that the published lists name, and what lies beside them."""

from ipaddress import ip_network

import pytest

from tracking.verdicts.networks import LISTED, Network, networks_of, source_of

RANGES = [
    *(
        ("microsoft_filter", cidr)
        for cidr in (
            "40.92.0.0/15",
            "40.107.0.0/16",
            "52.100.0.0/14",
            "52.238.78.88/32",
            "104.47.0.0/17",
            "2a01:111:f400::/48",
            "2a01:111:f403::/48",
        )
    ),
    *(("microsoft", f"{begin}.0.0/16") for begin in ("40.94", "4.182", "4.204", "57.155", "72.145", "48.209", "74.240")),
    *(("google", cidr) for cidr in ("66.102.0.0/20", "66.249.64.0/19", "64.233.160.0/19", "74.125.0.0/16")),
    *(("google_crawler", f"66.249.{third}.0/27") for third in (87, 89, 90, 91, 92)),
    *(("google_crawler", f"74.125.{third}.0/27") for third in (148, 149, 150, 151, 216, 217, 218, 219)),
    *(("google_crawler", cidr) for cidr in ("108.177.2.0/27", "192.178.16.0/27", "192.178.17.0/27", "209.85.238.0/27", "72.14.199.0/27")),
    *(("mail_ru", cidr) for cidr in ("188.93.56.0/24", "185.30.176.0/23")),
    *(
        ("barracuda", cidr)
        for cidr in ("3.24.133.128/25", "15.222.16.128/25", "35.157.190.224/27", "18.185.115.192/26", "18.184.203.224/27")
    ),
    *(("barracuda", cidr) for cidr in ("13.200.136.128/25", "35.176.92.96/27", "18.133.136.128/26", "18.133.136.96/27", "209.222.82.0/24")),
    *(("proofpoint", cidr) for cidr in ("67.231.144.0/20", "148.163.128.0/18", "205.220.160.0/19")),
]


@pytest.mark.parametrize(("network", "cidr"), RANGES)
def test_a_published_range_is_known_from_its_first_to_its_last_address(network, cidr):
    whole = ip_network(cidr)

    assert network in networks_of(str(whole[0]))
    assert network in networks_of(str(whole[-1]))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        *(("40.94.0.0", "microsoft_filter"), ("40.91.255.255", "microsoft_filter"), ("104.47.128.0", "microsoft_filter")),
        *(("52.238.78.87", "microsoft_filter"), ("2a01:111:f401::1", "microsoft_filter"), ("52.96.1.1", "microsoft_filter")),
        *(("66.249.84.12", "google_crawler"), ("74.125.215.33", "google_crawler"), ("34.76.1.1", "google")),
        *(("3.24.133.127", "barracuda"), ("18.133.136.95", "barracuda"), ("209.222.83.0", "barracuda")),
        ("not an address", "google"),
    ],
)
def test_what_lies_beside_a_range_is_not_of_it(address, network):
    assert network not in networks_of(address)


@pytest.mark.parametrize(
    ("network", "numbers"),
    [
        ("microsoft", (8075, 8074, 12076)),
        ("google", (15169,)),
        ("proofpoint", (22843, 26211, 52129)),
        ("mimecast", (30031, 39588, 42427, 60492)),
        ("ironport", (16417,)),
        ("apple_egress", (714, 36183)),
        ("yahoo", (10310, 26101, 34010, 36646, 36647, 56173)),
        ("mail_ru", (47764,)),
        ("rambler", (24638,)),
    ],
)
def test_an_autonomous_system_is_enough_to_know_its_owner(network, numbers):
    assert all(network in networks_of("198.51.100.1", number) for number in numbers)


def test_every_network_says_where_its_addresses_are_from():
    assert {listed.network for listed in LISTED} == set(Network)
    assert all(listed.source for listed in LISTED)


def test_a_source_is_an_address_or_the_64_of_an_ipv6_address():
    assert source_of("198.51.100.1") == source_of("198.51.100.1", "any") != source_of("198.51.100.2")
    assert source_of("2a02:8109:0:1::1") == source_of("2a02:8109:0:1:ffff::9") != source_of("2a02:8109:0:2::1")
    assert source_of("::ffff:198.51.100.1") == source_of("198.51.100.1")
    assert source_of("10.0.0.1", "one") != source_of("10.0.0.1", "other")
    assert source_of("no address") == ""
