"""The connection test says in plain words what is wrong, in seconds; and the same faults stop or delay the outbox."""

import ssl
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mail import diagnosis, imap, smtp
from mail.faults import SENTENCES, Kind, Reply, ServerFault, of_login, of_refusal
from mail.models import Account
from mail.tests.fake_smtp import DROP, HANG, FakeServer
from tests.mailstack.certificates import DAY, Authority, Pair

EHLO_WITH_STARTTLS = "250-fake.test\r\n250-STARTTLS\r\n250 AUTH PLAIN"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    return authority


def context(pair: Pair) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pair.certificate, pair.key)
    return made


def account_at(server: FakeServer, *, security: str = "none", host: str = "127.0.0.1") -> Account:
    return Account(
        email="alice@acme.test", smtp_host=host, smtp_port=server.port, smtp_security=security, smtp_username="a", smtp_password="b"
    )


def sentence(account: Account) -> str:
    (finding,) = diagnosis.check(account)
    return finding.sentence


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


def test_a_good_server_is_said_to_be_good(server):
    (finding,) = diagnosis.check(account_at(server))
    assert (finding.is_good, finding.sentence, server.taken) == (True, "Signed in; mail can be sent.", [])


def test_a_good_certificate_is_accepted(authority):
    with FakeServer(tls=context(authority.issue("localhost")), tls_from_start=True) as server:
        assert sentence(account_at(server, security="tls", host="localhost")) == "Signed in; mail can be sent."


BAD_CERTIFICATES: list[tuple[Callable[[Authority], Pair], str]] = [
    (lambda authority: authority.issue("mail.other.test"), "was issued for another name"),
    (lambda authority: authority.issue("localhost", valid_for=-DAY), "has expired"),
    (lambda authority: authority.self_signed("localhost"), "is signed by nobody but itself"),
]


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(("make", "words"), BAD_CERTIFICATES, ids=["name", "expired", "self-signed"])
def test_a_bad_certificate_is_told_and_no_password_is_sent(authority, make, words, security):
    with FakeServer(tls=context(make(authority)), tls_from_start=security == "tls") as server:
        server.will(ehlo=[EHLO_WITH_STARTTLS] * 2)
        assert words in sentence(account_at(server, security=security, host="localhost"))
        assert server.logins == []


def test_an_unknown_authority_is_told(authority, tmp_path, monkeypatch):
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path / "other").certificate))
    with FakeServer(tls=context(authority.issue("localhost")), tls_from_start=True) as server:
        assert "an authority that this server does not trust" in sentence(account_at(server, security="tls", host="localhost"))


def test_a_server_without_starttls_gets_no_password(server):
    assert "does not offer STARTTLS" in sentence(account_at(server, security="starttls"))
    assert server.logins == []


def test_tls_towards_a_plain_server_is_told(server):
    assert "does not speak TLS from the start" in sentence(account_at(server, security="tls"))


def test_a_closed_port_is_told(server):
    account = account_at(server)
    server.__exit__()
    assert "accepts no connection on port" in sentence(account)


def test_an_unknown_host_is_told(server):
    assert sentence(account_at(server, host="mail.invalid")) == "There is no server named mail.invalid. Check the spelling."
    assert sentence(account_at(server, host="..")) == "There is no server named ... Check the spelling."


ANSWERS = [
    ({"auth": ["535 5.7.8 Error: authentication failed"]}, "127.0.0.1 did not accept user name and password."),
    ({"auth": ["534 5.7.9 Application-specific password required"]}, "app password"),
    ({"auth": ["535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant"]}, "switched off"),
    ({"auth": ["454 4.7.0 Temporary authentication failure"]}, "at the moment"),
    ({"ehlo": ["250 fake.test"]}, "no way to sign in with a password"),
    ({"banner": ["+OK POP3 ready"]}, "is no SMTP server"),
    ({"banner": ["554 5.7.1 go away"]}, "127.0.0.1 refused the mail."),
    ({"banner": [DROP]}, "127.0.0.1 ended the connection."),
    ({"mail": ["553 5.7.1 not yours"]}, "does not let you send from this address"),
]


@pytest.mark.parametrize(("script", "words"), ANSWERS, ids=str)
def test_what_the_server_answers_is_told_in_words(server, script, words):
    server.will(**script)
    (finding,) = diagnosis.check(account_at(server))
    assert words in finding.sentence
    assert not finding.is_good


