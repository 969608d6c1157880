"""Reads Candor's configuration from the environment and from `.env`, and remembers what is wrong with it.

Nothing here raises: a value that cannot be read is replaced by its default and told by `crm.checks`,
so that a wrong configuration stops the start with a sentence and not with a traceback.
"""

import difflib
import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

KNOWN = {
    "SITE_URL": "Public address of the CRM, for example https://crm.example.com",
    "TRACKING_URL": "Address that pixels and tracked links lead to; the CRM's own by default",
    "TRACKING_HOSTS": "Tracking addresses of single sending domains, comma separated: example.com=https://go.example.com",
    "TRACKING_ADDRESSES": "Read by compose.yaml alone: the addresses of TRACKING_HOSTS, for the proxy's certificates",
    "PORT": "Port that `make run` listens on, and the default of SITE_URL",
    "DATA_DIR": "Folder for the embedded database, spool, uploads and generated keys",
    "SECRET_KEY": "Signs sessions and forms",
    "SECRET_KEY_FALLBACKS": "Former values of SECRET_KEY, comma separated",
    "TRACKING_KEYS": "Keys that sign pixels and links, newest first; old ones go on verifying",
    "CREDENTIAL_KEYS": "Fernet keys that encrypt mail passwords, newest first",
    "DATABASE_URL": "postgres://… for the scaled mode; SQLite in DATA_DIR otherwise",
    "REDIS_URL": "redis://… as broker and cache for the scaled mode",
    "EMAIL_URL": "Where Candor's own mail (password reset) goes, for example smtp+tls://user:pw@host:587",
    "DEFAULT_FROM_EMAIL": "Sender of Candor's own mail",
    "TRUSTED_PROXIES": "Addresses or networks of the proxies in front, comma separated",
    "ALLOW_PRIVATE_MAIL_HOSTS": "Names, addresses or networks of mail servers inside of your own network that users may connect to",
    "AUTOCONFIG_DATABASE": "Address of a public list of mail servers, asked for a domain that says nothing of its own; none by default",
    "GOOGLE_OAUTH_CLIENT_ID": "Of the application registered at Google, so that Gmail is connected without a password",
    "GOOGLE_OAUTH_CLIENT_SECRET": "Its secret",
    "GOOGLE_OAUTH_AUTHORIZE_URL": "Another address to ask for permission than Google's own",
    "GOOGLE_OAUTH_TOKEN_URL": "Another address for tokens than Google's own",
    "GOOGLE_OAUTH_SCOPE": "Other permissions to ask for, separated by spaces",
    "GOOGLE_IMAP_SERVER": "Another IMAP server than imap.gmail.com, as host:port",
    "GOOGLE_SMTP_SERVER": "Another SMTP server than smtp.gmail.com, as host:port",
    "MICROSOFT_OAUTH_CLIENT_ID": "Of the application registered at Microsoft Entra, for Microsoft 365 and Outlook.com",
    "MICROSOFT_OAUTH_CLIENT_SECRET": "Its secret",
    "MICROSOFT_OAUTH_TENANT": "Directory whose accounts may connect: its id or domain, organizations, consumers, or common",
    "MICROSOFT_OAUTH_AUTHORIZE_URL": "Another address to ask for permission, as national clouds have it",
    "MICROSOFT_OAUTH_TOKEN_URL": "Another address for tokens, as national clouds have it",
    "MICROSOFT_OAUTH_SCOPE": "Other permissions to ask for, as national clouds need them, separated by spaces",
    "MICROSOFT_IMAP_SERVER": "Another IMAP server than outlook.office365.com, as host:port",
    "MICROSOFT_SMTP_SERVER": "Another SMTP server than smtp.office365.com, as host:port",
    "COPIES_LIMIT": "Up to how many recipients of a tracked mail each get a copy of their own",
    "TRASH_DAYS": "After how many days in the trash mail is deleted for good; 0: never by itself",
    "UNDO_SECONDS": "How long a mail waits after Send, so that it can be taken back",
    "OWN_NETWORKS": "Addresses or networks that the company works from, comma separated: what comes from there counts as one's own",
    "TIME_ZONE": "Default time zone of new users",
    "LANGUAGE_CODE": "Default language",
    "DEBUG": "Django's debug pages; never in production",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "CANDOR_DEMO": "Set by `manage.py demo` for its own processes; nothing else sets it",
    "CANDOR_DEMO_SMTP_PORT": "Set by `manage.py demo`: port of the demo mail server",
    "CANDOR_DEMO_IMAP_PORT": "Set by `manage.py demo`: port of the demo mailbox server",
}
DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?")
HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
LOOPBACK_NAMES = {"localhost", "localhost.localdomain"}


