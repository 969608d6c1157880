"""A demo that is stopped, killed, started again, thrown away: what is left of it and what is kept."""

import os
import signal
import sys

import pytest

from crm.demo.tests.running import Demo, database_of, eventually, free_port, is_alive, running, started_before

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


@pytest.fixture
def old_data(tmp_path):
    """Data of a demo that was started before, on other ports."""
    return started_before(tmp_path)


def test_no_process_is_left_when_it_is_stopped_and_the_data_is_kept(old_data):
    with running(old_data) as demo:
        children = demo.children()
        assert set(children) == {"web", "worker", "mailserver"}
        assert demo.end(signal.SIGINT) == 0
        assert not any(is_alive(pid) for pid in children.values())
    assert people(old_data) > 30


def test_a_child_that_hangs_is_ended_too(old_data):
    with running(old_data) as demo:
        children = demo.children()
        os.kill(children["worker"], signal.SIGSTOP)
        assert demo.end() == 0
    assert not any(is_alive(pid) for pid in children.values())


def test_nothing_outlives_a_supervisor_that_was_killed(old_data):
    with running(old_data) as demo:
        children = demo.children()
        demo.end(signal.SIGKILL)
        eventually(lambda: not any(is_alive(pid) for pid in children.values()))


def test_a_second_start_keeps_what_was_written_and_loads_nothing_twice(old_data):
    with database_of(old_data) as database:
        database.execute("UPDATE records_person SET name = 'Kept' WHERE id = 1")
    before = people(old_data)
    with running(old_data) as demo:
        assert "Loading" not in demo.output
        assert demo.end(signal.SIGHUP) == 0, "closing the terminal ends it as Ctrl-C does; the other tests end it by SIGTERM"
    with database_of(old_data) as database:
        assert database.execute("SELECT name FROM records_person WHERE id = 1").fetchone() == ("Kept",)
        accounts = database.execute("SELECT DISTINCT smtp_port, imap_port FROM mail_account").fetchall()
    assert people(old_data) == before
    assert accounts == [(demo.port + 25, demo.port + 43)], "the accounts lead to another start's servers"


def test_reset_begins_afresh_and_keeps_the_keys(old_data):
    keys = (old_data / "keys.json").read_text()
    (old_data / "demo-mail" / "extra@x.test" / "new").mkdir(parents=True)
    with database_of(old_data) as database:
        database.execute("UPDATE records_person SET name = 'Changed'")
    with running(old_data, "--reset"):
        pass
    with database_of(old_data) as database:
        assert database.execute("SELECT COUNT(*) FROM records_person WHERE name = 'Changed'").fetchone() == (0,)
    assert people(old_data) == 41
    assert not (old_data / "demo-mail" / "extra@x.test").exists()
    assert (old_data / "keys.json").read_text() == keys


def test_reset_leaves_a_database_alone_that_is_not_the_demo_s(old_data):
    with database_of(old_data) as database:
        database.execute("UPDATE accounts_user SET email = replace(email, 'brightwater', 'ours')")
    demo = Demo(old_data, free_port(), "--reset")
    assert demo.process.wait(timeout=60) == 1
    eventually(lambda: "users who are not the demo's" in demo.output)
    assert people(old_data) == 41


def people(data):
    with database_of(data) as database:
        return database.execute("SELECT COUNT(*) FROM records_person").fetchone()[0]
