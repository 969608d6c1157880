"""A demo customer answers a mail, as their mail program would: quoted, threaded, delivered into the sender's mailbox."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid, parseaddr
from pathlib import Path

from crm.demo import maildir
from crm.demo.maildir import StoredMail
from crm.demo.reading import OpenMail, header

LONGEST = 20_000  # characters of an answer


def answer(root: Path, *, address: str, name: str, mail: OpenMail, stored: StoredMail, text: str, at: datetime) -> None:
    """Deliver an answer to whoever wrote the mail. Raises ValueError when that is no address, OSError when the disk is full."""
    recipient = parseaddr(mail.sender)[1]
    message = EmailMessage()
    message["From"] = formataddr((name, address))
    message["To"] = mail.sender
    message["Subject"] = mail.subject if mail.subject.lower().startswith("re:") else f"Re: {mail.subject}"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
    message["In-Reply-To"] = header(stored, "Message-ID")
    message["References"] = " ".join([*header(stored, "References").split(), header(stored, "Message-ID")])
    message.set_content(f"{text[:LONGEST].rstrip()}\n\n{mail.sender}:\n{_quoted(mail.text)}\n")
    maildir.deliver(root, recipient, message.as_bytes())
    maildir.file(root, address, "Sent", message.as_bytes(), at=at)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())
