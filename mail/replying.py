"""What a reply begins with: its subject, its recipients and the quoted words."""

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from mail import addresses, body, threading
from mail.models import Account, Message, Recipient
from mail.reading import plain_as_html
from tracking.cleaning import strip_own, strip_own_text


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
    to = _of_kind(message, Recipient.Kind.TO) if message.from_email.casefold() in own else [(message.from_name, message.from_email)]
    cc = _of_kind(message, Recipient.Kind.CC) if everybody else []
    if everybody and message.from_email.casefold() not in own:
        to += _of_kind(message, Recipient.Kind.TO)
    return Reply(
        to=_written(to, own),
        cc=_written(cc, own),
        subject=_("Re: %(subject)s") % {"subject": threading.bare_subject(message.subject)},
        quote_html=quote(message),
    )


def quote(message: Message) -> str:
    """The message as a quotation: safe whatever was received, and without pixels and links of ours, which would count one's own reading."""
    html = body.clean(strip_own(message.body_html)) or plain_as_html(strip_own_text(message.body_text))
    return render_to_string("mail/_quote.html", {"message": message, "html": html})


def _own_addresses(message: Message) -> set[str]:
    emails = Account.objects.filter(owner=message.owner_id).values_list("email", flat=True)
    return {email.casefold() for email in emails}


def _of_kind(message: Message, kind: str) -> list[tuple[str, str]]:
    return [(one.name, one.email) for one in message.recipients.all() if one.kind == kind]


def _written(people: list[tuple[str, str]], own: set[str]) -> str:
    """As an address field holds them; oneself is left out, unless nobody else is there."""
    others = [pair for pair in people if pair[1].casefold() not in own]
    return ", ".join(addresses.write(name, email) for name, email in others or people)
