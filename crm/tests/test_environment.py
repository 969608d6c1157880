"""Configuration: wrong values and misspelt names are told, never raised."""

from pathlib import Path

import pytest

from crm.environment import KNOWN, Environment, is_loopback

ABSENT = Path("/nowhere/.env")


def environment(monkeypatch: pytest.MonkeyPatch, **values: str) -> Environment:
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Environment(ABSENT)


def test_defaults_apply_where_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    env = environment(monkeypatch)
    assert env.number("PORT", 8000) == 8000
    assert env.url("SITE_URL", "http://localhost:8000") == "http://localhost:8000"
    assert env.flag("DEBUG") is False
    assert env.texts("TRUSTED_PROXIES") == []
    assert env.problems == []


def test_a_port_that_is_no_number_is_told_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    env = environment(monkeypatch, PORT="eighty")
    assert env.number("PORT", 8000) == 8000
    assert [problem.name for problem in env.problems] == ["PORT"]


@pytest.mark.parametrize(
    "value",
    [
        "crm.example.com",
        "ftp://crm.example.com",
        "https://",
        "https://crm.example.com/app",
        "http://x:99999",
        "https://u:p@crm.example.com",
    ],
)
def test_an_address_that_is_no_site_is_told(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    env = environment(monkeypatch, SITE_URL=value)
    assert env.url("SITE_URL", "http://localhost:8000") == "http://localhost:8000"
    assert "SITE_URL" in env.problems[0].message


def test_a_trailing_slash_of_the_site_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment(monkeypatch, SITE_URL="https://crm.example.com/").url("SITE_URL", "") == "https://crm.example.com"


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        ("https://CRM.Example.com:443", "https://crm.example.com"),
        ("HTTP://localhost:80/", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://crm.example.com:8443", "https://crm.example.com:8443"),
    ],
)
def test_an_address_is_spelt_as_browsers_send_it(monkeypatch: pytest.MonkeyPatch, value: str, spelt: str) -> None:
    """Else the canonical host would never be met, and each page redirect to itself."""
    assert environment(monkeypatch, SITE_URL=value).url("SITE_URL", "") == spelt


@pytest.mark.parametrize("value", ["perhaps", "2"])
def test_a_switch_that_is_neither_yes_nor_no_is_told(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    env = environment(monkeypatch, DEBUG=value)
    assert env.flag("DEBUG") is False
    assert env.problems


def test_a_database_that_candor_does_not_know_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    env = environment(monkeypatch, DATABASE_URL="mysql://u:p@host/db")
    assert env.database("DATABASE_URL", {"ENGINE": "default"}) == {"ENGINE": "default"}
    assert "DATABASE_URL" in env.problems[0].message
    assert "u:p" not in env.problems[0].message + env.problems[0].hint, "passwords stay out of messages"


@pytest.mark.parametrize(("typed", "meant"), [("SITE_ULR", "SITE_URL"), ("DATABSE_URL", "DATABASE_URL"), ("TRACKING_KEY", "TRACKING_KEYS")])
def test_a_misspelt_name_is_told_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch, typed: str, meant: str) -> None:
    env = environment(monkeypatch, **{typed: "x"})
    assert [(problem.name, problem.hint) for problem in env.problems] == [(typed, f"Did you mean {meant}?")]


def test_names_of_other_programs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment(monkeypatch, PATHEXT="x", XDG_DATA_DIRS="y", DISPLAY=":1", REQUESTS_CA_BUNDLE="z").problems == []