@dataclass
class Problem:
    """One fault in the configuration: which setting, what is wrong, what to do."""

    name: str
    message: str
    hint: str


@dataclass
class Environment:
    """Typed access to the process environment, completed from a `.env` file."""

    dotenv: Path
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.env = environ.Env()
        before = set(os.environ)
        if self.dotenv.is_file():
            self.env.read_env(str(self.dotenv))
        self._find_misspelt(from_file=set(os.environ) - before)

    def text(self, name: str, default: str = "") -> str:
        return self.env.str(name, default=default).strip() or default

    def texts(self, name: str) -> list[str]:
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def networks(self, name: str) -> list[str]:
        """Addresses and networks (`10.0.0.0/8`); those that cannot be read are told and left out."""
        readable = []
        for text in self.texts(name):
            try:
                readable.append(str(ip_network(text, strict=False)))
            except ValueError:
                self._tell(
                    name, f"{name} holds “{text}”, which is no address and no network.", f"For example {name}=203.0.113.7,10.0.0.0/8."
                )
        return readable

    def hosts(self, name: str) -> list[str]:
        """Names of hosts, addresses and networks; those that are none of these are told and left out."""
        readable = []
        for text in self.texts(name):
            host = _host_or_network(text)
            if host:
                readable.append(host)
            else:
                self._tell(
                    name,
                    f"{name} holds “{text}”, which is no host, no address and no network.",
                    f"For example {name}=mail.example.lan,10.0.0.0/8.",
                )
        return readable

    def endpoint(self, name: str) -> str:
        """An absolute http(s) address with a path; "" where none is set or it cannot be read."""
        value = self.text(name)
        parts = urlsplit(value)
        if value and not (parts.scheme in ("http", "https") and parts.hostname):
            self._tell(name, f"{name} is “{value}”, which is not a web address.", f"For example {name}=https://login.example.com/token.")
            return ""
        return value

    def server(self, name: str) -> tuple[str, int] | None:
        """A host and its port, as `mail.example.com:993`; None where none is set or it cannot be read."""
        host, _, port = self.text(name).rpartition(":")
        if not self.text(name):
            return None
        if host and port.isdigit() and 0 < int(port) < 65536:
            return host.removeprefix("[").removesuffix("]"), int(port)
        self._tell(name, f"{name} is “{self.text(name)}”, which is not a host with its port.", f"For example {name}=mail.example.com:993.")
        return None

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if value and not value.isdigit():
            self._tell(name, f"{name} is “{value}”, which is not a number.", f"For example {name}={default}.")
            return default
        return int(value or default)

    def flag(self, name: str) -> bool:
        value = self.text(name, "no").lower()
        if value not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
            self._tell(name, f"{name} is “{value}”, which is neither yes nor no.", f"Set {name}=yes or {name}=no.")
        return value in {"1", "true", "yes", "on"}

    def url(self, name: str, default: str) -> str:
        """An absolute http(s) address without path, query or trailing slash, spelt as browsers send it in `Host`."""
        address = _web_address(self.text(name, default))
        if address is None:
            message = f"{name} is “{self.text(name, default)}”, which is not a web address."
            self._tell(name, message, "Give scheme and host only: https://crm.example.com.")
        return default if address is None else address

    def urls_by_domain(self, name: str) -> dict[str, str]:
        """Web addresses by the domain that they serve: `example.com=https://go.example.com,…`; faulty ones are told and left out."""
        found: dict[str, str] = {}
        for entry in self.texts(name):
            domain, _, value = (part.strip() for part in entry.partition("="))
            domain, address = _domain(domain), _web_address(value)
            problem = _host_problem(domain, address, found)
            if problem:
                self._tell(name, f"{name} holds “{entry}”: {problem}", f"For example {name}=example.com=https://go.example.com.")
            elif address:
                found[domain] = address
        return found

    def database(self, name: str, default: dict[str, Any]) -> dict[str, Any]:
        """Django's database configuration from a `postgres://` address."""
        value = self.text(name)
        if not value:
            return default
        try:
            config = self.env.db_url(name)
        except Exception:  # whatever django-environ stumbles over, the address is unusable
            config = {}
        if "postgresql" in str(config.get("ENGINE")) or "sqlite3" in str(config.get("ENGINE")):
            return dict(config)
        self._tell(name, f"{name} names no database that Candor knows.", "Use postgres://user:password@host:5432/name.")
        return default

    def email(self, name: str, default: str) -> dict[str, Any]:
        """Django's EMAIL_* settings from an address such as `smtp+tls://user:pw@host:587`."""
        try:
            return dict(self.env.email_url(name, default=default))
        except Exception:  # as above
            self._tell(name, f"{name} cannot be read.", "Use smtp+tls://user:password@host:587.")
            return dict(environ.Env.email_url_config(default))

    def _tell(self, name: str, message: str, hint: str) -> None:
        self.problems.append(Problem(name, message, hint))

    def _find_misspelt(self, from_file: set[str]) -> None:
        for name in sorted(os.environ):
            close = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.86) if len(name) >= 7 else []
            if name in KNOWN or not (close or name in from_file):
                continue
            hint = f"Did you mean {close[0]}?" if close else "The settings are listed in .env.example."
            self._tell(name, f"{name} is not a setting that Candor knows.", hint)


