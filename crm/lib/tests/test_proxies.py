"""Who is at the other end: X-Forwarded-For counts as far as trusted proxies wrote it."""

import pytest

from crm.lib import proxies
from crm.lib.proxies import client_address


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a stranger may claim what he wants
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),  # what stands before was written by the client
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "198.51.100.1", ""),
        ("10.0.0.1", "198.51.100.1, ", "10.0.0.1"),
        ("10.0.0.1", "<script>", "10.0.0.1"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),  # a socket for both families
        ("::1", " 198.51.100.1 ", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:5678", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:80", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", "198.51.100.1:5678, 10.0.0.2:80", "198.51.100.1"),
        ("10.0.0.1", "for=198.51.100.1", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.66, unknown", "10.0.0.1"),
        ("203.0.113.9", "10.0.0.1", "203.0.113.9"),
    ],
)
def test_the_client_is_the_peer_or_what_a_trusted_proxy_says(settings, peer, forwarded, address):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "::1", "nonsense"]

    assert client_address(peer, forwarded) == address


@pytest.mark.parametrize(
    ("peer", "forwarded", "told"),
    [
        ("172.18.0.2", "198.51.100.1", "172.18.0.2"),
        ("::ffff:127.0.0.1", "198.51.100.1", "127.0.0.1"),
        ("172.18.0.2", "", ""),
        ("8.8.8.8", "198.51.100.1", ""),  # any stranger can write that header
        ("10.0.0.1", "198.51.100.1", ""),  # declared
        ("", "198.51.100.1", ""),
    ],
)
def test_a_proxy_of_our_own_network_that_nobody_declared_is_told(settings, tmp_path, monkeypatch, peer, forwarded, told):
    settings.TRUSTED_PROXIES, settings.DATA_DIR = ["10.0.0.0/8"], tmp_path
    monkeypatch.setattr(proxies._Process, "noted_at", -proxies.NOTED_EVERY)
    proxies.note_undeclared(peer, forwarded)

    assert proxies.undeclared() == told
    settings.TRUSTED_PROXIES = [*settings.TRUSTED_PROXIES, "172.16.0.0/12", "127.0.0.1"]
    assert proxies.undeclared() == ""
