"""An address is enough: its servers are found in the table of providers, by the domain's own word, by DNS, or under usual names."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client

from mail import autoconfig, discovery
from mail.models import Account
from mail.providers import PROVIDERS, Place
from mail.settings_found import Found
from mail.tests.fake_dns import FakeDns
from mail.tests.fake_imap import FakeImap
from mail.tests.fake_smtp import FakeServer

FIND = "/settings/email-sync/find/"
CONFIG = """<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="acme.test"><displayShortName>Acme</displayShortName>
<incomingServer type="pop3"><hostname>pop.acme.test</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
<incomingServer type="imap"><hostname>plain.acme.test</hostname><port>143</port><socketType>plain</socketType></incomingServer>
<incomingServer type="imap"><hostname>imap.acme.test</hostname><port>993</port><socketType>SSL</socketType>
<username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.acme.test</hostname><port>587</port><socketType>STARTTLS</socketType>
<username>%EMAILADDRESS%</username><authentication>OAuth2</authentication><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + CONFIG.partition("?>")[2].replace("Acme", "&b;", 1)
OUTSIDE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>' + CONFIG.partition("?>")[2].replace("Acme", "&f;", 1)


@pytest.fixture
def dns() -> Iterator[FakeDns]:
    with FakeDns({}) as running:
        yield running


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """What lies on the domains' web servers, by host and path; the addresses that are asked lead to this machine."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages.get(self.path, "").encode()
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *details: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(autoconfig, "ADDRESSES", [address.replace("https://", here) for address in autoconfig.ADDRESSES])
    yield pages
    server.shutdown()
    server.server_close()


@pytest.fixture
def no_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "PLACES", {"imap": [], "smtp": []})


@pytest.mark.parametrize(
    ("email", "name", "imap", "smtp", "sign_in"),
    [
        ("a@gmail.com", "Gmail", "imap.gmail.com:993", "smtp.gmail.com:465", "google"),
        ("a@Hotmail.co.uk", "Outlook.com", "outlook.office365.com:993", "smtp-mail.outlook.com:587", "microsoft"),
        ("a@acme.onmicrosoft.com", "Microsoft 365", "outlook.office365.com:993", "smtp.office365.com:587", "microsoft"),
        ("a@me.com", "iCloud", "imap.mail.me.com:993", "smtp.mail.me.com:587", "password"),
        ("a@ya.ru", "Yandex", "imap.yandex.com:993", "smtp.yandex.com:465", "password"),
        ("a@web.de", "WEB.DE", "imap.web.de:993", "smtp.web.de:465", "password"),
    ],
)
def test_a_large_provider_is_known_by_the_domain_and_nobody_is_asked(dns: FakeDns, email, name, imap, smtp, sign_in):
    found = discovery.find(email)
    assert found
    assert found.imap
    assert found.smtp
    assert (found.name, f"{found.imap.host}:{found.imap.port}", f"{found.smtp.host}:{found.smtp.port}") == (name, imap, smtp)
    assert found.provider
    assert found.provider.sign_in == sign_in
    assert found.imap_username == ("a" if name == "WEB.DE" else email)
    assert dns.asked == []


def test_no_domain_and_no_exchanger_belongs_to_two_providers():
    """Else the order of the table would decide. Yahoo's exchangers take in AOL's, which stands before it."""
    domains = ["gmail.com", "outlook.com", "icloud.com", "aol.com", "yahoo.com", "fastmail.com", "zoho.com", "zohomail.eu", "gmx.net"]
    domains += ["gmx.com", "mail.ru", "yandex.ru", "mailbox.org", "posteo.de", "ik.me", "seznam.cz", "proton.me", "tuta.com"]
    for domain in domains:
        assert len([one for one in PROVIDERS if one.serves(domain)]) == 1, domain
    assert not [one for one in PROVIDERS if one.serves("notgmail.com") or one.receives_at("mx.evilgoogle.com")]


@pytest.mark.parametrize(
    ("exchangers", "host"),
    [
        (["10 aspmx.l.google.com.", "20 alt1.aspmx.l.google.com."], "imap.gmail.com"),
        (["0 acme-test.mail.protection.outlook.com."], "outlook.office365.com"),
        (["10 in1-smtp.messagingengine.com."], "imap.fastmail.com"),
        (["20 mx2.zoho.eu.", "10 mx.zoho.eu."], "imappro.zoho.eu"),
        (["10 mx00.ionos.de."], "imap.ionos.de"),
        (["10 mx1.mail.ovh.net."], "ssl0.ovh.net"),
        (["5 smtpin.rzone.de."], "imap.strato.de"),
        (["10 mail.your-server.de."], "mail.your-server.de"),
        (["5 mta-gw.infomaniak.ch."], "mail.infomaniak.com"),
    ],
)
def test_a_companys_domain_is_known_by_who_receives_its_mail(dns: FakeDns, site, exchangers: list[str], host: str):
    dns.records["acme.test", "MX"] = exchangers
    found = discovery.find("alice@acme.test")
    assert found
    assert found.imap
    assert (found.imap.host, found.imap_username) == (host, "alice@acme.test")


def test_what_the_domain_says_is_taken_without_its_plain_and_pop_servers(dns: FakeDns, site: dict[str, str]):
    site["/autoconfig.acme.test/mail/config-v1.1.xml?emailaddress=alice%2Bx%40acme.test"] = CONFIG
    assert discovery.find("alice+x@acme.test") == Found(
        Place("imap.acme.test", 993, "tls"), Place("smtp.acme.test", 587, "starttls"), "alice+x", "alice+x@acme.test", "Acme"
    )


def test_the_second_place_is_asked_when_the_first_has_nothing(dns: FakeDns, site: dict[str, str]):
    site["/acme.test/.well-known/autoconfig/mail/config-v1.1.xml"] = CONFIG
    found = discovery.find("alice@acme.test")
    assert found
    assert found.name == "Acme"


def test_a_public_list_is_asked_only_where_the_installation_wants_it(dns: FakeDns, site: dict[str, str], settings, no_guesses):
    site["/list/acme.test"] = CONFIG
    assert discovery.find("alice@acme.test") is None
    settings.AUTOCONFIG_DATABASE = autoconfig.ADDRESSES[0].partition("autoconfig")[0] + "list/"
    assert discovery.find("alice@acme.test")


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        OUTSIDE,
        CONFIG[:300],
        "",
        "<html><body>Not here</body></html>",
        CONFIG.replace("imap.acme.test", "imap.acme.test/x@y"),
        CONFIG.replace("993", "99399"),
        CONFIG.replace("password-cleartext", "OAuth2"),
        CONFIG.replace('type="smtp"', 'type="x"'),
        "<a>" * 5000,
    ],
    ids=["bomb", "entity", "cut off", "empty", "html", "host", "port", "no password", "no smtp", "deep"],
)
def test_a_configuration_that_cannot_be_used_is_none(content: str):
    assert autoconfig.read(content.encode(), "alice@acme.test") is None
    assert autoconfig.read(CONFIG.encode(), "alice@acme.test")


def test_srv_records_name_the_servers(dns: FakeDns, site):
    dns.records["_imaps._tcp.acme.test", "SRV"] = ["20 0 993 slow.acme.test.", "10 1 1993 imap.acme.test."]
    dns.records["_submissions._tcp.acme.test", "SRV"] = ["0 0 0 ."]  # says: not this way
    dns.records["_submission._tcp.acme.test", "SRV"] = ["0 1 587 smtp.acme.test."]
    found = discovery.find("alice@acme.test")
    assert found == Found(
        Place("imap.acme.test", 1993, "tls"), Place("smtp.acme.test", 587, "starttls"), "alice@acme.test", "alice@acme.test"
    )


def test_a_domain_in_other_letters_is_asked_for_in_its_own_spelling(dns: FakeDns, site, no_guesses):
    assert discovery.find("alice@münchen.test") is None
    assert "xn--mnchen-3ya.test MX" in dns.asked


def test_what_answers_under_a_usual_name_is_a_guess(dns: FakeDns, site, monkeypatch: pytest.MonkeyPatch, settings):
    with FakeImap() as imap, FakeServer() as smtp, FakeServer({"banner": ["+OK POP3 ready"] * 9}) as other:
        places = {"imap": [("", other.port, "none"), ("", imap.port, "none")], "smtp": [("", imap.port, "none"), ("", smtp.port, "none")]}
        monkeypatch.setattr(discovery, "PLACES", places)
        found = discovery.find("alice@localhost")
        assert found == Found(
            Place("localhost", imap.port, "none"),
            Place("localhost", smtp.port, "none"),
            "alice@localhost",
            "alice@localhost",
            is_guess=True,
        )
        assert (imap.logins, smtp.logins) == ([], [])
        settings.ALLOW_PRIVATE_MAIL_HOSTS = []
        before = (imap.connections, smtp.connections)
        assert discovery.find("alice@localhost") is None
        assert (imap.connections, smtp.connections) == before


@pytest.fixture
def find(alice_client: Client) -> Callable[[str], str]:
    """The page after the first step."""
    return lambda email: alice_client.post(FIND, {"email": email}).content.decode()


REGISTERED: dict[str, Any] = {name: {"client_id": "candor"} for name in ("google", "microsoft")}


@pytest.mark.django_db
def test_the_form_is_filled_in_and_stays_editable(find, dns: FakeDns, site: dict[str, str]):
    site["/acme.test/.well-known/autoconfig/mail/config-v1.1.xml"] = CONFIG
    page = find("alice@acme.test")
    for words in ('value="imap.acme.test"', 'value="smtp.acme.test"', 'value="587"', 'value="alice@acme.test"', "is at Acme"):
        assert words in page
    assert 'name="imap_username" value="alice"' in page
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_each_provider_is_told_what_it_wants(find, dns: FakeDns, site, no_guesses, settings):
    assert "https://myaccount.google.com/apppasswords" in find("a@gmail.com")
    assert "MICROSOFT_OAUTH_CLIENT_ID" in find("a@outlook.com")
    assert "Proton Mail Bridge" in find("a@proton.me")
    assert "Switch on access by IMAP" in find("a@gmx.de")
    assert "No servers were found for a@acme.test" in find("a@acme.test")
    settings.OAUTH = REGISTERED
    for email, name in (("a@gmail.com", "google"), ("a@outlook.com", "microsoft")):
        page = find(email)
        assert f'href="/settings/email-sync/sign-in/{name}/?email=a%40' in page
        assert "Use a password instead" in page


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["", "alice", "alice@", "a b@acme.test"])
def test_what_is_no_address_is_told_and_kept(alice_client: Client, email: str):
    response = alice_client.post(FIND, {"email": email})
    assert response.status_code == 422
    assert f'value="{email}"' in response.content.decode() or not email


@pytest.mark.django_db
def test_an_address_that_is_connected_is_not_looked_for(alice_client: Client, account: Account):
    assert "connected already" in alice_client.post(FIND, {"email": "ALICE@acme.test"}).content.decode()


@pytest.mark.django_db
def test_all_of_it_can_be_typed_by_hand(alice_client: Client):
    page = alice_client.get("/settings/email-sync/accounts/?by=hand").content.decode()
    assert 'name="smtp_host"' in page
    assert 'href="/settings/email-sync/accounts/?by=hand"' in alice_client.get("/settings/email-sync/").content.decode()