def test_a_name_in_the_file_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9000\nCOLOUR=green\n")
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setenv("COLOUR", "to be restored after the test")
    monkeypatch.delenv("COLOUR")
    env = Environment(tmp_path / ".env")
    assert env.number("PORT", 8000) == 9000
    assert [problem.name for problem in env.problems] == ["COLOUR"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.1", True),
        ("http://127.9.9.9:1", True),
        ("http://[::1]:8000", True),
        ("http://crm.localhost", True),
        ("https://crm.example.com", False),
        ("http://192.168.0.4", False),
        ("http://localhost.example.com", False),
    ],
)
def test_loopback_is_told_from_the_rest(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


def test_networks_are_read_and_what_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    env = environment(monkeypatch, TRUSTED_PROXIES="127.0.0.1, 10.1.2.3/8 ,2001:db8::/32,caddy,10.0.0.0/99")
    assert env.networks("TRUSTED_PROXIES") == ["127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32"]
    assert ["caddy" in env.problems[0].message, "10.0.0.0/99" in env.problems[1].message, len(env.problems)] == [True, True, 2]


def test_each_sending_domain_has_its_tracking_address(monkeypatch: pytest.MonkeyPatch) -> None:
    env = environment(monkeypatch, TRACKING_HOSTS="Example.COM=https://Go.example.com/, пример.рф = https://t.xn--e1afmkfd.xn--p1ai")
    assert env.urls_by_domain("TRACKING_HOSTS") == {
        "example.com": "https://go.example.com",
        "xn--e1afmkfd.xn--p1ai": "https://t.xn--e1afmkfd.xn--p1ai",
    }
    assert env.problems == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("https://go.example.com", "not the domain of a sender"),
        ("anna@example.com=https://go.example.com", "not the domain of a sender"),
        ("example.com", "not a web address"),
        ("example.com=go.example.com", "not a web address"),
        ("example.com=ftp://go.example.com", "not a web address"),
        ("example.com=https://go.example.com/t", "not a web address"),
        ("example.com=http://go.example.com", "has to be https"),
        ("example.com=https://go.example.com:8443", "leave the port out"),
        ("a.example=http://localhost:8000,a.example=https://go.a.example", "already"),
    ],
)
def test_a_tracking_address_that_recipients_could_not_use_is_told(monkeypatch: pytest.MonkeyPatch, entry: str, words: str) -> None:
    env = environment(monkeypatch, TRACKING_HOSTS=entry)
    env.urls_by_domain("TRACKING_HOSTS")
    assert [problem.name for problem in env.problems] == ["TRACKING_HOSTS"]
    assert words in env.problems[0].message


def test_hosts_may_be_names_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    env = environment(monkeypatch, ALLOW_PRIVATE_MAIL_HOSTS="Mail.Example.lan., 10.1.2.3/8, ::1, localhost")
    assert env.hosts("ALLOW_PRIVATE_MAIL_HOSTS") == ["mail.example.lan", "10.0.0.0/8", "::1/128", "localhost"]
    assert env.problems == []


@pytest.mark.parametrize(
    "value", ["https://mail.example.lan", "mail example", "10.0.0.0/99", "2130706433", "*.lan", "mail.example.lan:993"]
)
def test_what_is_no_host_is_told(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    env = environment(monkeypatch, ALLOW_PRIVATE_MAIL_HOSTS=value)
    assert env.hosts("ALLOW_PRIVATE_MAIL_HOSTS") == []
    assert value in env.problems[0].message


def test_addresses_and_servers_of_sign_ins_are_read_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    token, imap, smtp = "MICROSOFT_OAUTH_TOKEN_URL", "MICROSOFT_IMAP_SERVER", "MICROSOFT_SMTP_SERVER"
    env = environment(monkeypatch, **{token: "https://login.example/t/token", imap: "outlook.example:993", smtp: "smtp.example"})
    assert (env.endpoint(token), env.server(imap), env.server(smtp)) == ("https://login.example/t/token", ("outlook.example", 993), None)
    assert [problem.name for problem in env.problems] == [smtp]
    env = environment(monkeypatch, **{token: "login.example/token", imap: "outlook.example:0"})
    assert (env.endpoint(token), env.server(imap), env.server(smtp)) == ("", None, None)
    assert [problem.name for problem in env.problems] == [token, imap]