def _web_address(value: str) -> str | None:
    """Scheme, host and port as browsers send them in `Host`; None for anything that says more, less or something else."""
    try:
        parts = urlsplit(value.rstrip("/"))
        usual = {"http": 80, "https": 443}[parts.scheme]
        if parts.hostname and not (parts.path or parts.query or parts.fragment or "@" in parts.netloc):
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, usual) else "")
    except (ValueError, KeyError):
        pass
    return None


def _host_or_network(text: str) -> str:
    """A network as Python writes it, or a host's name in lower case; "" for what is neither."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        name = text.lower().rstrip(".")
        return name if HOST.fullmatch(name) and not name.replace(".", "").isdigit() else ""


def _domain(text: str) -> str:
    """A domain in lower case, the letters of other scripts encoded; "" for what is none."""
    try:
        domain = text.lower().encode("idna").decode()
    except UnicodeError:
        return ""
    return domain if DOMAIN.fullmatch(domain) else ""


def _host_problem(domain: str, address: str | None, known: Collection[str]) -> str:
    """What is wrong with a tracking host of a sending domain, as the end of a sentence; "" when nothing is."""
    if not domain:
        return "what stands before the sign = is not the domain of a sender."
    if domain in known:
        return f"{domain} has a tracking address already."
    if address is None:
        return "what stands behind the sign = is not a web address without a path."
    if is_loopback(address):
        return ""
    if not address.startswith("https:"):
        return "it has to be https, for many mail programs load nothing over plain http."
    return "leave the port out, for many networks let nothing but 443 through." if urlsplit(address).port else ""


def is_loopback(url: str) -> bool:
    """Whether an address leads to this machine only."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES or host.endswith(".localhost")
