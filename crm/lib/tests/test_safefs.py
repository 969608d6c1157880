"""The file broker: whole messages, each read once, in order."""

import threading
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from crm.lib import safefs


@pytest.fixture
def connection(tmp_path: Path) -> Any:
    safefs.register()
    options = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "processed_folder": str(tmp_path / "processed"),
        "control_folder": str(tmp_path / "control"),
        "store_processed": True,
    }
    with Connection("safefs://", transport_options=options) as opened:
        yield opened


def test_a_message_comes_back_as_it_was_put(connection: Any) -> None:
    queue = connection.SimpleQueue("celery")
    queue.put({"word": "grüße"})
    message = queue.get(timeout=2)
    message.ack()
    assert message.payload == {"word": "grüße"}
    with pytest.raises(Empty):
        queue.get(block=False)


def test_order_is_kept(connection: Any) -> None:
    channel = connection.default_channel
    for number in range(20):
        channel._put("celery", {"number": number})
    assert [channel._get("celery")["number"] for _ in range(20)] == list(range(20))


def test_nothing_of_what_was_read_stays_behind(connection: Any, tmp_path: Path) -> None:
    channel = connection.default_channel
    channel._put("celery", {"number": 1})
    channel._get("celery")
    assert [path for path in tmp_path.rglob("*") if path.suffix in {".msg", ".tmp"}] == []


def test_other_queues_and_drafts_are_passed_over(connection: Any, tmp_path: Path) -> None:
    channel = connection.default_channel
    channel._put("other", {"number": 1})
    (tmp_path / "messages" / ".half-written.tmp").write_text("{")
    with pytest.raises(Empty):
        channel._get("celery")


def test_many_writers_and_readers_lose_and_double_nothing(connection: Any) -> None:
    channels = [connection.channel() for _ in range(6)]
    writers = [
        threading.Thread(target=lambda c=c, n=n: [c._put("celery", {"id": n * 100 + i}) for i in range(100)])
        for n, c in enumerate(channels[:3])
    ]
    seen: list[int] = []
    done = threading.Event()

    def read(channel: Any) -> None:
        while True:
            is_last_look = done.is_set()
            try:
                seen.append(channel._get("celery")["id"])
            except Empty:
                if is_last_look:
                    return

    readers = [threading.Thread(target=read, args=(channel,)) for channel in channels[3:]]
    for thread in writers + readers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert sorted(seen) == list(range(300))


def test_bindings_of_two_processes_are_both_kept(connection: Any) -> None:
    first, second = connection.channel(), connection.channel()
    first._queue_bind("celery", "celery", "", "celery")
    second._queue_bind("celery", "other", "", "other")
    first._queue_bind("celery", "celery", "", "celery")
    assert sorted(entry.queue for entry in first.get_table("celery")) == ["celery", "other"]
