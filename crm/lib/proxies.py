"""Who is at the other end, behind the proxies that the installation trusts (TRUSTED_PROXIES)."""

import time
from pathlib import Path

from django.conf import settings

from crm.lib.networks import is_in, is_public, read_address

NOTED_EVERY = 3600.0  # seconds between two notes of one process
STALE = 86_400.0  # seconds after which a note says nothing about now


class _Process:
    """When this process noted an undeclared proxy last."""

    noted_at = -NOTED_EVERY


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


def note_undeclared(peer: str, forwarded: str) -> None:
    """Note a peer inside of our own network that passes requests on although TRUSTED_PROXIES does not name it; never raises.

    A public peer is left alone: any stranger can write that header.
    """
    address = read_address(peer)
    if not forwarded or address is None or is_public(address) or is_in(address, settings.TRUSTED_PROXIES):
        return
    if time.monotonic() - _Process.noted_at < NOTED_EVERY:
        return
    _Process.noted_at = time.monotonic()
    try:
        _file().write_text(str(address))
    except OSError:  # the health page tells of a full disk
        return


def undeclared() -> str:
    """The proxy that was noted within a day and is still not declared; "" for none."""
    try:
        noted, at = _file().read_text(), _file().stat().st_mtime
    except (OSError, UnicodeDecodeError):
        return ""
    address = read_address(noted)
    is_true = address is not None and not is_in(address, settings.TRUSTED_PROXIES) and time.time() - at < STALE
    return str(address) if is_true else ""


def _file() -> Path:
    return Path(settings.DATA_DIR, "undeclared-proxy")