def test_a_silent_server_is_given_ten_seconds_at_most(server, monkeypatch):
    monkeypatch.setattr(diagnosis, "SECONDS", 0.5)
    server.will(banner=[HANG])
    started = time.monotonic()
    assert "did not answer" in sentence(account_at(server))
    assert time.monotonic() - started < 5


def test_an_unprotected_password_is_warned_of(server, monkeypatch):
    monkeypatch.setattr(diagnosis, "_try_smtp", lambda account, token: "")
    (finding,) = diagnosis.check(account_at(server, host="mail.acme.test"))
    assert finding.warning == "Password and mail travel unprotected. Choose TLS or STARTTLS."


def test_a_provider_that_keeps_tracked_mail_where_we_cannot_reach_it_is_warned_of(server):
    account = account_at(server)
    account.sent_kept_by = "provider"
    (finding,) = diagnosis.check(account)
    assert finding.warning.startswith("Your provider keeps tracked mail in Sent as it went out.")


def test_a_password_in_any_script_is_signed_in_with(server):
    account = account_at(server)
    account.smtp_username, account.smtp_password = "älice", "пароль"
    assert sentence(account) == "Signed in; mail can be sent."
    assert server.logins == [("älice", "пароль")]


def test_every_fault_has_a_sentence():
    assert set(SENTENCES) == set(Kind)
    for text in SENTENCES.values():
        assert str(text) % {"host": "h", "port": 1, "protocol": "SMTP"}


@pytest.mark.parametrize(
    ("reply", "host", "kind"),
    [
        (Reply(535, "5.7.8 Username and Password not accepted. BadCredentials"), "smtp.gmail.com", Kind.APP_PASSWORD),
        (Reply(535, "5.7.3 Authentication unsuccessful"), "smtp.office365.com", Kind.PASSWORD),
        (Reply(-1, "[ALERT] Application-specific password required"), "imap.gmail.com", Kind.APP_PASSWORD),
        (Reply(-1, "LOGIN failed. BasicAuthBlocked"), "outlook.office365.com", Kind.BASIC_AUTH_OFF),
    ],
)
def test_providers_words_are_understood(reply, host, kind):
    assert of_login(reply, host) == kind


SAID = [  # by providers and servers, as they are reported
    ("[ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page (Failure)", Kind.IMAP_OFF),
    ("[AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled", Kind.IMAP_OFF),
    ("[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", Kind.TOO_MANY),
    ("[ALERT] Too many simultaneous connections. (Failure)", Kind.TOO_MANY),
    ("421 4.7.0 Too many concurrent connections from this host", Kind.TOO_MANY),
    ("User is authenticated but not connected.", Kind.TOO_MANY),
    ("[WEBALERT https://accounts.google.com/signin/continue] Web login required.", Kind.LOCKED),
    ("5.7.14 Please log in via your web browser and then try again.", Kind.LOCKED),
    ("[AUTHENTICATIONFAILED] Your account has been blocked", Kind.LOCKED),
    ("5.7.0 account temporarily locked", Kind.LOCKED),
    ("5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.", Kind.SMTP_OFF),
    ("5.7.139 Authentication unsuccessful, basic authentication is disabled.", Kind.BASIC_AUTH_OFF),
    ("LOGIN failed. BasicAuthBlocked", Kind.BASIC_AUTH_OFF),
    ("5.7.9 Application-specific password required", Kind.APP_PASSWORD),
    ("5.7.0 NEOBHODIM parol prilozheniya / Application password is REQUIRED", Kind.APP_PASSWORD),
    ("5.7.8 Error: authentication failed", Kind.PASSWORD),
]


@pytest.mark.parametrize(("said", "kind"), SAID)
def test_why_a_sign_in_was_refused_is_understood_in_both_protocols(said, kind):
    code, _, text = said.partition(" ") if said[:3].isdigit() else ("535", "", said)
    assert of_login(Reply(int(code), text), "mail.acme.test") == kind
    assert imap._of_login(Reply(-1, said), "mail.acme.test") == kind


