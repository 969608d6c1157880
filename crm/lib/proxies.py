"""Who is at the other end, behind the proxies that the installation trusts (TRUSTED_PROXIES)."""

from django.conf import settings

from crm.lib.networks import is_in, read_address


def client_address(peer: str, forwarded: str) -> str:
    """The peer; behind a trusted proxy the last address of X-Forwarded-For that is not itself a trusted proxy's.

    Whatever stands before that was written by the client, and so was all of it when the peer is no proxy of ours.
    """
    address = read_address(peer)
    for claimed in reversed(forwarded.split(",")):
        if not is_in(address, settings.TRUSTED_PROXIES):
            break
        further = read_address(claimed)
        if further is None:
            break
        address = further
    return str(address) if address else peer
