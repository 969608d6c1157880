"""kombu's filesystem transport, made safe for several processes.

The stock transport lets a reader open a message (or the table of queues) that is still being written, which
ends the worker with a JSON error (celery/kombu#1551). Here both are written under a hidden name and renamed
into place, and a message is claimed by renaming it, so that it is read once.
"""

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """A channel whose files appear whole or not at all. Raises OSError when the disk refuses a message."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for folder in (self.data_folder_in, self.data_folder_out, self.processed_folder, self.control_folder):
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns()}_{uuid.uuid4().hex}.{queue}.msg"  # wall clock: order holds over a reboot
        _write_whole(Path(self.data_folder_out, name), dumps(message))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        ending = f".{queue}.msg"
        for name in sorted(os.listdir(self.data_folder_in)):
            if name.startswith(".") or not name.endswith(ending):
                continue
            claimed = Path(self.processed_folder, name)
            try:
                Path(self.data_folder_in, name).rename(claimed)
            except FileNotFoundError:  # another worker was quicker
                continue
            payload = claimed.read_bytes()
            claimed.unlink()
            return loads(payload.decode())
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None) -> None:
        binding = [routing_key or "", pattern or "", queue or ""]
        table = [list(known) for known in self.get_table(exchange)]
        if binding not in table:
            _write_whole(Path(self.control_folder, f"{exchange}.exchange"), dumps([binding, *table]))


class Transport(filesystem.Transport):
    """The filesystem transport on the channel above."""

    Channel = Channel


def register() -> None:
    """Make `safefs://` known; kombu accepts no dotted module paths in broker addresses."""
    TRANSPORT_ALIASES["safefs"] = "crm.lib.safefs:Transport"


def _write_whole(path: Path, text: str) -> None:
    draft = path.with_name(f".{uuid.uuid4().hex}.tmp")
    draft.write_text(text)
    draft.replace(path)