@pytest.mark.parametrize(
    ("host", "kind", "advice"),
    [
        ("smtp.mail.yahoo.com", Kind.APP_PASSWORD, "Make one at https://login.yahoo.com/account/security."),
        ("imap.mail.me.com", Kind.APP_PASSWORD, "Make one at https://account.apple.com."),
        ("smtp.googlemail.com", Kind.APP_PASSWORD, "Make one at https://myaccount.google.com/apppasswords."),
        ("imap.fastmail.com", Kind.APP_PASSWORD, "Make one at https://app.fastmail.com/settings/security/integrations."),
        ("outlook.office365.com", Kind.BASIC_AUTH_OFF, "Whoever runs Candor can set up signing in without one"),
        ("mail.acme.test", Kind.PASSWORD, ""),
    ],
)
def test_a_refused_password_is_answered_with_what_that_provider_wants(host, kind, advice, settings):
    reply = Reply(-1, "[AUTHENTICATIONFAILED] Invalid credentials")
    fault = ServerFault(of_login(reply, host), protocol="IMAP", host=host, port=993)
    assert fault.kind == kind
    assert advice in fault.sentence
    settings.OAUTH = {"microsoft": {"client_id": "candor"}, "google": {}}
    assert ("Sign in with Microsoft" in fault.sentence) == (kind == Kind.BASIC_AUTH_OFF)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(550, "5.4.5 Daily user sending limit exceeded."), Kind.QUOTA),
        (Reply(552, "5.2.3 Your message exceeded size limits"), Kind.TOO_LARGE),
        (Reply(554, "5.7.1 spam"), Kind.REFUSED),
        (Reply(503, "5.5.1 bad sequence"), Kind.BUSY),
        (Reply(421, "4.7.0 try later"), Kind.BUSY),
    ],
)
def test_refusals_are_told_apart(reply, kind):
    assert of_refusal(reply) == kind


def test_a_mail_larger_than_the_server_takes_is_not_even_announced(server):
    line = smtp.Connection(smtp.server_of(account_at(server)))
    line.open()
    with pytest.raises(ServerFault) as fault:
        line.begin(sender="a@b.test", recipients=["c@d.test"], size=50_000_000, needs_utf8=False)
    line.close()
    assert fault.value.kind == Kind.TOO_LARGE
    assert "mail" not in server.steps


def test_a_server_that_waits_for_tls_is_told_from_a_silent_one(server, authority, monkeypatch):
    monkeypatch.setattr(smtp, "QUICK", smtp.Patience(connect=0.3, command=0.3))
    monkeypatch.setattr(diagnosis, "GREETING", 0.3)
    with FakeServer(tls=context(authority.issue("localhost")), tls_from_start=True) as other:
        account = account_at(other, host="localhost")
        assert "speaks TLS from the start on port" in sentence(account)
        assert "speaks TLS from the start on port" in sentence(account_at(other, host="localhost", security="starttls"))
        imap_at = {"imap_host": "localhost", "imap_port": other.port, "imap_security": "none"}
        assert "speaks TLS from the start on port" in imap_finding(account, **imap_at).sentence
        assert other.logins == []
    server.will(banner=[HANG] * 4)
    monkeypatch.setattr(diagnosis, "HANDSHAKE", 0.3)
    assert "did not answer on port" in sentence(account_at(server))


def test_an_old_form_of_tls_is_told(authority):
    old = context(authority.issue("localhost"))
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
    with FakeServer(tls=old, tls_from_start=True) as server:
        assert "speaks only an old form of TLS" in sentence(account_at(server, security="tls", host="localhost"))


def imap_finding(account: Account, **imap: object) -> diagnosis.Finding:
    defaults = {"imap_host": "127.0.0.1", "imap_security": "none", "imap_username": "a", "imap_password": "b"}
    for name, value in (defaults | imap).items():
        setattr(account, name, value)
    return diagnosis.check(account)[1]


def test_faults_of_the_imap_server_are_told_too(server, authority):
    account = account_at(server)
    with FakeServer() as closed:
        port = closed.port
    assert "accepts no connection on port" in imap_finding(account, imap_port=port).sentence
    assert "There is no server named" in imap_finding(account, imap_host="mail.invalid").sentence
    assert "does not speak TLS from the start" in imap_finding(account, imap_port=server.port, imap_security="tls").sentence
    assert "is no IMAP server" in imap_finding(account, imap_port=server.port).sentence
    with FakeServer(tls=context(authority.issue("mail.other.test")), tls_from_start=True) as other:
        finding = imap_finding(account, imap_host="localhost", imap_port=other.port, imap_security="tls")
    assert "was issued for another name" in finding.sentence
    with FakeServer({"banner": [DROP]}) as other:
        assert "ended the connection" in imap_finding(account, imap_port=other.port).sentence
