import re
from pathlib import Path

from crm.environment import KNOWN, Environment

EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"
SETTING = re.compile(r"^# ([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)
INTERNAL = "CANDOR_DEMO"  # what `manage.py demo` tells its own processes


def test_the_example_lists_every_setting_and_no_other():
    listed = [name for name, _value in SETTING.findall(EXAMPLE.read_text())]
    assert sorted(listed) == sorted(name for name in KNOWN if not name.startswith(INTERNAL))


def test_the_example_as_it_stands_sets_nothing():
    assert not [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]


def test_every_value_of_the_example_can_be_read(monkeypatch, tmp_path):
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    for name, value in SETTING.findall(EXAMPLE.read_text()):
        monkeypatch.setenv(name, value)
    environment = Environment(tmp_path / "absent")
    for name in ("SITE_URL", "TRACKING_URL"):
        assert environment.url(name, "").startswith("https://")
    assert environment.number("PORT", 0) == 8000
    assert environment.flag("DEBUG") is False
    assert environment.database("DATABASE_URL", {})["NAME"] == "candor"
    assert environment.email("EMAIL_URL", "consolemail://")["EMAIL_PORT"] == 587
    assert not environment.problems
