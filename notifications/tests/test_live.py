"""The live stream over real servers and sockets, with events written by another process."""

import os
import signal
import subprocess
import time

import pytest

from notifications.tests.live_site import Site, running

pytestmark = pytest.mark.slow
ON_POSTGRES = bool(os.environ.get("DATABASE_URL"))
SERVERS = ["granian"] if ON_POSTGRES else ["embedded", "granian", "uvicorn", "runserver"]  # what differs there is the database
STOPS = [("embedded", signal.SIGTERM), ("embedded", signal.SIGINT), ("granian", signal.SIGTERM), ("uvicorn", signal.SIGTERM)]
KINDS = [pytest.param(kind, marks=pytest.mark.xdist_group(f"live {kind}")) for kind in SERVERS]


@pytest.fixture(scope="module", params=KINDS)
def site(request, tmp_path_factory):
    with running(request.param, tmp_path_factory.mktemp(request.param)) as site:
        yield site


@pytest.fixture
def open_stream(site: Site):
    readers = []

    def open_one(**options):
        readers.append(site.open(**options))
        return readers[-1]

    yield open_one
    for reader in readers:
        reader.close()


def test_an_event_of_another_process_arrives_within_a_second(site, open_stream):
    reader = open_stream(session=site.tell("sign-in anna@acme.test")).started()
    delays = []
    for number in range(8):
        written = float(site.tell(f"push anna@acme.test {number}"))
        assert reader.text() == str(number)
        delays.append(time.time() - written)
        time.sleep(0.07)
    assert sorted(delays)[4] < 0.5
    assert max(delays) < 1


def test_the_stream_is_not_kept_or_held_back_on_its_way(site, open_stream):
    answer = open_stream(session=site.tell("sign-in anna@acme.test")).answer
    assert answer.status == 200
    assert answer.getheader("Content-Type") == "text/event-stream; charset=utf-8"
    assert answer.getheader("Cache-Control") == "no-store, no-transform"
    assert answer.getheader("X-Accel-Buffering") == "no"
    assert answer.getheader("Content-Encoding") is None


def test_a_browser_that_comes_back_gets_what_it_missed_and_nothing_twice(site, open_stream):
    session = site.tell("sign-in back@acme.test")
    reader = open_stream(session=session).started()
    site.tell("push back@acme.test one")
    assert reader.text() == "one"
    reader.close()
    site.tell("push back@acme.test two")
    site.tell("push back@acme.test three")
    again = open_stream(session=session, last_id=reader.cursor)
    assert again.text() == "two"
    middle = again.cursor
    assert again.text() == "three"
    assert again.next()["name"] == "ready"
    site.tell("push back@acme.test four")
    assert again.text() == "four"
    assert open_stream(session=session, cursor=middle).text() == "three"


def test_a_page_follows_from_the_moment_it_was_rendered(site, open_stream):
    session = site.tell("sign-in page@acme.test")
    rendered = open_stream(session=session).started().cursor
    site.tell("push page@acme.test between")
    assert open_stream(session=session, cursor=rendered).text() == "between"


def test_whoever_missed_too_much_is_told_to_refresh(site, open_stream):
    session = site.tell("sign-in long@acme.test")
    start = open_stream(session=session).started().cursor
    site.tell("push-many long@acme.test 230")
    assert open_stream(session=session, cursor=start).next()["name"] == "refresh"


def test_a_cursor_of_another_database_leads_to_a_refresh(site, open_stream):
    assert open_stream(session=site.tell("sign-in anna@acme.test"), cursor="99999999").next()["name"] == "refresh"


def test_nonsense_for_a_cursor_begins_now(site, open_stream):
    assert open_stream(session=site.tell("sign-in anna@acme.test"), last_id="1; DROP").next()["name"] == "ready"


def test_events_of_others_never_arrive(site, open_stream):
    mine = open_stream(session=site.tell("sign-in mine@acme.test")).started()
    start = mine.cursor
    site.tell("sign-in other@acme.test")
    site.tell("push other@acme.test secret")
    site.tell("push mine@acme.test own")
    assert mine.text() == "own"
    assert open_stream(session=site.tell("sign-in mine@acme.test"), cursor=start).text() == "own"


def test_strangers_are_refused(site, open_stream):
    assert open_stream().answer.status == 403
    assert open_stream(session="x" * 32).answer.status == 403


def test_the_newest_streams_stay_when_a_user_has_too_many(site, open_stream):
    session = site.tell("sign-in many@acme.test")
    first, *others = [open_stream(session=session).started() for _ in range(21)]
    with pytest.raises(EOFError):
        first.next()
    site.tell("push many@acme.test hello")
    assert {reader.text() for reader in others} == {"hello"}


@pytest.mark.skipif(not ON_POSTGRES, reason="SQLite has one writer at a time, so ids commit in order")
def test_a_transaction_that_commits_late_is_not_passed_over(site, open_stream):
    session = site.tell("sign-in late@acme.test")
    reader = open_stream(session=session).started()
    start = reader.cursor
    site.tell("push-late late@acme.test x")
    assert [reader.text(), reader.text()] == ["x quick", "x slow"]
    site.tell("push late@acme.test y")
    assert reader.text() == "y"
    again = open_stream(session=session, cursor=start)
    assert [again.text(), again.text(), again.text()] == ["x slow", "x quick", "y"]


@pytest.mark.parametrize(("kind", "number"), [(kind, number) for kind, number in STOPS if kind in SERVERS])
def test_the_server_stops_at_once_though_streams_are_open(kind, number, tmp_path):
    with running(kind, tmp_path) as site:
        session = site.tell("sign-in anna@acme.test")
        readers = [site.open(session=session).started() for _ in range(3)]
        begun = time.monotonic()
        site.server.send_signal(number)
        for reader in readers:
            with pytest.raises(EOFError):
                reader.next()
            reader.close()
        try:
            site.server.wait(4)
        except subprocess.TimeoutExpired:
            pytest.fail("the server waits for its streams")
        assert time.monotonic() - begun < 3
