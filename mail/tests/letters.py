"""Mails for tests, as they come over the wire; and where the collection of real ones is."""

from email.message import EmailMessage
from pathlib import Path

from tests.corpora import corpus


def mail(body: str = "Hello\n", **fields: str) -> bytes:
    """A mail of Boris to Alice; a field's underscores stand for hyphens, an empty one is left out."""
    usual = {
        "From": "Boris Belov <boris@client.test>",
        "To": "Alice <alice@acme.test>",
        "Subject": "Offer",
        "Date": "Tue, 10 Nov 2026 10:00:00 +0100",
        "Message_ID": "<1@client.test>",
    }
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in {**usual, **fields}.items() if value]
    return "\r\n".join([*lines, "", body]).encode("utf-8", "surrogateescape")


def parts(*pieces: str, kind: str = "mixed", boundary: str = "b") -> dict[str, str]:
    """The fields and the body of a mail in parts, each given with its own head."""
    body = "".join(f"--{boundary}\r\n{piece}\r\n" for piece in pieces) + f"--{boundary}--\r\n"
    return {"Content_Type": f'multipart/{kind}; boundary="{boundary}"', "body": body}


def nested(*pieces: str, kind: str, boundary: str) -> str:
    """The same as a part of another mail."""
    whole = parts(*pieces, kind=kind, boundary=boundary)
    return f"Content-Type: {whole['Content_Type']}\r\n\r\n{whole['body']}"


def text(words: str, *, kind: str = "plain", more: str = "") -> str:
    """A text part."""
    return f"Content-Type: text/{kind}; charset=utf-8\r\n{more}\r\n{words}"


def built(**attached: bytes) -> EmailMessage:
    """A mail as the standard library writes it, with files."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Message-ID"] = (
        "b@client.test",
        "a@acme.test",
        "Files",
        "<files@client.test>",
    )
    message.set_content("See the files.")
    for name, content in attached.items():
        message.add_attachment(content, "application", "pdf", filename=name)
    return message


def collection() -> list[Path]:
    """Real mails; without them the test is skipped."""
    return sorted(corpus("eml").rglob("*.eml"))
