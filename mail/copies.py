"""The copies that a mail goes out in: one for each recipient, so that an opening has a name, or one that all of them share."""

from datetime import datetime

from django.conf import settings

from mail.models import Delivery, Message
from mail.models.message import Recipient
from tracking import instrument
from tracking.models import Copy, TrackedMail


def put_into_envelopes(message: Message, *, tell_apart: bool, now: datetime) -> list[Delivery]:
    """The deliveries of a mail that is being queued: an envelope and a tracked body of their own each, or one for everybody."""
    recipients = list(message.recipients.select_related("person"))
    mail = message.tracked_mail
    if mail is None:
        return [_envelope(message, recipients, now)]
    if len(recipients) == 1 or (tell_apart and len(recipients) <= settings.COPIES_LIMIT):
        return [_own_copy(message, mail, one, now) for one in recipients]
    return [_envelope(message, recipients, now, copy=instrument.add_copy(mail=mail))]  # one body cannot say who of them opened it


def named_in_bcc(delivery: Delivery) -> list[Recipient]:
    """Whom the Bcc header of this envelope's mail may name: the one whose own copy it is, and nobody in a shared one."""
    return list(delivery.recipients.all()) if delivery.copy and delivery.copy.email else []


def _own_copy(message: Message, mail: TrackedMail, recipient: Recipient, now: datetime) -> Delivery:
    copy = instrument.add_copy(mail=mail, person=recipient.person, email=recipient.email)
    return _envelope(message, [recipient], now, copy=copy)


def _envelope(message: Message, recipients: list[Recipient], now: datetime, *, copy: Copy | None = None) -> Delivery:
    delivery = Delivery.objects.create(message=message, copy=copy, queued_at=now, next_attempt_at=now)
    delivery.recipients.set(recipients)
    return delivery
