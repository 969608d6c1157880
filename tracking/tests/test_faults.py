"""Bad days: whatever is down, the image is shown, the link leads on, and what could not be kept is counted."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from tests.installation import Installation
from tracking import edge, hits, tokens
from tracking.spool import files

PIXEL = tokens.pixel_path(7)
LINK, QUERY = tokens.link_path(7, 0, "https://x.test/").split("?")
NOTHING_LISTENS = "127.0.0.1:1"

SERVE = """
import json, logging, resource, sys, time
limit, count, patience = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
from crm.wsgi import application
from tracking import hits, tokens
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
statuses = []
for number in range(count):
    path, query = tokens.pixel_path(7), ""
    if number % 2:
        path, query = tokens.link_path(7, 0, "https://x.test/").split("?")
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": "203.0.113.9"}
    application(environ, lambda status, headers: statuses.append(status))
time.sleep(patience)  # for the waker, which works behind
print(json.dumps({"statuses": statuses, "lost": hits.lost_count()}))
"""
RECORD = "import django; django.setup(); from tracking.tasks import record_hits; record_hits()"


def environment(folder: Path, **changes: str) -> dict[str, str]:
    return os.environ | {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "crm.settings", "SITE_URL": "http://localhost:8000"} | changes


def serve(folder: Path, *, limit: int = 0, count: int = 2, patience: float = 0.2, **changes: str) -> tuple[dict[str, Any], str]:
    """Answer hits in a process of its own; returns what it saw and what it logged."""
    command = [sys.executable, "-c", SERVE, str(limit), str(count), str(patience)]
    done = subprocess.run(command, cwd=django_settings.BASE_DIR, env=environment(folder, **changes), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def kept(folder: Path) -> list[hits.Hit]:
    """The readable records of a spool."""
    return hits.decode(b"".join(path.read_bytes() for path in files(folder / "spool")))[0]


def ask(path: str, query: str = "") -> edge.Answer:
    return edge.answer(edge.Request("GET", path, query, {}, "203.0.113.9"))


@pytest.mark.slow
def test_without_database_and_broker_hits_are_answered_and_kept(tmp_path):
    gone: dict[str, Any] = {"DATABASE_URL": f"postgres://candor:candor@{NOTHING_LISTENS}/none", "REDIS_URL": f"redis://{NOTHING_LISTENS}/0"}
    seen, logged = serve(tmp_path, count=6, patience=10, **gone)

    assert seen == {"statuses": ["200 OK", "302 Found"] * 3, "lost": 0}
    assert len(kept(tmp_path)) == 6
    assert logged.count("could not be woken") == 1
    assert "Traceback" not in logged


def test_without_database_recording_waits_and_says_so(tmp_path):
    serve(tmp_path)
    changes = {"DATABASE_URL": f"postgres://candor:candor@{NOTHING_LISTENS}/none"}
    command = [sys.executable, "-c", RECORD]
    done = subprocess.run(command, cwd=django_settings.BASE_DIR, env=environment(tmp_path, **changes), capture_output=True, text=True)

    assert done.returncode == 0
    assert "Hits could not be recorded and wait" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(kept(tmp_path)) == 2


def test_on_a_full_disk_hits_are_answered_and_the_lost_ones_counted_for_good(tmp_path):
    seen, logged = serve(tmp_path, limit=2000, count=100)

    assert seen["statuses"] == ["200 OK", "302 Found"] * 50
    assert 0 < len(kept(tmp_path)) < 100
    assert len(kept(tmp_path)) + seen["lost"] == 100
    assert int.from_bytes((tmp_path / "spool" / "lost").read_bytes()) == seen["lost"]
    assert logged.count("cannot be recorded") == 1


def test_once_the_disk_has_room_hits_are_kept_again(tmp_path):
    serve(tmp_path, limit=2000, count=100)
    before = len(kept(tmp_path))
    seen, _ = serve(tmp_path, count=4)

    assert len(kept(tmp_path)) == before + 4
    assert seen["lost"] == 100 - before


def test_where_no_spool_can_be_made_hits_are_answered_and_counted(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.SPOOL_DIR = tmp_path / "file" / "spool"

    assert ask(PIXEL).status == 200
    assert ask(LINK, QUERY).status == 302
    assert hits.lost_count() == 2
    settings.SPOOL_DIR.parent.unlink()
    assert ask(PIXEL).status == 200
    hits.tidy()
    assert int.from_bytes((settings.SPOOL_DIR / "lost").read_bytes()) == 2
    assert len(files(settings.SPOOL_DIR)) == 1
    hits.release()


def test_a_spool_file_is_private_and_in_use_while_its_writer_lives(spool):
    from tracking.spool import is_abandoned

    ask(PIXEL)
    (path,) = files(spool)
    with path.open("rb") as file:
        assert not is_abandoned(file.fileno())
        hits.release()
        assert is_abandoned(file.fileno())
    assert path.stat().st_mode & 0o777 == 0o600
    assert spool.stat().st_mode & 0o777 == 0o700


def test_a_full_spool_file_is_followed_by_another(spool, monkeypatch):
    monkeypatch.setattr("tracking.spool.ROTATE_BYTES", 500)
    for _ in range(20):
        ask(PIXEL)

    assert len(files(spool)) > 2


def test_an_old_spool_file_is_let_go_without_another_hit(spool, monkeypatch):
    from tracking.spool import is_abandoned

    ask(PIXEL)
    monkeypatch.setattr("tracking.spool.ROTATE_SECONDS", 0)
    hits.tidy()
    with files(spool)[0].open("rb") as file:
        assert is_abandoned(file.fileno())


def test_a_forked_process_writes_a_file_of_its_own(spool):
    ask(PIXEL)
    child = os.fork()
    if not child:
        try:
            ask(PIXEL)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    ask(PIXEL)

    assert sorted(path.read_bytes().count(b'"open"') for path in files(spool)) == [1, 2]


def test_threads_tear_no_record(spool):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ask(PIXEL), range(400)))
    kept, torn = hits.decode(b"".join(path.read_bytes() for path in files(spool)))

    assert torn == 0
    assert len({hit.hit_id for hit in kept}) == 400


@pytest.mark.slow
def test_a_recorder_killed_at_any_moment_counts_each_hit_once(tmp_path):
    """The real program, killed again and again while it records; then left to finish."""
    with Installation(tmp_path) as installation:
        _kill_and_count(tmp_path, environment(tmp_path, DATABASE_URL=installation.environment.get("DATABASE_URL", "")))


def _kill_and_count(folder: Path, env: dict[str, str]) -> None:
    prepare = """
