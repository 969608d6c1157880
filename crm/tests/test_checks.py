"""A wrong configuration stops every kind of start with a sentence, never with a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crm.environment import KNOWN
from crm.keys import generate
from crm.lib.npm import missing_files

ROOT = Path(__file__).resolve().parent.parent.parent
MANAGE = [sys.executable, "manage.py", "check"]
WORKER = [sys.executable, "-m", "celery", "-A", "crm", "worker", "--pool", "solo"]
WEB = [sys.executable, "-c", "import crm.wsgi"]


def start(command: list[str], tmp_path: Path, **values: str) -> subprocess.CompletedProcess[str]:
    ours = {*KNOWN, "DJANGO_SETTINGS_MODULE", "DJANGO_ALLOW_ASYNC_UNSAFE"}  # the last is the browser tests'
    env = {name: value for name, value in os.environ.items() if name not in ours}
    env |= {"DATA_DIR": str(tmp_path), **values}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", [MANAGE, WORKER, WEB], ids=["command", "worker", "web"])
def test_a_misspelt_variable_stops_the_start(command: list[str], tmp_path: Path) -> None:
    done = start(command, tmp_path, SITE_ULR="https://crm.example.com")
    assert done.returncode != 0
    assert "SITE_ULR is not a setting that Candor knows" in done.stderr
    assert "Did you mean SITE_URL?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [MANAGE, WEB], ids=["command", "web"])
def test_a_public_address_without_keys_stops_the_start(command: list[str], tmp_path: Path) -> None:
    done = start(command, tmp_path, SITE_URL="https://crm.example.com")
    assert done.returncode != 0
    for name in ("SECRET_KEY", "TRACKING_KEYS", "CREDENTIAL_KEYS"):
        assert f"{name} is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_credential_key_that_is_no_fernet_key_is_told(tmp_path: Path) -> None:
    done = start(MANAGE, tmp_path, SITE_URL="https://crm.example.com", **{**generate(), "CREDENTIAL_KEYS": "hunter2"})
    assert "not a Fernet key" in done.stderr
    assert "hunter2" not in done.stderr


def test_the_demo_refuses_an_address_that_others_can_reach(tmp_path: Path) -> None:
    done = start(MANAGE, tmp_path, SITE_URL="https://crm.example.com", CANDOR_DEMO="1", **generate())
    assert done.returncode != 0
    assert "The demo runs on this machine only" in done.stderr


@pytest.mark.skipif(bool(missing_files()), reason="the front-end files are not installed (make setup does that), and the check says so")
def test_a_public_installation_passes_the_deployment_check(tmp_path: Path) -> None:
    command = [*MANAGE, "--deploy", "--fail-level", "WARNING"]
    done = start(command, tmp_path, SITE_URL="https://crm.example.com", **generate())
    assert done.returncode == 0, done.stderr


def test_nothing_at_all_has_to_be_set_on_the_own_machine(tmp_path: Path) -> None:
    assert start(MANAGE, tmp_path).returncode == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written" in start(MANAGE, tmp_path).stderr


def test_a_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    assert start(MANAGE, tmp_path / "new" / "data").returncode == 0
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


def test_a_data_folder_that_everybody_can_read_is_told_before_deployment(tmp_path: Path) -> None:
    keys = {"SITE_URL": "https://crm.example.com", **generate()}
    tmp_path.chmod(0o755)
    assert "can read DATA_DIR" in start([*MANAGE, "--deploy"], tmp_path, **keys).stderr
    tmp_path.chmod(0o750)
    assert "can read DATA_DIR" not in start([*MANAGE, "--deploy"], tmp_path, **keys).stderr
