"""A message as bytes for the wire: multipart/alternative, with pictures and files around it (RFC 5322, 2045–2047, 2231).

Headers with words in them are folded by `email.header`: the newer folding of `email.policy` loses spaces between the
encoded words of a long name in Python 3.11. Nothing here sends; the tracked and the clean variant come from one function.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from html import escape
from math import ceil
from typing import Any

from mail import addresses, body, notice
from mail.models import Attachment, Message, Recipient
from mail.notice import Notice

POLICY = SMTP.clone(max_line_length=76)
CRLF = "\r\n"
FOLD = re.compile(r"\r\n[ \t]+(?=\S)")
UNDISCLOSED = "undisclosed-recipients:;"  # RFC 5322 3.4: a mail to Bcc alone still says To
ROOM = 3200  # characters
BLANK_LINE = " " * 72
IMAGE_SOURCE = re.compile(r'src="(data:image/(png|jpeg|gif|webp);base64,([^"]*))"', re.IGNORECASE)


class CannotRender(Exception):
    """The message cannot be written as a mail; the text says which part of it."""


def render(message: Message, *, html: str, is_text_kept: bool = True, bcc: Iterable[Recipient] = (), told: Notice | None = None) -> bytes:
    """The mail with this HTML body, lines ending in CRLF; `bcc` are those whom its Bcc header may name. Raises CannotRender.

    The text part is the message's, unless the HTML says something else (`is_text_kept`).
    """
    text = message.body_text if is_text_kept and message.body_text else body.to_text(message.body_html if is_text_kept else html)
    content = _content(message, html, text, told)
    return head(message, bcc=bcc, told=told) + content.as_bytes(policy=POLICY)


def head(message: Message, *, bcc: Iterable[Recipient] = (), told: Notice | None = None) -> bytes:
    """The headers that do not depend on the body. Raises CannotRender."""
    lines = _header_lines(message, bcc, told)
    if any(re.search(r"[\r\n]", FOLD.sub("", line)) for line in lines):
        raise CannotRender("a header holds a line break")  # every value has lost its own before: this must not happen
    return "\r\n".join([*lines, ""]).encode()


def needs_utf8(recipients: Iterable[str]) -> bool:
    """Whether an address can only be written in Unicode, so that the server has to offer SMTPUTF8 (RFC 6531)."""
    return any(addresses.to_ascii(email) is None for email in recipients)


def document(html: str, *, language: str) -> str:
    """A body as a whole HTML document, without a title: one that differs from the subject costs spam points."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">{_room(html)}'
    return f'<!doctype html>\r\n<html lang="{escape(language)}"><head>{head}</head><body>{html}</body></html>\r\n'


def _room(html: str) -> str:
    """Blank lines for the head of a short body with an image in it.

    SpamAssassin takes HTML of up to 3,200 characters with any image for a picture without words (HTML_IMAGE_ONLY_…, up to
    2.8 points): it asks for the length of the source, and not for the size of the picture or the words around it.
    """
    missing = ROOM - len(html) if _shows_images(html) else 0
    return f"\r\n{BLANK_LINE}" * ceil(missing / len(BLANK_LINE))


def _shows_images(html: str) -> bool:
    return "<img" in html.lower()


def _header_lines(message: Message, bcc: Iterable[Recipient], told: Notice | None) -> list[str]:
    recipients = list(message.recipients.all())
    to = _mailboxes(recipients, Recipient.Kind.TO)
    cc = _mailboxes(recipients, Recipient.Kind.CC)
    dated_at = message.dated_at or message.at
    lines = {
        "From": _mailbox(message.from_name, message.from_email),
        "To": to or ("" if cc else UNDISCLOSED),
        "Cc": cc,
        "Bcc": _mailboxes(bcc, Recipient.Kind.BCC),
        "Subject": _words(message.subject, "Subject"),
        "Date": format_datetime(dated_at.astimezone(message.owner.zone)),
        "Message-ID": addresses.one_line(message.message_id),
        "In-Reply-To": addresses.one_line(message.in_reply_to),
        "References": "\r\n ".join(message.references.split()),
        notice.HEADER: f"<{told.url}>" if told else "",
    }
    return [f"{name}: {value}" for name, value in lines.items() if value or name == "Subject"]


