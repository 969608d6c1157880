import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from crm.demo import maildir, reading
from crm.demo.company import BORIS, COLLEAGUES, PASSWORD
from crm.demo.tests.running import ROOT, Demo, database_of, eventually, free_port, running, started_before

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo"), pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with running(started_before(tmp_path_factory.mktemp("demo"))) as started:
        yield started


THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0"


def status(demo, path="/healthz", host="127.0.0.1"):
    connection = http.client.HTTPConnection(host, demo.port, timeout=10)
    try:
        connection.request("GET", path, headers={"User-Agent": THUNDERBIRD})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def test_one_block_says_where_how_to_sign_in_and_how_to_stop(demo):
    assert f"http://localhost:{demo.port}" in demo.output
    assert f"http://127.0.0.1:{demo.port}/inboxes/{BORIS}/" in demo.output
    assert str(demo.data) in demo.output
    assert "Ctrl-C" in demo.output
    for colleague in COLLEAGUES:
        assert colleague.email in demo.output
    assert PASSWORD in demo.output


def test_it_answers_on_both_names_of_this_machine_and_on_no_other_address(demo):
    assert status(demo, host="127.0.0.1") == status(demo, host="localhost") == 200
    with pytest.raises(OSError), socket.create_connection((outside_address(), demo.port), timeout=2):
        pass


def outside_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks which address would be used
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return probe.getsockname()[0]


def test_the_demo_s_mailboxes_and_its_web_site_are_served(demo):
    assert status(demo, f"/inboxes/{BORIS}/") == 200
    assert status(demo, "/site/pricing/") == 200


def test_logs_hold_neither_tokens_nor_addresses(demo):
    status(demo, "/i/AAAAAAAAAAAAAAAAAAAAAA.gif")
    status(demo, "/l/AAAAAAAAAAAAAAAAAAAAAAAAAAAA?u=https%3A%2F%2Fsecret.test%2F")
    words = "".join(path.read_text() for path in (demo.data / "logs").iterdir())
    assert "AAAAAAAA" not in words
    assert "secret.test" not in words
    assert BORIS not in words


@pytest.mark.parametrize("name", ["worker", "web", "mailserver"])
def test_a_killed_process_comes_back_and_nothing_is_lost(demo, name):
    before = demo.children()
    os.kill(before[name], signal.SIGKILL)
    eventually(lambda: demo.children().get(name, before[name]) != before[name])
    eventually(lambda: status(demo) == 200)
    demo.wait_for("it starts again")
    assert {other: pid for other, pid in demo.children().items() if other != name} == {
        other: pid for other, pid in before.items() if other != name
    }


def test_an_opening_while_the_worker_is_dead_is_counted_once_it_is_back(demo):
    opened = boris_pixel(demo)
    before = openings(demo.data)
    os.kill(demo.children()["worker"], signal.SIGKILL)
    assert status(demo, opened) == 200
    eventually(lambda: openings(demo.data) == before + 1)


def boris_pixel(demo):
    """The path of the pixel in one of the mails that Boris has got."""
    mail = maildir.mails(maildir.mailbox(demo.data / "demo-mail", BORIS))[0]
    address = re.search(r'src="http://127\.0\.0\.1:\d+(/[^"]+)"', reading.open_mail(mail).html)
    assert address
    return address[1]


def openings(data):
    with database_of(data) as database:
        return database.execute("SELECT COUNT(*) FROM tracking_event WHERE counts AND kind = 'open'").fetchone()[0]


def test_a_second_copy_runs_beside_it_with_data_of_its_own(demo, tmp_path):
    with running(started_before(tmp_path)) as other:
        assert status(other) == status(demo) == 200
        assert other.port != demo.port


def test_a_second_copy_on_the_same_data_is_refused(demo):
    other = Demo(demo.data, free_port())
    assert other.process.wait(timeout=60) == 1
    eventually(lambda: "Another Candor runs on the data" in other.output)
    assert "Traceback" not in other.output


@pytest.mark.parametrize(("offset", "use"), [(0, "web"), (25, "SMTP"), (43, "IMAP")])
def test_a_taken_port_is_said_before_anything_starts(tmp_path, offset, use):
    port = free_port()
    with socket.create_server(("127.0.0.1", port + offset)):
        demo = Demo(tmp_path, port)
        assert demo.process.wait(timeout=60) == 1
    eventually(lambda: f"Port {port + offset} ({use}) is taken" in demo.output)
    assert "make run PORT=" in demo.output
    assert "Traceback" not in demo.output
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("name", ["SITE_URL", "TRACKING_URL"])
def test_an_address_that_others_can_reach_is_refused(tmp_path, name):
    demo = Demo(tmp_path, free_port(), **{name: "https://crm.example.com"})
    assert demo.process.wait(timeout=60) == 1
    eventually(lambda: f"this machine only, and {name} is https://crm.example.com" in demo.output)
    assert "Traceback" not in demo.output


def test_a_misspelt_setting_is_named_with_what_was_meant(tmp_path):
    demo = Demo(tmp_path, free_port(), TRACKNG_URL="http://127.0.0.1:9")
    assert demo.process.wait(timeout=60) == 1
    eventually(lambda: "Did you mean TRACKING_URL?" in demo.output)
    assert "Traceback" not in demo.output


def test_an_old_python_gets_a_sentence(tmp_path):
    old = tmp_path / "python3"
    words = "import sys; sys.version_info = (3, 9, 2, 'final', 0); path = sys.argv[1]; exec(compile(open(path).read(), path, 'exec'))"
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -W ignore -c "{words}" "$@"\n')
    old.chmod(0o755)
    done = subprocess.run([old, "scripts/check_python.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Candor needs Python 3.11 or newer")
    assert "is Python 3.9" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_python_without_venv_gets_a_sentence(tmp_path):
    words = "import sys; sys.modules['ensurepip'] = None; path = sys.argv[1]; exec(compile(open(path).read(), path, 'exec'))"
    command = [sys.executable, "-W", "ignore", "-c", words, "scripts/check_python.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "python3-venv" in done.stderr


def test_no_file_of_the_start_names_a_registry():
    for name in ("Makefile", "package-lock.json", "requirements.txt", "requirements-dev.txt", "scripts/install_front_end.sh"):
        words = Path(ROOT, name).read_text()
        assert "registry." not in words, name
        assert "pypi" not in words.replace("--disable-pip-version-check", ""), name
