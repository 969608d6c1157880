"""The copies that a mail goes out in: one for each recipient, so that an opening has a name, or one that all of them share.

Copies of their own also keep apart who may be tracked and who may not.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from crm.consent.decisions import Decision
from mail import consent_block, deciding
from mail.models import Delivery, Message
from mail.models.message import Recipient
from tracking import instrument
from tracking.models import Copy, TrackedMail


def put_into_envelopes(message: Message, *, tell_apart: bool, due_at: datetime) -> list[Delivery]:
    """The deliveries of a mail that goes at `due_at`: an envelope and a tracked body of their own each, or one for everybody."""
    recipients = list(message.recipients.select_related("person"))
    mail = message.tracked_mail
    if consent_block.is_in(message.body_html):
        return [_envelope(message, [one], due_at) for one in recipients]  # the answer shall come from that very address
    if mail is None:
        return [_envelope(message, recipients, due_at)]
    if are_apart(len(recipients), tell_apart=tell_apart):
        return [_own_copy(message, mail, one, due_at) for one in recipients]
    copy = instrument.add_copy(mail=mail, decision=_shared(recipients))  # one body cannot say who of them opened it
    return [_envelope(message, recipients, due_at, copy=copy)]


def are_apart(count: int, *, tell_apart: bool) -> bool:
    """Whether each of so many recipients of a tracked mail gets a copy of their own."""
    return count == 1 or (tell_apart and count <= settings.COPIES_LIMIT)


def named_in_bcc(delivery: Delivery) -> list[Recipient]:
    """Whom the Bcc header of this envelope's mail may name: the one whose own copy it is, and nobody in a shared one.

    Of tracking nothing may be seen in a copy that is not tracked, not even that it is a copy of one's own.
    """
    copy = delivery.copy
    return list(delivery.recipients.all()) if copy and copy.email and copy.is_tracked else []


def _own_copy(message: Message, mail: TrackedMail, recipient: Recipient, due_at: datetime) -> Delivery:
    copy = instrument.add_copy(mail=mail, person=recipient.person, email=recipient.email, decision=deciding.kept(recipient))
    return _envelope(message, [recipient], due_at, copy=copy)


def _shared(recipients: Iterable[Recipient]) -> Decision | None:
    found = [decision for one in recipients if (decision := deciding.kept(one))]
    return deciding.strictest(found) if found else None


def _envelope(message: Message, recipients: list[Recipient], due_at: datetime, *, copy: Copy | None = None) -> Delivery:
    delivery = Delivery.objects.create(message=message, copy=copy, queued_at=due_at, next_attempt_at=due_at)
    delivery.recipients.set(recipients)
    return delivery
