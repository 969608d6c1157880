"""How far a mail in the outbox is, in words for its owner: as a whole, and for each of its recipients."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.lib import heartbeat
from mail import scheduling
from mail.models import Account, Delivery, Message
from mail.models.message import Recipient

Status = Delivery.Status
ORDER = (Status.FAILED, Status.UNCERTAIN, Status.RETRY, Status.TRANSMITTING, Status.SENDING, Status.QUEUED, Status.SENT)
ON_THE_WIRE = (Status.SENDING, Status.TRANSMITTING)
WAITS = (Status.QUEUED, Status.RETRY)
AGAIN = ((Status.FAILED, Status.RETRY), (Status.UNCERTAIN,))  # what “Send again” is for; what is uncertain only when nothing else is


@dataclass(frozen=True)
class DeliveryState:
    """What the outbox shows: `kind` chooses icon and colour, `text` says it, `reply` has the server's own words."""

    kind: str  # scheduled, waiting, silent (no worker), sending, retry, failed, uncertain, sent, partly (refused for some),
    # paused and reconnect (its account stands still)
    text: str
    reply: str = ""
    next_attempt_at: datetime | None = None
    can_edit: bool = False
    can_reschedule: bool = False
    again_count: int = 0  # recipients to whom “Send again” would send
    reached: int = 0  # recipients to whom it was sent, of `total`
    total: int = 0

    @property
    def can_send_again(self) -> bool:
        return self.again_count > 0

    @property
    def is_held(self) -> bool:
        """Whether its account holds it up, which Email sync can change."""
        return self.kind in ("paused", "reconnect")

    @property
    def is_partly(self) -> bool:
        """Whether some have it and others have not."""
        return 0 < self.reached < self.total


@dataclass(frozen=True)
class RecipientState:
    """What became of the mail for one recipient: `at` is when it was sent or will be tried again, `reply` the server's words."""

    kind: str  # waiting, sending, retry, failed, refused, uncertain, sent
    at: datetime | None = None
    reply: str = ""


def delivery_state(message: Message) -> DeliveryState | None:
    """The state of a queued or sent mail, None for a draft or a received one. Reads prefetched `deliveries__recipients`."""
    deliveries = sorted(message.deliveries.all(), key=lambda one: ORDER.index(Status(one.status)))
    if not deliveries:
        return None
    worst = deliveries[0]
    total, reached = len(_recipients(deliveries)), len(_reached(deliveries))
    if worst.status == Status.SENT:
        return _sent(deliveries, reached=reached, total=total)
    kind = _kind(worst, message.account)
    kind = "scheduled" if kind in ("waiting", "silent") and _is_ahead(message, deliveries) else kind
    return DeliveryState(
        kind=kind,
        text=scheduling.goes_at(message.send_at) if message.send_at and kind == "scheduled" else _text(kind, worst, _whom(deliveries)),
        reply=worst.smtp_reply,
        next_attempt_at=worst.next_attempt_at if kind == "retry" else None,
        can_edit=message.folder == Message.Folder.OUTBOX and not any(one.status in (*ON_THE_WIRE, Status.SENT) for one in deliveries),
        can_reschedule=message.send_at is not None and all(one.status == Status.QUEUED and not one.attempts for one in deliveries),
        again_count=len(_recipients(to_send_again(deliveries))),
        reached=reached,
        total=total,
    )


def _is_ahead(message: Message, deliveries: Iterable[Delivery]) -> bool:
    """Whether it waits for the time that its sender has chosen."""
    now = timezone.now()
    return message.send_at is not None and all(one.status == Status.QUEUED and one.next_attempt_at > now for one in deliveries)


def recipient_state(message: Message, recipient: Recipient) -> RecipientState | None:
    """What became of the mail for one of its recipients; None for drafts and received mail, and for the only one of a sent mail."""
    own = next((one for one in message.deliveries.all() if any(other.pk == recipient.pk for other in one.recipients.all())), None)
    if own is None:
        return None
    if recipient.refusal:
        return RecipientState("refused", reply=recipient.refusal)
    if own.status == Status.SENT:
        return RecipientState("sent", at=own.sent_at) if len(message.recipients.all()) > 1 else None
    is_retry = own.status == Status.RETRY
    kind = "waiting" if own.status == Status.QUEUED else _kind(own, None)
    return RecipientState(kind, at=own.next_attempt_at if is_retry else None, reply=own.smtp_reply or own.error)


def to_send_again(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """What “Send again” sends: what was not sent; what is only uncertain not along with it, since that would be a risk unasked."""
    deliveries = list(deliveries)
    for statuses in AGAIN:
        again = [one for one in deliveries if one.status in statuses]
        if again:
            return again
    return []


def _recipients(deliveries: Iterable[Delivery]) -> list[Recipient]:
    return [recipient for one in deliveries for recipient in one.recipients.all()]


def _reached(deliveries: Iterable[Delivery]) -> list[Recipient]:
    return [one for one in _recipients(one for one in deliveries if one.status == Status.SENT) if not one.refusal]


def _whom(deliveries: list[Delivery]) -> str:
    """Whom the worst state concerns; nobody by name when it is the same for all."""
    worst = [one for one in deliveries if one.status == deliveries[0].status]
    return "" if len(worst) == len(deliveries) else ", ".join(one.email for one in _recipients(worst))


def _kind(delivery: Delivery, account: Account | None) -> str:
    if delivery.status in ON_THE_WIRE:
        return "sending"
    if delivery.status in WAITS and account and not account.is_running:
        return "reconnect" if account.needs_reconnecting else "paused"
    if delivery.status == Status.QUEUED:
        return "waiting" if heartbeat.is_alive() else "silent"
    return str(delivery.status)


def _text(kind: str, delivery: Delivery, whom: str) -> str:
    words = {
        "waiting": _("Waiting to be sent"),
        "paused": _("Waits: this account is paused. It goes out when the account is resumed under Email sync."),
        "reconnect": _("Waits: this account has to be connected again under Email sync. It goes out then."),
        "silent": _(
            "Waiting: the part of Candor that sends mail has not been heard of. Nothing is lost; it goes out when that runs again."
        ),
        "sending": _("Being sent"),
        "uncertain": _("Perhaps sent to %(whom)s. %(error)s") if whom else _("Perhaps sent. %(error)s"),
        "retry": _("Not sent to %(whom)s yet, tried again by itself. %(error)s")
        if whom
        else _("Not sent yet, tried again by itself. %(error)s"),
        "failed": _("Not sent to %(whom)s. %(error)s") if whom else _("Not sent. %(error)s"),
    }
    return (words[kind] % {"whom": whom, "error": delivery.error}).strip()


def _sent(deliveries: list[Delivery], *, reached: int, total: int) -> DeliveryState:
    refused = [one for one in _recipients(deliveries) if one.refusal]
    if not refused:
        return DeliveryState("sent", _("Sent"), deliveries[0].smtp_reply, reached=reached, total=total)
    text = ngettext("Sent, but refused for %(names)s.", "Sent, but refused for %(names)s.", len(refused))
    names = ", ".join(one.email for one in refused)
    return DeliveryState("partly", text % {"names": names}, refused[0].refusal, reached=reached, total=total)
