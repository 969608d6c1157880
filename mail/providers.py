"""The large mail providers: where their servers are, how they want to be signed in at, and what has to be done there first.

Hosts and ports are those that the providers publish (and Thunderbird's list of them, github.com/thunderbird/autoconfig, repeats).
A company's own domain is known by the mail exchangers that it names (MX).
"""

import re
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mail.models import Security, SignIn

TLS, STARTTLS = Security.TLS, Security.STARTTLS
IMAP_FIRST = _("Switch on access by IMAP in your settings there first.")
BRIDGE = _(
    "Proton lets other programs in through Proton Mail Bridge alone, which runs on a computer of your own: where Candor can reach it, and "
    "ALLOW_PRIVATE_MAIL_HOSTS names it, enter the server, port, user name and password that it shows."
)
CLOSED = _("This provider lets no other program in, so an address there cannot be connected.")


@dataclass(frozen=True)
class Place:
    """A server: where it listens, and how the connection is protected."""

    host: str
    port: int
    security: str = TLS


@dataclass(frozen=True)
class Provider:
    """One provider. `domains` and `exchangers` are patterns for an address's domain and for its domain's MX hosts."""

    name: str
    imap: Place | None
    smtp: Place | None
    domains: str = ""
    exchangers: str = ""
    servers: str = ""  # other names of its servers
    is_local_part: bool = False  # what stands before the @ is the user name, not the whole address
    sign_in: str = SignIn.PASSWORD  # by OAuth 2 where this installation is registered there
    app_passwords: str = ""  # where to make an app password: the usual one is not taken
    note: Promise | str = ""

    def serves(self, domain: str) -> bool:
        return bool(self.domains) and bool(self._domains.fullmatch(domain))

    def receives_at(self, exchanger: str) -> bool:
        return bool(self.exchangers) and bool(self._exchangers.search(exchanger))

    def has_server(self, host: str) -> bool:
        return host in {place.host for place in (self.imap, self.smtp) if place} or bool(self.servers and re.fullmatch(self.servers, host))

    @property
    def is_offered(self) -> bool:
        """Whether its accounts can be connected without a password: this installation is registered there."""
        return self.sign_in != SignIn.PASSWORD and is_registered(self.sign_in)

    @cached_property
    def _domains(self) -> re.Pattern[str]:
        return re.compile(self.domains)

    @cached_property
    def _exchangers(self) -> re.Pattern[str]:
        return re.compile(rf"(^|\.)(?:{self.exchangers})$")


def _at(imap: str, smtp: str, *, smtp_port: int = 465) -> tuple[Place, Place]:
    return Place(imap, 993), Place(smtp, smtp_port, TLS if smtp_port == 465 else STARTTLS)