def _mailboxes(recipients: Iterable[Recipient], kind: str) -> str:
    return ",\r\n ".join(_mailbox(one.name, one.email) for one in recipients if one.kind == kind)


def _mailbox(name: str, email: str) -> str:
    address = addresses.one_line(addresses.to_ascii(email) or email)
    name = addresses.one_line(name)
    if name.isascii() and "=?" not in name:
        return formataddr((name, address)) if name else address
    return f"{Header(name, 'utf-8', maxlinelen=75, header_name='Disposition').encode(linesep=CRLF)}\r\n <{address}>"


def _words(text: str, name: str) -> str:
    """Unstructured text for a header; what merely looks like an encoded word is encoded, so that it stays as typed."""
    text = addresses.one_line(text)
    return Header(text, "utf-8" if "=?" in text else None, maxlinelen=76, header_name=name).encode(linesep=CRLF)


def _content(message: Message, html: str, text: str, told: Notice | None) -> EmailMessage:
    if told:
        html, text = notice.below(html, told), notice.below_text(text, told)
    html, images = _take_images(html, message.message_id)
    content = _related(_text(html, text, language=message.owner.language))
    for number, (subtype, data, content_id) in enumerate(images, 1):
        name = f"image{number}.{subtype}"
        content.add_related(data, "image", subtype, cid=content_id, disposition="inline", filename=name)
    for attachment in message.attachments.all():
        _attach(content, attachment)
    _name_boundaries(content)
    return content


def _text(html: str, words: str, *, language: str) -> EmailMessage:
    """What is written, as text and as HTML; as HTML alone where an image stands and no word.

    To SpamAssassin such HTML differs from any text part (MPART_ALT_DIFF, 2.2 points).
    """
    text, whole = EmailMessage(policy=POLICY), document(html, language=language)
    if _shows_images(html) and not body.has_words(html):
        text.set_content(whole, subtype="html", cte="quoted-printable")
        return text
    text.set_content(_with_crlf(words), cte="quoted-printable")
    text.add_alternative(whole, subtype="html", cte="quoted-printable")
    return text


def _related(root: EmailMessage) -> EmailMessage:
    """The text with whatever it shows (RFC 2387), even if that is nothing.

    Where a mail is bare alternatives, rspamd counts the addresses in both and wants an even number (URI_COUNT_ODD, a whole
    point): those that stand in the HTML alone, as every picture from the web does, make it odd at random.
    """
    content = EmailMessage(policy=POLICY)
    content["MIME-Version"] = "1.0"
    del root["MIME-Version"]  # it stands once, on top
    content.make_related()
    content.set_param("type", root.get_content_type())
    content.attach(root)
    return content


def _name_boundaries(content: EmailMessage) -> None:
    """The same mail gives the same bytes at every try; “=_” occurs in no encoded part (RFC 2045 6.7)."""
    for number, part in enumerate(part for part in content.walk() if part.is_multipart()):
        part.set_boundary(f"=_candor_{number}")


def _take_images(html: str, message_id: str) -> tuple[str, list[tuple[str, bytes, str]]]:
    """Pictures inside of the text become parts of the mail: most mail programs do not show `data:` addresses."""
    images: list[tuple[str, bytes, str]] = []
    domain = message_id.rpartition("@")[2].strip("<>") or "localhost"

    def move(found: re.Match[str]) -> str:
        try:
            data = b64decode(found[3])
        except binascii.Error:
            return found[0]
        content_id = f"{len(images) + 1}.{message_id.strip('<').partition('@')[0]}@{domain}"
        images.append((found[2].lower(), data, f"<{content_id}>"))
        return f'src="cid:{content_id}"'

    return IMAGE_SOURCE.sub(move, html), images


def _attach(content: EmailMessage, attachment: Attachment) -> None:
    try:
        with attachment.file.open("rb") as file:
            data = file.read()
    except OSError as error:
        raise CannotRender(attachment.name) from error
    maintype, _, subtype = attachment.content_type.partition("/")
    content.add_attachment(data, maintype, subtype or "octet-stream", filename=_file_name(attachment.name))


def _file_name(name: str) -> Any:
    """The name as it is; one that looks like an encoded word says its charset, or the header's parser would decode it."""
    name = addresses.one_line(name)
    return ("utf-8", "", name) if "=?" in name else name


def _with_crlf(text: str) -> str:
    return "\r\n".join(text.splitlines()) + "\r\n"
