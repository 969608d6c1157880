"""Keys: from the environment, or kept under DATA_DIR on loopback."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crm import keys
from crm.environment import KNOWN, Environment


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Environment:
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    return Environment(Path("/nowhere/.env"))


def test_generated_keys_are_kept_and_private(env: Environment, tmp_path: Path) -> None:
    first = keys.load(env, data_dir=tmp_path, may_generate=True)
    assert keys.load(env, data_dir=tmp_path, may_generate=True) == first
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert len({first.secret_key, *first.tracking_keys, *first.credential_keys}) == 3


def test_processes_that_start_together_agree_on_the_keys(env: Environment, tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        loaded = list(pool.map(lambda _: keys.load(env, data_dir=tmp_path, may_generate=True).secret_key, range(64)))
    assert len(set(loaded)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_a_public_installation_generates_nothing_and_names_what_is_missing(env: Environment, tmp_path: Path) -> None:
    loaded = keys.load(env, data_dir=tmp_path, may_generate=False)
    assert loaded.missing == ("SECRET_KEY", "TRACKING_KEYS", "CREDENTIAL_KEYS")
    assert list(tmp_path.iterdir()) == []


def test_the_environment_wins_over_what_is_kept(env: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.load(env, data_dir=tmp_path, may_generate=True)
    monkeypatch.setenv("TRACKING_KEYS", "new, old")
    loaded = keys.load(env, data_dir=tmp_path, may_generate=True)
    assert loaded.tracking_keys == ["new", "old"]
    assert loaded.secret_key == json.loads((tmp_path / "keys.json").read_text())["SECRET_KEY"]
