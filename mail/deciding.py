"""Which recipients of a mail are tracked: decided when it is put on its way, and once more when it leaves."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from crm.consent import decisions
from crm.consent.decisions import Decision
from mail.models import Delivery, Message
from mail.models.message import Recipient
from tracking.models import Copy, TrackedMail
from tracking.tightening import tighten


def freeze(message: Message) -> list[Decision]:
    """Decide on each recipient of a mail that goes out from `from_email`, and keep that with them."""
    recipients = list(message.recipients.all())
    found = _decide(message, recipients)
    for recipient in recipients:
        recipient.decision = found[recipient.email.casefold()].as_json()
    Recipient.objects.bulk_update(recipients, ["decision"])
    return [found[recipient.email.casefold()] for recipient in recipients]


def is_anybody_tracked(found: Collection[Decision], *, are_apart: bool) -> bool:
    """Whether some copy may be tracked: each by itself, or the one that all share if nobody in it refuses."""
    return (any if are_apart else all)(one.may_track for one in found)


def kept(recipient: Recipient) -> Decision | None:
    """The decision that was frozen."""
    return Decision(**recipient.decision) if recipient.decision else None


def strictest(found: Iterable[Decision]) -> Decision:
    """What holds for a copy that all of these share."""
    all_of_them = list(found)
    first = next((one for one in all_of_them if not one.may_track), all_of_them[0])
    return replace(
        first,
        is_coarse=any(one.is_coarse for one in all_of_them),
        kept=min(one.kept for one in all_of_them),
        kept_days=min((one.kept_days for one in all_of_them if one.kept_days is not None), default=None),
    )


def once_more(delivery: Delivery) -> None:
    """Before it leaves: who refused since, or of whom more is demanded since, gets what they may get now."""
    copy, recipients = delivery.copy, list(delivery.recipients.all())
    if copy is None or not copy.is_tracked or not recipients:
        return
    found = _decide(delivery.message, recipients)
    if not tighten(copy, strictest(found.values())):
        return
    for recipient in recipients:
        recipient.decision = found[recipient.email.casefold()].as_json()
    Recipient.objects.bulk_update(recipients, ["decision"])
    if not copy.is_tracked:
        _forget_if_nobody(delivery, copy.mail)


def _decide(message: Message, recipients: Iterable[Recipient]) -> dict[str, Decision]:
    emails = [recipient.email for recipient in recipients]
    return decisions.decide(emails, user=message.owner, mailbox=message.from_email)


def _forget_if_nobody(delivery: Delivery, mail: TrackedMail) -> None:
    """A mail of which no copy is tracked any more, and that nobody has opened, has no counters either."""
    if Copy.objects.filter(mail=mail, is_tracked=True).exists() or mail.events.exists():
        return
    mail.delete()
    delivery.copy = delivery.message.tracked_mail = None
