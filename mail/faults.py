"""What can go wrong with a mail server, as a closed list: whether trying again helps, and what to tell the person.

Permanence follows the reply code (RFC 5321 4.2.1), not the type of an exception; without a code, what only a changed
setting can mend is permanent, and what the network does is not.
"""

import re
import socket
import ssl
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.lib.dialling import PrivateHost
from mail import providers
from mail.models import SignIn

HOSTNAME_MISMATCH = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, …_IP_ADDRESS_MISMATCH
EXPIRED, NOT_YET_VALID = 10, 9
SELF_SIGNED = (18, 19)
PLAIN_ANSWER = {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"}
OLD_TLS = {  # by OpenSSL's names
    "UNSUPPORTED_PROTOCOL",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "NO_PROTOCOLS_AVAILABLE",
    "VERSION_TOO_LOW",
    "DH_KEY_TOO_SMALL",
    "EE_KEY_TOO_SMALL",
    "CA_MD_TOO_WEAK",
    "WRONG_SIGNATURE_TYPE",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
}
# Gmail's 5.4.5 and 4.7.28, Exchange's 5.1.90 and 5.7.705, and their words
QUOTA_TEXT = re.compile(
    r"\b(5\.4\.5|4\.7\.28|5\.1\.90|5\.7\.705)\b|daily (user )?sending|sending (limit|quota)|daily limit"
    r"|(message|submission) rate|rate limit|too many messages|sender thread limit|suggested backoff time",
    re.IGNORECASE,
)
BACK_OFF = re.compile(r"suggested backoff time:\s*(\d{1,12})\s*milliseconds", re.IGNORECASE)  # Exchange
THROTTLED = re.compile(r"is throttled|\[THROTTLED\]|exceeded command or bandwidth limits", re.IGNORECASE)  # Exchange's, Yahoo's, Gmail's
ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.\d{1,3}\b")  # RFC 3463: class.subject.detail
OF_ONE_RECIPIENT = {"1", "2", "4"}  # its subjects addressing, mailbox, and the way to their server
NEVER_A_PASSWORD = {"outlook.office365.com", "imap-mail.outlook.com"}  # IMAP at Microsoft has known tokens alone since 2023
GREYLISTED = re.compile(r"gr[ae]y-?list", re.IGNORECASE)  # each recipient for itself, whatever number it comes with
SIZE_TEXT = re.compile(r"5\.2\.3\b|5\.3\.4\b|size limit|too (large|big)|maximum.{0,20}size", re.IGNORECASE)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


class Kind(StrEnum):
    """The faults that are told apart."""

    HOST_UNKNOWN = "host_unknown"
    PRIVATE_HOST = "private_host"  # see `crm.lib.dialling`
    PORT_CLOSED = "port_closed"
    NO_ANSWER = "no_answer"
    CUT_OFF = "cut_off"  # the server ended the connection before it had answered
    NO_PROTOCOL = "no_protocol"  # something else listens there
    NOT_TLS = "not_tls"  # TLS was wanted from the first byte, and a plain server answered
    WANTS_TLS = "wants_tls"  # the reverse
    NO_STARTTLS = "no_starttls"
    CERTIFICATE_NAME = "certificate_name"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_SELF_SIGNED = "certificate_self_signed"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    TLS_OLD = "tls_old"
    TLS_FAILED = "tls_failed"
    NO_LOGIN = "no_login"  # the server offers no way to sign in that we know
    PASSWORD = "password"  # noqa: S105 - the name of a fault
    APP_PASSWORD = "app_password"  # noqa: S105
    BASIC_AUTH_OFF = "basic_auth_off"
    TOKEN_REFUSED = "token_refused"  # noqa: S105
    UNREADABLE = "unreadable"  # CREDENTIAL_KEYS has lost the key
    RECONNECT = "reconnect"  # the permission (OAuth 2) was taken back or has run out
    SIGN_IN_DOWN = "sign_in_down"  # the provider gives out no tokens now
    LOCKED = "locked"
    IMAP_OFF = "imap_off"
    SMTP_OFF = "smtp_off"
    TOO_MANY = "too_many"  # connections at the same time
    BUSY = "busy"  # any 4xx
    QUOTA = "quota"  # the sender's own; some are 5xx and pass all the same
    TOO_LARGE = "too_large"
    SENDER_REFUSED = "sender_refused"
    RECIPIENT_REFUSED = "recipient_refused"
    RECIPIENTS_REFUSED = "recipients_refused"
    REFUSED = "refused"  # any other 5xx
    GARBLED = "garbled"  # an answer that is not as the protocol has it
    NO_UTF8 = "no_utf8"


PASSING = {
    Kind.HOST_UNKNOWN,  # a laptop offline finds no host
    Kind.PORT_CLOSED,
    Kind.NO_ANSWER,
    Kind.CUT_OFF,
    Kind.BUSY,
    Kind.QUOTA,
    Kind.TOO_MANY,
    Kind.SIGN_IN_DOWN,
    Kind.RECONNECT,  # its mail waits until the account is connected again
}
NOT_LET_IN = {  # until the account's owner, or whoever runs the server, has changed something
    Kind.NO_LOGIN,
    Kind.PASSWORD,
    Kind.APP_PASSWORD,
    Kind.BASIC_AUTH_OFF,
    Kind.TOKEN_REFUSED,
    Kind.UNREADABLE,
    Kind.RECONNECT,
    Kind.LOCKED,
    Kind.IMAP_OFF,
}
SENTENCES: dict[Kind, Promise] = {
    Kind.HOST_UNKNOWN: _("There is no server named %(host)s. Check the spelling."),
    Kind.PRIVATE_HOST: _(
        "%(host)s leads into a private network, so Candor did not connect to it. "
        "Whoever runs Candor can allow it by ALLOW_PRIVATE_MAIL_HOSTS."
    ),
    Kind.PORT_CLOSED: _("%(host)s accepts no connection on port %(port)s. Check the port; a firewall may be in between."),
    Kind.NO_ANSWER: _("%(host)s did not answer on port %(port)s in time. Check server, port and security; a firewall may be in between."),
    Kind.CUT_OFF: _("%(host)s ended the connection."),
    Kind.NO_PROTOCOL: _("What answers at %(host)s on port %(port)s is no %(protocol)s server. Check the port."),
    Kind.NOT_TLS: _("%(host)s does not speak TLS from the start on port %(port)s. Choose STARTTLS, or another port."),
    Kind.WANTS_TLS: _("%(host)s speaks TLS from the start on port %(port)s. Choose TLS."),
    Kind.NO_STARTTLS: _("%(host)s does not offer STARTTLS on port %(port)s, so nothing was sent. Choose TLS and its port."),
    Kind.CERTIFICATE_NAME: _("The certificate of %(host)s was issued for another name. Use the server name that it was issued for."),
    Kind.CERTIFICATE_EXPIRED: _("The certificate of %(host)s has expired, or the clock of this server is wrong."),
    Kind.CERTIFICATE_SELF_SIGNED: _("The certificate of %(host)s is signed by nobody but itself, so it could be anybody's."),
    Kind.CERTIFICATE_UNTRUSTED: _("The certificate of %(host)s was issued by an authority that this server does not trust."),
    Kind.TLS_OLD: _("%(host)s speaks only an old form of TLS on port %(port)s that is no longer safe. Its administrator has to renew it."),
    Kind.TLS_FAILED: _("No secure connection to %(host)s could be made on port %(port)s."),
    Kind.NO_LOGIN: _("%(host)s offers no way to sign in with a password on port %(port)s. Check port and security."),
    Kind.PASSWORD: _("%(host)s did not accept user name and password."),
    Kind.APP_PASSWORD: _(
        "%(host)s did not accept user name and password. It wants an app password, made in your account's settings there."
    ),
    Kind.BASIC_AUTH_OFF: _("%(host)s has switched off signing in with a password."),
    Kind.TOKEN_REFUSED: _(
        "%(host)s did not accept the permission that was given to Candor. Connect the account again, and choose this very address there."
    ),
    Kind.UNREADABLE: _("The stored password cannot be read any more (CREDENTIAL_KEYS has lost its key). Enter it again under Email sync."),
    Kind.RECONNECT: _("%(host)s lets Candor in no more: the permission has run out or was taken back. Connect the account again."),
    Kind.SIGN_IN_DOWN: _("The sign-in at %(host)s cannot be reached at the moment."),
    Kind.LOCKED: _("%(host)s has locked the mailbox, or wants you to sign in by your browser first. Do that, and try again."),
    Kind.IMAP_OFF: _("IMAP is switched off for this mailbox. Switch it on in your account's settings at the provider, and try again."),
    Kind.SMTP_OFF: _("%(host)s has switched off sending by mail programs (SMTP) for this mailbox. Your administrator there can allow it."),
    Kind.TOO_MANY: _("%(host)s takes no more connections to this mailbox at the same time. Close other mail programs, or wait a little."),
    Kind.BUSY: _("%(host)s cannot take the mail at the moment."),
    Kind.QUOTA: _("Your provider's limit for sending is reached; it takes more mail later."),
    Kind.TOO_LARGE: _("The mail is larger than %(host)s accepts. Send large files as a link."),
    Kind.SENDER_REFUSED: _("%(host)s does not let you send from this address."),
    Kind.RECIPIENT_REFUSED: _("%(host)s refused the recipient."),
    Kind.RECIPIENTS_REFUSED: _("%(host)s refused every recipient."),
    Kind.REFUSED: _("%(host)s refused the mail."),
    Kind.GARBLED: _("%(host)s gave an answer that cannot be read."),
    Kind.NO_UTF8: _("%(host)s cannot send to addresses with letters outside of ASCII in front of the @."),
}

# What providers say when they refuse a sign-in; the first that fits counts
LOGIN_WORDS = (
    (
        _words(r"too many (simultaneous |concurrent )?(connections|sessions)|number of connections .*exceeded|connection limit"),
        Kind.TOO_MANY,
    ),
    (_words(r"authenticated but not connected"), Kind.TOO_MANY),  # Exchange Online, which counts connections
    (
        _words(r"not enabled for imap|imap (access |use )?is (disabled|switched off|not enabled)|enable imap|imap4? access (is )?den"),
        Kind.IMAP_OFF,
    ),
    (_words(r"SmtpClientAuth\w* is disabled|smtp auth\w* is disabled for"), Kind.SMTP_OFF),  # Exchange Online, by tenant or mailbox
    (_words(r"web login required|WEBALERT|log ?in (with|via|through) your (web )?browser|5\.7\.14\b"), Kind.LOCKED),  # Gmail
    (
        _words(r"(account|mailbox|user) (is |has been |was )?(temporarily )?(locked|blocked|suspended)|ACCOUNTLOCKED|\[EXPIRED\]"),
        Kind.LOCKED,
    ),
    (_words(r"5\.7\.139\b|BasicAuthBlocked|basic ?auth"), Kind.BASIC_AUTH_OFF),
    (_words(r"5\.7\.9\b|app(lication)?(-specific)? password|InvalidSecondFactor"), Kind.APP_PASSWORD),
)


@dataclass(frozen=True)
class Reply:
    """A server's answer: the code (-1 when it is none) and its words."""

    code: int
    text: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.code < 300

    @property
    def is_passing(self) -> bool:
        """Whether the refusal may be gone later: 4xx, 503 (the dialogue got out of step), and a used-up quota whatever its code."""
        return 400 <= self.code < 500 or self.code == 503 or (self.code >= 500 and bool(QUOTA_TEXT.search(self.text)))

    @property
    def wait(self) -> timedelta | None:
        """How long the server asks to be left alone, if it says so."""
        found = BACK_OFF.search(self.text)
        return timedelta(milliseconds=int(found[1])) if found else None

    def holds_up_all(self, *, of_recipient: bool) -> bool:
        """Whether a refusal for now is of the account or its server, so that its other mail had better wait too.

        `of_recipient` says that it answered RCPT: without more words it is then about that recipient alone.
        """
        if not self.is_passing or self.code == 503:
            return False
        if self.code == 421 or QUOTA_TEXT.search(self.text):
            return True
        subject = ENHANCED.search(self.text)
        if GREYLISTED.search(self.text) or (subject and subject[1] in OF_ONE_RECIPIENT):
            return False
        return bool(subject) or not of_recipient or self.code == 452

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip() if self.code > 0 else self.text


class ServerFault(Exception):
    """A mail server could not be used as wanted. Nothing has been sent when this is raised."""

    def __init__(self, kind: Kind, *, protocol: str, host: str, port: int, reply: Reply | None = None) -> None:
        super().__init__(f"{kind} at {host}:{port}: {reply or ''}")
        self.kind = kind
        self.protocol = protocol
        self.host = host
        self.port = port
        self.reply = reply

    @property
    def is_passing(self) -> bool:
        """Whether the same may work later without anybody changing anything."""
        return self.kind in PASSING or bool(self.reply and self.reply.code == 503)

    @property
    def sentence(self) -> str:
        """What happened, in the active language."""
        words = str(SENTENCES[self.kind]) % {"host": self.host, "port": self.port, "protocol": self.protocol}
        return f"{words} {self._advice}".strip()

    @property
    def _advice(self) -> str:
        """What to do at this very provider."""
        provider = providers.of_server(self.host)
        if self.kind == Kind.APP_PASSWORD and provider and provider.app_passwords:
            return gettext("Make one at %(address)s.") % {"address": provider.app_passwords}
        if self.kind != Kind.BASIC_AUTH_OFF:
            return ""
        if provider and provider.is_offered:
            return gettext("Connect the account by “Sign in with %(name)s” instead.") % {"name": SignIn(provider.sign_in).label}
        return gettext("Whoever runs Candor can set up signing in without one, or your administrator there can allow it.")


def of_connecting(error: Exception) -> Kind:
    """The fault behind an exception of a socket, of TLS or of a name that could not be looked up."""
    if isinstance(error, PrivateHost):
        return Kind.PRIVATE_HOST
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error.verify_code)
    if isinstance(error, ssl.SSLError):
        return Kind.NOT_TLS if error.reason in PLAIN_ANSWER else Kind.TLS_OLD if error.reason in OLD_TLS else Kind.TLS_FAILED
    if isinstance(error, UnicodeError | socket.gaierror):
        return Kind.HOST_UNKNOWN
    if isinstance(error, TimeoutError):
        return Kind.NO_ANSWER
    if isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError | EOFError):
        return Kind.CUT_OFF
    return Kind.PORT_CLOSED