GMAIL = Provider(
    "Gmail",
    *_at("imap.gmail.com", "smtp.gmail.com"),
    domains=r"gmail\.com|googlemail\.com|google\.com",
    exchangers=r"google\.com|googlemail\.com|psmtp\.com",
    servers=r"(imap|smtp|smtp-relay)\.(gmail|googlemail)\.com",
    sign_in=SignIn.GOOGLE,
    app_passwords="https://myaccount.google.com/apppasswords",
)
OUTLOOK = Provider(
    "Outlook.com",
    *_at("outlook.office365.com", "smtp-mail.outlook.com", smtp_port=587),
    domains=r"(outlook|hotmail|live)\.(com?\.)?[a-z]{2,3}|msn\.com|passport\.com|windowslive\.com",
    exchangers=r"olc\.protection\.outlook\.com",
    sign_in=SignIn.MICROSOFT,
)
MICROSOFT_365 = Provider(
    "Microsoft 365",
    *_at("outlook.office365.com", "smtp.office365.com", smtp_port=587),
    domains=r"office365\.com|(.+\.)?onmicrosoft\.com",
    exchangers=r"mail\.protection\.outlook\.com|mx\.microsoft",
    sign_in=SignIn.MICROSOFT,
)
PROVIDERS = (
    GMAIL,
    OUTLOOK,
    MICROSOFT_365,
    Provider(
        "iCloud",
        *_at("imap.mail.me.com", "smtp.mail.me.com", smtp_port=587),
        domains=r"icloud\.com|me\.com|mac\.com",
        exchangers=r"mail\.icloud\.com",
        app_passwords="https://account.apple.com",
    ),
    Provider(  # before Yahoo, whose exchangers it shares but for their first name
        "AOL",
        *_at("imap.aol.com", "smtp.aol.com"),
        domains=r"aol\.(com?\.)?[a-z]{2,3}|aim\.com|netscape\.(net|com)|compuserve\.com|cs\.com",
        exchangers=r"mx-aol\.mail\.gm0\.yahoodns\.net",
        app_passwords="https://login.aol.com/account/security",
    ),
    Provider(
        "Yahoo",
        *_at("imap.mail.yahoo.com", "smtp.mail.yahoo.com"),
        domains=r"yahoo\.(com?\.)?[a-z]{2,3}|ymail\.com|rocketmail\.com",
        exchangers=r"yahoodns\.net",
        app_passwords="https://login.yahoo.com/account/security",
    ),
    Provider(
        "Fastmail",
        *_at("imap.fastmail.com", "smtp.fastmail.com"),
        domains=r"fastmail\.[a-z.]{2,6}|messagingengine\.com",
        exchangers=r"messagingengine\.com",
        app_passwords="https://app.fastmail.com/settings/security/integrations",
    ),
    *(
        Provider(
            "Zoho Mail",
            *_at(f"imap{kind}.zoho.{land}", f"smtp{kind}.zoho.{land}"),
            domains=domains,
            exchangers=exchangers,
            app_passwords=f"https://accounts.zoho.{land}/home#security/app_password",
            note=IMAP_FIRST,
        )
        for land in ("com", "eu", "in", "jp", "com.au", "com.cn")
        for kind, domains, exchangers in (
            ("", rf"zoho(mail)?\.{re.escape(land)}", ""),
            ("pro", "", rf"mx\d*\.zoho(mail)?\.{re.escape(land)}"),  # of a company's own domain
        )
    ),
    Provider(
        "GMX",
        *_at("imap.gmx.net", "mail.gmx.net"),
        domains=r"gmx\.(net|de|at|ch|eu|biz|org|info)|(mein|mail|email)\.gmx",
        exchangers=r"mx0\d\.gmx\.net",
        note=IMAP_FIRST,
    ),
    Provider("GMX", *_at("imap.gmx.com", "mail.gmx.com"), domains=r"gmx\.(com|us|co\.uk|fr|es)", note=IMAP_FIRST),
    Provider("WEB.DE", *_at("imap.web.de", "smtp.web.de"), domains=r"web\.de", is_local_part=True, note=IMAP_FIRST),
    Provider(
        "Mail.ru",
        *_at("imap.mail.ru", "smtp.mail.ru"),
        domains=r"mail\.ru|inbox\.ru|list\.ru|bk\.ru|internet\.ru|xmail\.ru",
        exchangers=r"(emx|mxs)\.mail\.ru",
        app_passwords="https://account.mail.ru/user/2-step-auth/passwords",
    ),
    Provider(
        "Yandex",
        *_at("imap.yandex.com", "smtp.yandex.com"),
        domains=r"yandex\.(ru|com|net|by|kz|ua)|ya\.ru|narod\.ru",
        exchangers=r"mx\.yandex\.(net|ru)",
        app_passwords="https://id.yandex.com/security/app-passwords",
        note=IMAP_FIRST,
    ),
    Provider(
        "mailbox.org", *_at("imap.mailbox.org", "smtp.mailbox.org"), domains=r"mailbox\.org", exchangers=r"mx(ext|tls)?\d*\.mailbox\.org"
    ),
    Provider("Posteo", *_at("posteo.de", "posteo.de"), domains=r"posteo\.[a-z.]{2,6}", exchangers=r"mx\d*\.posteo\.de"),
    *(
        Provider("IONOS", *_at(f"imap.ionos.{land}", f"smtp.ionos.{land}"), domains=domains, exchangers=exchangers)
        for land, domains, exchangers in (
            ("de", r"online\.de|onlinehome\.de", r"mx\d*\.ionos\.de|kundenserver\.de|schlund\.de"),
            ("com", "", r"mx\d*\.ionos\.com|perfora\.net|1and1\.com"),
            *((land, "", rf"mx\d*\.ionos\.{re.escape(land)}") for land in ("co.uk", "fr", "es", "it", "mx")),
        )
    ),
    Provider("OVH", *_at("ssl0.ovh.net", "ssl0.ovh.net"), exchangers=r"mx\d\.mail\.ovh\.net|mx\d\.ovh\.net"),
    Provider("Strato", *_at("imap.strato.de", "smtp.strato.de"), exchangers=r"rzone\.de"),
    Provider("Hetzner", *_at("mail.your-server.de", "mail.your-server.de"), exchangers=r"your-server\.de"),
    Provider(
        "Infomaniak",
        *_at("mail.infomaniak.com", "mail.infomaniak.com", smtp_port=587),
        domains=r"ik\.me|ikmail\.com|etik\.com",
        exchangers=r"mta-gw\.infomaniak\.ch",
    ),
    Provider(
        "Seznam",
        *_at("imap.seznam.cz", "smtp.seznam.cz"),
        domains=r"seznam\.cz|email\.cz|post\.cz|spoluzaci\.cz",
        exchangers=r"mx\d\.seznam\.cz|emailprofi\.seznam\.cz",
        note=IMAP_FIRST,
    ),
    Provider(
        "Proton", None, None, domains=r"proton\.me|protonmail\.(com|ch)|pm\.me", exchangers=r"mail(sec)?\.protonmail\.ch", note=BRIDGE
    ),
    Provider(
        "Tuta",
        None,
        None,
        domains=r"tuta\.(com|io)|tutanota\.(com|de)|tutamail\.com|keemail\.me",
        exchangers=r"mail\.tutanota\.de",
        note=CLOSED,
    ),
)


def of_domain(domain: str) -> Provider | None:
    """Whose addresses these are."""
    return next((one for one in PROVIDERS if one.serves(domain.lower())), None)


def of_exchangers(hosts: list[str]) -> Provider | None:
    """Who receives the mail of a domain with these MX hosts, the preferred one first."""
    names = [host.lower().rstrip(".") for host in hosts]
    return next((one for name in names for one in PROVIDERS if one.receives_at(name)), None)


def of_server(host: str) -> Provider | None:
    """Whose server this is."""
    name = host.lower().rstrip(".")
    return next((one for one in PROVIDERS if one.has_server(name)), None)


def is_registered(sign_in: str) -> bool:
    """Whether this installation may ask that provider for permission (OAuth 2)."""
    return bool(settings.OAUTH.get(sign_in, {}).get("client_id"))
