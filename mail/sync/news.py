"""Mail that came since: everything from the cursor on, oldest first, so that the cursor never stands above what is not here."""

from mail.models import RemoteFolder
from mail.sync.visit import Visit

CHUNK = 100  # messages, then the cursor moves


def fetch(visit: Visit, folder: RemoteFolder) -> int:
    """Take in what is new in the open folder; answers how many messages arrived there. Raises ServerFault, ClaimLost."""
    uids = visit.server.uids_from(folder.next_uid)
    entrance = visit.entrance(folder)
    for start in range(0, len(uids), CHUNK):
        chunk = uids[start : start + CHUNK]
        count = entrance.enter(chunk)
        folder.move_cursor("next_uid", chunk[-1] + 1)
        visit.entered(count)
    return len(uids)
