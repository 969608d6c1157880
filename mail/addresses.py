"""Mail addresses as people type them: lists with names, Unicode, international domains.

The standard library's `getaddresses` takes parts of a name for an address (CVE-2023-27043), so a typed field is
split here, outside of quotes and brackets, and each piece must be one whole mailbox.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import email_validator
from email_validator import EmailNotValidError, validate_email

MAX_NAME = 200
MAX_TYPED = 20_000  # characters of one field: about 400 addresses
SEPARATORS = ",;\r\n"  # a line break separates, so no name or address can ever hold one
NEEDS_QUOTES = re.compile(r'[()<>@,;:\\".\[\]]')
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()  # in-house servers live under .local and the like: they decide, not we
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True)
class Mailbox:
    """One address with the name that stands before it; the domain of `email` in Unicode, as people read it."""

    email: str
    name: str = ""

    def __str__(self) -> str:
        return write(self.name, self.email)


@dataclass
class Field:
    """What a typed address field holds: mailboxes, and pieces that are none."""

    mailboxes: list[Mailbox] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def parse(typed: str) -> Field:
    """Read an address field (RFC 5322 lists, also split by semicolons and line breaks); never raises."""
    result = Field()
    for piece in _pieces(typed[:MAX_TYPED]):
        mailbox = _mailbox(piece)
        if mailbox is None:
            result.mistakes.append(piece[:200])
        elif mailbox.email.casefold() not in {known.email.casefold() for known in result.mailboxes}:
            result.mailboxes.append(mailbox)
    if len(typed) > MAX_TYPED:
        result.mistakes.append(typed[MAX_TYPED:][:200])
    return result


def write(name: str, email: str) -> str:
    """A mailbox as it stands in a text box; `parse` reads it back."""
    if not name:
        return email
    if NEEDS_QUOTES.search(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{email}>"


def normal(email: str) -> str | None:
    """The address in its usual spelling, its domain in Unicode; None when it is no address (RFC 5321, 6531)."""
    try:
        found = validate_email(email, check_deliverability=False, globally_deliverable=False, allow_smtputf8=True, strict=True)
    except EmailNotValidError:
        return None
    has_dot = "." in found.domain or found.domain == "localhost"  # “anna@gmail” is a slip, not a host
    return found.normalized if has_dot and len(found.normalized) <= 254 else None


def to_ascii(email: str) -> str | None:
    """The address as servers without SMTPUTF8 take it, its domain in punycode; None when its local part is not ASCII."""
    local, _, domain = email.rpartition("@")
    if not local.isascii():
        return None
    return f"{local}@{domain_to_ascii(domain)}"


def domain_to_ascii(domain: str) -> str:
    """A domain in punycode (RFC 5891); unchanged when it is ASCII already."""
    if domain.isascii():
        return domain
    found = validate_email(f"x@{domain}", check_deliverability=False, globally_deliverable=False)
    return found.ascii_domain


def one_line(text: str) -> str:
    """Text without line breaks and control characters, so that it can stand in a header."""
    return " ".join(CONTROL.sub(" ", text).split())


def _mailbox(piece: str) -> Mailbox | None:
    head, bracket, tail = piece.rpartition("<")
    if not bracket:
        email, name = piece, ""
    elif tail.endswith(">"):
        email, name = tail[:-1].strip(), _unquote(head.strip())
    else:
        return None
    address = normal(email)
    return Mailbox(address, one_line(name)[:MAX_NAME]) if address else None


def _unquote(name: str) -> str:
    if len(name) >= 2 and name[0] == name[-1] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def _pieces(typed: str) -> Iterator[str]:
    """The field cut at separators that stand outside of quotes and angle brackets."""
    start, in_quotes, in_brackets, skip = 0, False, False, False  # a quote opens at the start of a piece only
    for index, char in enumerate(typed):
        if skip:
            skip = False
        elif char == "\\" and in_quotes:
            skip = True
        elif char == '"' and (in_quotes or not typed[start:index].strip()):
            in_quotes = not in_quotes
        elif char in "<>" and not in_quotes:
            in_brackets = char == "<"
        elif char in "\r\n" or (char in SEPARATORS and not in_quotes and not in_brackets):
            yield from _stripped(typed[start:index])
            start, in_quotes, in_brackets = index + 1, False, False
    yield from _stripped(typed[start:])


def _stripped(piece: str) -> Iterator[str]:
    if piece.strip():
        yield piece.strip()