def of_login(reply: Reply, host: str) -> Kind:
    """The fault behind a refused password, by the words that the large providers use, and by what is known of them."""
    told = _told(reply)
    if told:
        return told
    provider = providers.of_server(host)
    if provider and provider.app_passwords:
        return Kind.APP_PASSWORD
    return Kind.BASIC_AUTH_OFF if host.lower() in NEVER_A_PASSWORD else Kind.PASSWORD


def of_token(reply: Reply, status: str) -> Kind:
    """The fault behind a refused token (XOAUTH2); `status` is what the challenge said."""
    return _told(reply) or (Kind.BUSY if status.startswith("5") else Kind.TOKEN_REFUSED)


def told_in_between(reply: Reply) -> Kind:
    """The fault behind any other refused command of IMAP: some servers let one in first and say only then what is wrong."""
    if reply.wait or THROTTLED.search(reply.text):
        return Kind.BUSY
    told = _told(reply)
    return told if told in (Kind.TOO_MANY, Kind.IMAP_OFF, Kind.LOCKED) else Kind.REFUSED


def _told(reply: Reply) -> Kind | None:
    kind = next((kind for words, kind in LOGIN_WORDS if words.search(reply.text)), None)
    return kind if kind == Kind.TOO_MANY or not reply.is_passing else Kind.BUSY


def of_refusal(reply: Reply, otherwise: Kind = Kind.REFUSED) -> Kind:
    """The fault behind a refused MAIL, RCPT or DATA."""
    if QUOTA_TEXT.search(reply.text):
        return Kind.QUOTA
    if reply.is_passing:
        return Kind.BUSY
    return Kind.TOO_LARGE if reply.code == 552 or SIZE_TEXT.search(reply.text) else otherwise


def _of_certificate(code: int) -> Kind:
    if code in HOSTNAME_MISMATCH:
        return Kind.CERTIFICATE_NAME
    if code in (EXPIRED, NOT_YET_VALID):
        return Kind.CERTIFICATE_EXPIRED
    return Kind.CERTIFICATE_SELF_SIGNED if code in SELF_SIGNED else Kind.CERTIFICATE_UNTRUSTED
