"""What each recipient of a draft would get: put together by the very code that sends, with addresses that lead nowhere."""

import email
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default

from mail import body, copies, rendering
from mail.models import Message, Recipient
from tracking import instrument, placing, preferences
from tracking.cleaning import strip_own
from tracking.instrument import Sample

SHOWN = ("From", "To", "Cc", "Bcc", "Subject")


@dataclass(frozen=True)
class CopyShown:
    """One copy: who gets it, and the headers that they see."""

    recipients: list[Recipient]
    headers: list[tuple[str, str]]


@dataclass(frozen=True)
class Preview:
    """A draft as it would leave now."""

    copies: list[CopyShown]
    sample: Sample
    text: str
    size: int  # bytes on the wire
    html_size: int  # bytes that Gmail counts


def of(message: Message) -> Preview:
    """The preview of a draft. Raises rendering.CannotRender."""
    sample = _sample(message)
    raw = rendering.render(message, html=sample.html)
    text = _parsed(raw).get_body(("plain",))
    return Preview(
        copies=list(_copies(message, sample)),
        sample=sample,
        text=text.get_content() if text else "",
        size=len(raw),
        html_size=placing.size(rendering.document(sample.html, language=message.owner.language)),
    )


def html(message: Message) -> str:
    """The HTML part with links that lead straight to where they lead; `reading.previewed` makes it safe to look at."""
    return body.clean(strip_own(_sample(message).html))


def _sample(message: Message) -> Sample:
    options, toggles = preferences.for_user(message.owner), message.toggles
    return instrument.sample(
        message.body_html,
        sender=message.from_email,
        tracks_opens=options.open_tracking and toggles.get("track_opens", options.last_track_opens),
        tracks_links=options.link_tracking and toggles.get("track_links", options.last_track_links),
    )


def _copies(message: Message, sample: Sample) -> Iterator[CopyShown]:
    recipients = list(message.recipients.select_related("person"))
    tell_apart = message.toggles.get("tell_apart", preferences.for_user(message.owner).last_tell_apart)
    is_tracked = sample.tracks_opens or sample.tracks_links
    if is_tracked and copies.are_apart(len(recipients), tell_apart=tell_apart):
        yield from (CopyShown([one], _headers(message, bcc=[one])) for one in recipients)
    elif recipients:
        yield CopyShown(recipients, _headers(message, bcc=[]))


def _headers(message: Message, bcc: list[Recipient]) -> list[tuple[str, str]]:
    mail = _parsed(rendering.head(message, bcc=bcc))
    return [(name, str(mail[name])) for name in SHOWN if mail[name] is not None]


def _parsed(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail
