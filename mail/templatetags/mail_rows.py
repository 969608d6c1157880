"""How a mail's people and times read in a list."""

import zlib
from datetime import datetime

from django import template
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.safestring import SafeString

from crm.lib import heartbeat
from crm.lib.days import short
from mail import attachments, before_sending, scheduling, searching, states
from mail.models import Message, Recipient

register = template.Library()
register.filter("short", short, expects_localtime=True)
register.filter("files_limit", attachments.limit)
register.filter("in_words", scheduling.in_words)
register.filter("as_typed", scheduling.written)
register.simple_tag(states.recipient_state, name="recipient_state")


@register.filter
def short_time(value: datetime) -> str:
    """The hour today, the weekday within the week, else the date."""
    moment, now = timezone.localtime(value), timezone.localtime()
    days = (now.date() - moment.date()).days
    if days == 0:
        return format_date(moment, "H:i")
    if 0 < days < 7:
        return format_date(moment, "D")
    return short(moment, "j M" if moment.year == now.year else "j M Y")


@register.filter
def exact_time(value: datetime) -> str:
    """Day and minute, in the reader's zone."""
    return short(timezone.localtime(value), "D j M Y, H:i")


@register.filter
def correspondents(message: Message) -> str:
    """Who is at the other end: the sender of what came, the recipients of what goes."""
    if is_received(message):
        return message.from_name or message.from_email
    return addressees(message)


@register.filter
def addressees(message: Message) -> str:
    """Whom it was written to; of many the first two."""
    return _first_names([name_of(recipient) for recipient in message.recipients.all()])


@register.filter
def open_addressees(message: Message) -> str:
    """The same for a colleague: as it was written, without hidden recipients and without what the contacts say."""
    return _first_names([one.name or one.email for one in message.recipients.all() if one.kind != Recipient.Kind.BCC])


def _first_names(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    shown = [name.split()[0] if "@" not in name else name for name in names[:2]]
    return ", ".join(shown) + (f" +{len(names) - 2}" if len(names) > 2 else "")


@register.filter
def is_received(message: Message) -> bool:
    """Whether somebody else wrote it."""
    return message.sent_at is None and message.folder not in (Message.Folder.DRAFTS, Message.Folder.OUTBOX, Message.Folder.SENT)


@register.filter
def found_in(text: str, message: Message) -> SafeString:
    """A text of a row, with what was searched for marked in it."""
    return searching.marked(text, getattr(message, "found", None))


@register.filter
def name_of(recipient: Recipient) -> str:
    """A recipient's name as it was written or as the contact has it, or the address when there is none."""
    return recipient.name or (recipient.person.name if recipient.person else "") or recipient.email


@register.simple_tag
def tracking_of(message: Message, recipient: Recipient) -> str:
    """Whether a sent mail's recipient is tracked, and why: for its sender alone."""
    return before_sending.of_sent(message, recipient, name_of(recipient))


@register.filter
def of_kind(recipients: list[Recipient], kind: str) -> list[Recipient]:
    """Those of To, Cc or Bcc."""
    return [recipient for recipient in recipients if recipient.kind == kind]


@register.filter
def state_of(message: Message) -> states.DeliveryState | None:
    """How far a mail is on its way, for its row and its page."""
    return states.delivery_state(message)


@register.filter
def row_state(message: Message) -> str:
    """Changes whenever the row must be drawn anew; a list that refreshes itself leaves the other rows alone."""
    deliveries = [f"{one.pk}{one.status}{one.attempts}" for one in message.deliveries.all()]
    shown = [message.updated_at.timestamp(), message.is_read, message.folder, message.thread.is_starred, *deliveries]
    extra = [getattr(message, name, "") for name in ("thread_size", "newest_tracked_id", "has_attachment", "has_unread", "senders")]
    waits_for_worker = bool(deliveries) and message.folder == Message.Folder.OUTBOX and not heartbeat.is_alive()
    deals = [deal.pk for deal in getattr(message.thread, "visible_deals", [])]
    return f"{zlib.crc32(repr((shown, extra, deals, waits_for_worker)).encode()):x}"


@register.filter
def notes(message: Message) -> list[str]:
    """What was broken, cut or closed in a received mail, in sentences."""
    return [str(Message.Note(note).label) for note in message.notes if note in Message.Note.values]
