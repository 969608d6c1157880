"""How far a mail in the outbox is, in words for its owner."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.lib import heartbeat
from mail.models import Delivery, Message

Status = Delivery.Status
ORDER = (Status.FAILED, Status.UNCERTAIN, Status.RETRY, Status.TRANSMITTING, Status.SENDING, Status.QUEUED, Status.SENT)
ON_THE_WIRE = (Status.SENDING, Status.TRANSMITTING)


@dataclass(frozen=True)
class DeliveryState:
    """What the outbox shows: `kind` chooses icon and colour, `text` says it, `reply` has the server's own words."""

    kind: str  # waiting, silent (no worker), sending, retry, failed, uncertain, sent, partly
    text: str
    reply: str = ""
    next_attempt_at: datetime | None = None
    can_send_again: bool = False
    can_edit: bool = False


def delivery_state(message: Message) -> DeliveryState | None:
    """The state of a queued or sent mail, None for a draft or a received one. Reads prefetched `deliveries` and `recipients`."""
    deliveries = sorted(message.deliveries.all(), key=lambda one: ORDER.index(Status(one.status)))
    if not deliveries:
        return None
    worst = deliveries[0]
    if worst.status == Status.SENT:
        return _sent(message, worst)
    can_edit = message.folder == Message.Folder.OUTBOX and not any(one.status in (*ON_THE_WIRE, Status.SENT) for one in deliveries)
    kind = _kind(worst)
    return DeliveryState(
        kind=kind,
        text=_text(kind, worst),
        reply=worst.smtp_reply,
        next_attempt_at=worst.next_attempt_at if worst.status == Status.RETRY else None,
        can_send_again=worst.status in (Status.FAILED, Status.UNCERTAIN, Status.RETRY),
        can_edit=can_edit,
    )


def _kind(delivery: Delivery) -> str:
    if delivery.status in ON_THE_WIRE:
        return "sending"
    if delivery.status == Status.QUEUED:
        return "waiting" if heartbeat.is_alive() else "silent"
    return str(delivery.status)


def _text(kind: str, delivery: Delivery) -> str:
    words = {
        "waiting": _("Waiting to be sent"),
        "silent": _(
            "Waiting: the part of Candor that sends mail has not been heard of. Nothing is lost; it goes out when that runs again."
        ),
        "sending": _("Being sent"),
        "uncertain": _("Perhaps sent. %(error)s") % {"error": delivery.error},
        "retry": _("Not sent yet, tried again by itself. %(error)s") % {"error": delivery.error},
        "failed": _("Not sent. %(error)s") % {"error": delivery.error},
    }
    return words[kind].strip()


def _sent(message: Message, delivery: Delivery) -> DeliveryState:
    refused = [one for one in message.recipients.all() if one.refusal]
    if not refused:
        return DeliveryState(kind="sent", text=_("Sent"), reply=delivery.smtp_reply)
    text = ngettext("Sent, but refused for %(names)s.", "Sent, but refused for %(names)s.", len(refused))
    names = ", ".join(one.email for one in refused)
    return DeliveryState(kind="partly", text=text % {"names": names}, reply=refused[0].refusal)
