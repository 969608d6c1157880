"""The copies that a mail goes out in: one for each recipient, so that an opening has a name, or one that all of them share."""

from datetime import datetime

from django.conf import settings

from mail.models import Delivery, Message
from mail.models.message import Recipient
from tracking import instrument
from tracking.models import Copy, TrackedMail


def put_into_envelopes(message: Message, *, tell_apart: bool, due_at: datetime) -> list[Delivery]:
    """The deliveries of a mail that goes at `due_at`: an envelope and a tracked body of their own each, or one for everybody."""
    recipients = list(message.recipients.select_related("person"))
    mail = message.tracked_mail
    if mail is None:
        return [_envelope(message, recipients, due_at)]
    if are_apart(len(recipients), tell_apart=tell_apart):
        return [_own_copy(message, mail, one, due_at) for one in recipients]
    return [_envelope(message, recipients, due_at, copy=instrument.add_copy(mail=mail))]  # one body cannot say who of them opened it


def are_apart(count: int, *, tell_apart: bool) -> bool:
    """Whether each of so many recipients of a tracked mail gets a copy of their own."""
    return count == 1 or (tell_apart and count <= settings.COPIES_LIMIT)


def named_in_bcc(delivery: Delivery) -> list[Recipient]:
    """Whom the Bcc header of this envelope's mail may name: the one whose own copy it is, and nobody in a shared one."""
    return list(delivery.recipients.all()) if delivery.copy and delivery.copy.email else []


def _own_copy(message: Message, mail: TrackedMail, recipient: Recipient, due_at: datetime) -> Delivery:
    copy = instrument.add_copy(mail=mail, person=recipient.person, email=recipient.email)
    return _envelope(message, [recipient], due_at, copy=copy)


def _envelope(message: Message, recipients: list[Recipient], due_at: datetime, *, copy: Copy | None = None) -> Delivery:
    delivery = Delivery.objects.create(message=message, copy=copy, queued_at=due_at, next_attempt_at=due_at)
    delivery.recipients.set(recipients)
    return delivery
