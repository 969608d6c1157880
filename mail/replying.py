"""What a reply begins with: its subject, its recipients and the quoted words."""

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from mail import addresses, quoting, threading
from mail.models import Account, Message, Recipient


@dataclass(frozen=True)
class Reply:
    """The fields of a composer that answers a message."""

    to: str
    cc: str
    subject: str
    quote_html: str


def reply_to(message: Message, *, everybody: bool = False) -> Reply:
    """Answer a message; one's own goes to the same people again."""
    own = _own_addresses(message)
    is_own = message.from_email.casefold() in own
    to = _of_kind(message, Recipient.Kind.TO) if is_own else _wanted_by(message)
    cc = _of_kind(message, Recipient.Kind.CC) if everybody else []
    if everybody and not is_own:
        to += _of_kind(message, Recipient.Kind.TO)
    return Reply(
        to=_written(to, own),
        cc=_written([pair for pair in cc if pair[1].casefold() not in own], own),
        subject=_("Re: %(subject)s") % {"subject": threading.bare_subject(message.subject)},
        quote_html=quote(message),
    )


def quote(message: Message) -> str:
    """The message as a quotation."""
    html, _left_over = quoting.quotable(message)
    return render_to_string("mail/_quote.html", {"message": message, "html": html})


def _wanted_by(message: Message) -> list[tuple[str, str]]:
    """Where the sender wants the answer: the Reply-To (RFC 5322 3.6.2), else the From."""
    wanted = [(one.name, one.email) for one in addresses.parse(message.reply_to).mailboxes]
    return wanted or [(message.from_name, message.from_email)]


def _own_addresses(message: Message) -> set[str]:
    emails = Account.objects.filter(owner=message.owner_id).values_list("email", flat=True)
    return {email.casefold() for email in emails}


def _of_kind(message: Message, kind: str) -> list[tuple[str, str]]:
    return [(one.name, one.email) for one in message.recipients.all() if one.kind == kind]


def _written(people: list[tuple[str, str]], own: set[str]) -> str:
    """As an address field holds them, each once; oneself is left out, unless nobody else is there."""
    others = [pair for pair in people if pair[1].casefold() not in own]
    once = {email.casefold(): (name, email) for name, email in reversed(others or people)}
    return ", ".join(addresses.write(name, email) for name, email in reversed(once.values()))
