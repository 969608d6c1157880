"""What a mail in a demo mailbox says, for the inbox pages; hostile and broken mails included."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path

import nh3

from crm.demo.maildir import StoredMail

HEAD = 64 * 1024  # bytes: enough for the header and the first words
IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
LINK_SCHEMES = {"http", "https", "mailto", "tel"}
PICTURE_SCHEMES = {"http", "https", "data"}
BLANK = re.compile(r"\s+")
STYLED = {"style", "class", "align", "valign", "bgcolor", "width", "height", "dir", "lang", "title"}
ATTRIBUTES = {
    "*": STYLED,
    "a": STYLED | {"href", "name"},
    "img": STYLED | {"src", "alt", "border", "hspace", "vspace"},
    "table": STYLED | {"border", "cellpadding", "cellspacing", "background"},
    "td": STYLED | {"colspan", "rowspan", "background"},
    "th": STYLED | {"colspan", "rowspan", "background"},
    "font": {"color", "face", "size"},
    "blockquote": STYLED | {"type", "cite"},
    "ol": STYLED | {"start", "type"},
}
TAGS = nh3.ALLOWED_TAGS | {"font", "center", "big", "address"}


@dataclass(frozen=True)
class Part:
    """A file of a mail; `number` counts the mail's parts in their order."""

    number: int
    name: str
    content_type: str
    size: int  # bytes
    cid: str
    content: bytes

    @property
    def is_picture(self) -> bool:
        return self.content_type in IMAGES


@dataclass(frozen=True)
class Heading:
    """A line of the list of mails."""

    key: str
    sender: str
    subject: str
    preview: str
    at: datetime
    is_read: bool


@dataclass(frozen=True)
class OpenMail:
    """A mail laid open: its addresses as written, both bodies, its files."""

    key: str
    subject: str
    sender: str
    to: str
    cc: str
    at: datetime
    html: str
    text: str
    parts: tuple[Part, ...]

    @property
    def attachments(self) -> list[Part]:
        return [part for part in self.parts if not (part.cid and part.is_picture)]


def heading(mail: StoredMail) -> Heading:
    """The list's line of a mail; what never changes is read once."""
    sender, subject, preview = _first_words(mail.key, mail.path) if mail.path.exists() else ("", "", "")
    return Heading(mail.key, sender, subject, preview, _time(mail), is_read(mail))


def is_read(mail: StoredMail) -> bool:
    """Whether the mailbox's owner has opened it: Maildir's flag S."""
    return "S" in mail.path.name.partition(":2,")[2]


def mark_read(mail: StoredMail) -> StoredMail:
    """Set Maildir's flag S, as a mail client does."""
    if is_read(mail):
        return mail
    base, _, flags = mail.path.name.partition(":2,")
    seen = mail.path.parent.parent / "cur" / f"{base}:2,{''.join(sorted({*flags, 'S'}))}"
    try:
        mail.path.rename(seen)
    except FileNotFoundError:  # the mailbox server was quicker
        return mail
    return StoredMail(mail.key, seen, mail.at)


def open_mail(mail: StoredMail) -> OpenMail:
    """Read a whole mail. Raises OSError when it is gone."""
    message = _parse(mail.path.read_bytes())
    parts = tuple(_parts(message))
    return OpenMail(
        key=mail.key,
        subject=_header(message, "Subject"),
        sender=_header(message, "From"),
        to=_header(message, "To"),
        cc=_header(message, "Cc"),
        at=_time(mail),
        html=_body(message, "html"),
        text=_body(message, "plain"),
        parts=parts,
    )


def header(mail: StoredMail, name: str) -> str:
    """One line of a mail's header. Raises OSError when it is gone."""
    return " ".join(_header(_parse(mail.path.read_bytes()[:HEAD]), name).split())


def safe_html(mail: OpenMail, part_url: str) -> str:
    """The HTML body as a careful mail client shows it: no scripts, links in a new tab, embedded pictures from `part_url` + number."""
    pictures = {part.cid: f"{part_url}{part.number}" for part in mail.parts if part.cid and part.is_picture}

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name not in {"src", "background", "href", "cite"}:
            return value
        scheme = value.strip().partition(":")[0].lower()
        if name in {"src", "background"} and scheme == "cid":
            return pictures.get(value.strip()[4:])
        allowed = LINK_SCHEMES if name in {"href", "cite"} else PICTURE_SCHEMES
        return value if scheme in allowed else None  # a relative address leads nowhere in a mail

    return nh3.clean(
        mail.html,
        tags=TAGS,
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=attribute,
        url_schemes={*LINK_SCHEMES, *PICTURE_SCHEMES, "cid"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer",
    )


def owner_name(address: str, mails: list[OpenMail]) -> str:
    """What the mailbox's owner is called: as the newest mail addresses them, else by the address itself."""
    for mail in mails:
        for written in (mail.to, mail.cc):
            for piece in written.split(","):
                name, email = parseaddr(piece)
                if name and email.lower() == address:
                    return name
    return address.partition("@")[0].replace(".", " ").title()


@lru_cache(maxsize=2048)
def _first_words(key: str, path: Path) -> tuple[str, str, str]:
    with path.open("rb") as source:
        message = _parse(source.read(HEAD))
    name, email = parseaddr(_header(message, "From"))
    text = _body(message, "plain") or nh3.clean(_body(message, "html"), tags=set())
    return name or email, _header(message, "Subject"), BLANK.sub(" ", text).strip()[:140]


def _parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[arg-type,return-value]


def _time(mail: StoredMail) -> datetime:
    return datetime.fromtimestamp(mail.at, tz=UTC)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except Exception:  # headers that the standard library stumbles over are shown as absent
        return ""


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part else ""
    except Exception:  # unknown charsets, broken encodings: the other part may still be readable
        return ""


def _parts(message: EmailMessage) -> list[Part]:
    found = []
    for number, part in enumerate(message.walk()):
        name, cid = part.get_filename() or "", str(part.get("Content-ID", "")).strip(" <>")
        if part.is_multipart() or not (name or cid):
            continue
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        found.append(Part(number, name or "picture", part.get_content_type(), len(content), cid, content))
    return found