import django; django.setup()
from django.utils import timezone
from crm.accounts.models import User
from crm.records.models import Person
from tracking import hits, preferences
from tracking.instrument import track, add_copy
owner = User.objects.create_user("a@x.test", "x", name="A")
preferences.update(user=owner, open_tracking=True, link_tracking=True, notify_activity=True)
person = Person.objects.create(owner=owner, name="B")
for n in range(20):
    copy = add_copy(mail=track(owner=owner, subject="s", url="/", tracks_opens=True, tracks_links=True, now=timezone.now()), person=person)
    for m in range(100):
        hits.keep(hits.Hit(hits.new_id(), "open", copy.public_id, 0, 1.8e9, "GET", f"Thunderbird/{m}", "", {}, None))
"""
    count = """
import django; django.setup()
from django.db.models import Sum
from notifications.models import Card
from tracking.models import Event, TrackedMail
print(Event.objects.count(), TrackedMail.objects.aggregate(n=Sum("open_count"))["n"], Card.objects.aggregate(n=Sum("count"))["n"])
"""
    small = "import django; django.setup(); from tracking import draining; draining.BATCH_BYTES = 3000; " + RECORD.split("; ", 1)[1]
    subprocess.run([sys.executable, "-c", prepare], env=env, check=True, cwd=django_settings.BASE_DIR)
    for moment in range(6):
        recorder = subprocess.Popen([sys.executable, "-c", small], env=env, cwd=django_settings.BASE_DIR)
        time.sleep(0.7 + moment * 0.13)
        recorder.send_signal(signal.SIGKILL)
        recorder.wait()
    subprocess.run([sys.executable, "-c", small], env=env, check=True, cwd=django_settings.BASE_DIR)
    told = subprocess.run([sys.executable, "-c", count], env=env, check=True, cwd=django_settings.BASE_DIR, capture_output=True)

    assert told.stdout.split() == [b"2000", b"2000", b"2000"]
    assert files(folder / "spool") == []
