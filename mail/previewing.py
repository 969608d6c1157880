"""What each recipient of a draft would get: put together by the very code that sends, with addresses that lead nowhere."""

import email
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default

from mail import before_sending, body, notice, planning, rendering
from mail.models import Message, Recipient
from mail.planning import Plan
from tracking import instrument, placing
from tracking.cleaning import strip_own, strip_own_text
from tracking.instrument import Sample

SHOWN = ("From", "To", "Cc", "Bcc", "Subject")


@dataclass(frozen=True)
class CopyShown:
    """One copy: who gets it, whether it is tracked and why (a sentence for each of them, if any), and the headers that they see."""

    recipients: list[Recipient]
    told: list[str]
    headers: list[tuple[str, str]]


@dataclass(frozen=True)
class Preview:
    """A draft as it would leave now."""

    copies: list[CopyShown]
    sample: Sample
    text: str
    line: str  # what tracked copies say below the mail
    size: int  # bytes on the wire
    html_size: int  # bytes that Gmail counts


def of(message: Message) -> Preview:
    """The preview of a draft. Raises rendering.CannotRender."""
    planned = planning.of_draft(message)
    sample = _sample(message, planned)
    is_tracked = sample.tracks_opens or sample.tracks_links
    told = notice.sample(language=message.owner.language) if is_tracked else None
    raw = rendering.render(message, html=sample.html, told=told)
    text = _parsed(raw).get_body(("plain",))
    return Preview(
        copies=list(_copies(message, planned)),
        sample=sample,
        text=strip_own_text(text.get_content()) if text else "",
        line=told.words if told else "",
        size=len(raw),
        html_size=placing.size(rendering.document(sample.html, language=message.owner.language)),
    )


def html(message: Message) -> str:
    """The HTML part with links that lead straight to where they lead; `reading.previewed` makes it safe to look at."""
    return body.clean(strip_own(_sample(message, planning.of_draft(message)).html))


def _sample(message: Message, planned: Plan) -> Sample:
    """The body of a tracked copy, if there is one."""
    is_tracked = planned.tracked_count > 0 or not planned.decisions
    return instrument.sample(
        message.body_html,
        sender=message.from_email,
        tracks_opens=planned.track_opens and is_tracked and not planned.asks,
        tracks_links=planned.track_links and is_tracked and not planned.asks,
    )


def _copies(message: Message, planned: Plan) -> Iterator[CopyShown]:
    recipients = list(message.recipients.select_related("person"))
    is_apart = planned.is_apart and (planned.asks or planned.tracked_count > 0)
    for group in [[one] for one in recipients] if is_apart else [recipients] if recipients else []:
        named = [one for one in group if is_apart and planned.tracks(one.email)]
        told = [sentence for one in group if (sentence := before_sending.of_planned(planned, one, _name(one)))]
        yield CopyShown(group, told, _headers(message, bcc=named))


def _name(recipient: Recipient) -> str:
    return recipient.name or (recipient.person.name if recipient.person else "") or recipient.email


def _headers(message: Message, bcc: list[Recipient]) -> list[tuple[str, str]]:
    mail = _parsed(rendering.head(message, bcc=bcc))
    return [(name, str(mail[name])) for name in SHOWN if mail[name] is not None]


def _parsed(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail
