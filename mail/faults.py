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
from django.utils.translation import gettext_lazy as _

HOSTNAME_MISMATCH = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, …_IP_ADDRESS_MISMATCH
EXPIRED, NOT_YET_VALID = 10, 9
SELF_SIGNED = (18, 19)
PLAIN_ANSWER = {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"}
APP_PASSWORD_TEXT = re.compile(r"5\.7\.9\b|application-specific password|app(lication)? password|InvalidSecondFactor", re.IGNORECASE)
APP_PASSWORD_HOSTS = re.compile(r"(^|\.)(gmail\.com|googlemail\.com|yahoo\.com|aol\.com|mail\.me\.com|icloud\.com|fastmail\.com)$")
BASIC_AUTH_TEXT = re.compile(
    r"5\.7\.139\b|basic ?auth\w*(entication)? is (disabled|blocked)|BasicAuthBlocked|basic authentication", re.IGNORECASE
)
# Gmail's 5.4.5 and 4.7.28, Exchange's 5.1.90 and 5.7.705, and their words
QUOTA_TEXT = re.compile(
    r"\b(5\.4\.5|4\.7\.28|5\.1\.90|5\.7\.705)\b|daily (user )?sending|sending (limit|quota)|daily limit"
    r"|(message|submission) rate|rate limit|too many messages|sender thread limit|suggested backoff time",
    re.IGNORECASE,
)
BACK_OFF = re.compile(r"suggested backoff time:\s*(\d{1,12})\s*milliseconds", re.IGNORECASE)  # Exchange
ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.\d{1,3}\b")  # RFC 3463: class.subject.detail
OF_ONE_RECIPIENT = {"1", "2", "4"}  # its subjects addressing, mailbox, and the way to their server
GREYLISTED = re.compile(r"gr[ae]y-?list", re.IGNORECASE)  # each recipient for itself, whatever number it comes with
SIZE_TEXT = re.compile(r"5\.2\.3\b|5\.3\.4\b|size limit|too (large|big)|maximum.{0,20}size", re.IGNORECASE)


class Kind(StrEnum):
    """The faults that are told apart."""

    HOST_UNKNOWN = "host_unknown"
    PORT_CLOSED = "port_closed"
    NO_ANSWER = "no_answer"
    CUT_OFF = "cut_off"  # the server ended the connection before it had answered
    NO_PROTOCOL = "no_protocol"  # something else listens there
    NOT_TLS = "not_tls"  # TLS was wanted from the first byte, and a plain server answered
    NO_STARTTLS = "no_starttls"
    CERTIFICATE_NAME = "certificate_name"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_SELF_SIGNED = "certificate_self_signed"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    TLS_FAILED = "tls_failed"
    NO_LOGIN = "no_login"  # the server offers no way to sign in that we know
    PASSWORD = "password"  # noqa: S105 - the name of a fault
    APP_PASSWORD = "app_password"  # noqa: S105
    BASIC_AUTH_OFF = "basic_auth_off"
    BUSY = "busy"  # any 4xx
    QUOTA = "quota"  # the sender's own; some are 5xx and pass all the same
    TOO_LARGE = "too_large"
    SENDER_REFUSED = "sender_refused"
    RECIPIENT_REFUSED = "recipient_refused"
    RECIPIENTS_REFUSED = "recipients_refused"
    REFUSED = "refused"  # any other 5xx
    UNREADABLE = "unreadable"  # an answer that is not as the protocol has it
    NO_UTF8 = "no_utf8"


PASSING = {Kind.HOST_UNKNOWN, Kind.PORT_CLOSED, Kind.NO_ANSWER, Kind.CUT_OFF, Kind.BUSY, Kind.QUOTA}  # a laptop offline finds no host
SIGNING_IN = {Kind.NO_LOGIN, Kind.PASSWORD, Kind.APP_PASSWORD, Kind.BASIC_AUTH_OFF}
SENTENCES: dict[Kind, Promise] = {
    Kind.HOST_UNKNOWN: _("There is no server named %(host)s. Check the spelling."),
    Kind.PORT_CLOSED: _("%(host)s accepts no connection on port %(port)s. Check the port; a firewall may be in between."),
    Kind.NO_ANSWER: _("%(host)s did not answer on port %(port)s in time. Check server, port and security; a firewall may be in between."),
    Kind.CUT_OFF: _("%(host)s ended the connection."),
    Kind.NO_PROTOCOL: _("What answers at %(host)s on port %(port)s is no %(protocol)s server. Check the port."),
    Kind.NOT_TLS: _("%(host)s does not speak TLS from the start on port %(port)s. Choose STARTTLS, or another port."),
    Kind.NO_STARTTLS: _("%(host)s does not offer STARTTLS on port %(port)s, so nothing was sent. Choose TLS and its port."),
    Kind.CERTIFICATE_NAME: _("The certificate of %(host)s was issued for another name. Use the server name that it was issued for."),
    Kind.CERTIFICATE_EXPIRED: _("The certificate of %(host)s has expired, or the clock of this server is wrong."),
    Kind.CERTIFICATE_SELF_SIGNED: _("The certificate of %(host)s is signed by nobody but itself, so it could be anybody's."),
    Kind.CERTIFICATE_UNTRUSTED: _("The certificate of %(host)s was issued by an authority that this server does not trust."),
    Kind.TLS_FAILED: _("No secure connection to %(host)s could be made on port %(port)s."),
    Kind.NO_LOGIN: _("%(host)s offers no way to sign in with a password on port %(port)s. Check port and security."),
    Kind.PASSWORD: _("%(host)s did not accept user name and password."),
    Kind.APP_PASSWORD: _(
        "%(host)s did not accept user name and password. It wants an app password, made in your account's settings there."
    ),
    Kind.BASIC_AUTH_OFF: _("%(host)s has switched off signing in with a password. Your administrator there can allow it."),
    Kind.BUSY: _("%(host)s cannot take the mail at the moment."),
    Kind.QUOTA: _("Your provider's limit for sending is reached; it takes more mail later."),
    Kind.TOO_LARGE: _("The mail is larger than %(host)s accepts. Send large files as a link."),
    Kind.SENDER_REFUSED: _("%(host)s does not let you send from this address."),
    Kind.RECIPIENT_REFUSED: _("%(host)s refused the recipient."),
    Kind.RECIPIENTS_REFUSED: _("%(host)s refused every recipient."),
    Kind.REFUSED: _("%(host)s refused the mail."),
    Kind.UNREADABLE: _("%(host)s gave an answer that cannot be read."),
    Kind.NO_UTF8: _("%(host)s cannot send to addresses with letters outside of ASCII in front of the @."),
}


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
        return str(SENTENCES[self.kind]) % {"host": self.host, "port": self.port, "protocol": self.protocol}


def of_connecting(error: Exception) -> Kind:
    """The fault behind an exception of a socket, of TLS or of a name that could not be looked up."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error.verify_code)
    if isinstance(error, ssl.SSLError):
        return Kind.NOT_TLS if error.reason in PLAIN_ANSWER else Kind.TLS_FAILED
    if isinstance(error, UnicodeError | socket.gaierror):
        return Kind.HOST_UNKNOWN
    if isinstance(error, TimeoutError):
        return Kind.NO_ANSWER
    if isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError | EOFError):
        return Kind.CUT_OFF
    return Kind.PORT_CLOSED


def of_login(reply: Reply, host: str) -> Kind:
    """The fault behind a refused sign-in, by the words that the large providers use."""
    if reply.is_passing:
        return Kind.BUSY
    if BASIC_AUTH_TEXT.search(reply.text):
        return Kind.BASIC_AUTH_OFF
    if APP_PASSWORD_TEXT.search(reply.text) or APP_PASSWORD_HOSTS.search(host.lower()):
        return Kind.APP_PASSWORD
    return Kind.PASSWORD


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
