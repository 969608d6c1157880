"""Putting a written mail on its way, and taking it back. The rows are the queue: a lost wake-up delays, never loses."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mail import addresses, attachments, body, consent_block, copies, deciding, drafts, merge_fields, states, threading
from mail.models import Account, Delivery, Message
from mail.models.message import Recipient
from notifications.push import push
from tracking import instrument, preferences
from tracking.models import TrackedMail

Status = Delivery.Status
WITHDRAWABLE = (Status.QUEUED, Status.RETRY, Status.FAILED, Status.UNCERTAIN)


class CannotSend(Exception):
    """The mail cannot be put on its way: `field` names the form's field ("" for the whole), `sentence` tells the person why."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@transaction.atomic
def queue(
    *,
    message: Message,
    track_opens: bool,
    track_links: bool,
    tell_apart: bool = True,
    now: datetime,
    send_at: datetime | None = None,
    undo_seconds: int = 0,
) -> None:
    """Check a draft, fix its Message-ID, freeze what of whom is tracked and put it into the outbox. Raises CannotSend.

    `tell_apart` gives each recipient of a tracked mail a copy of their own, up to COPIES_LIMIT of them. It goes at
    `send_at`, and without one after the seconds that its sender has to take it back.
    """
    draft = Message.objects.select_for_update(of=("self",)).select_related("account", "owner", "thread").get(pk=message.pk)
    account = check(draft)
    draft.from_name, draft.from_email = account.sender_name or draft.owner.name, account.email
    draft.message_id = draft.message_id or new_message_id(account.email)
    draft.body_html = body.without_fields(draft.body_html)
    draft.folder = Message.Folder.OUTBOX
    draft.at, draft.send_at = now, send_at
    preferences.remember_choice(user=draft.owner, track_opens=track_opens, track_links=track_links, tell_apart=tell_apart)
    _choose(draft, track_opens=track_opens, track_links=track_links)
    draft.tracked_mail = _begin_tracking(draft, account, tell_apart=tell_apart, now=now)
    draft.save()
    copies.put_into_envelopes(draft, tell_apart=tell_apart, due_at=send_at or now + timedelta(seconds=undo_seconds))
    threading.touch(draft.thread, now=now)
    tell_tabs(draft)
    message.refresh_from_db()


@transaction.atomic
def send_again(*, message: Message, now: datetime) -> None:
    """Try again now what failed or waits for its next attempt; if that is nothing, what is uncertain. Raises CannotSend.

    Who has it gets it no second time; for what is uncertain the person takes that risk.
    """
    again = states.to_send_again(_locked(message))
    if not again:
        raise CannotSend("", _("There is nothing to send again."))
    for delivery in again:
        delivery.recipients.exclude(refusal="").update(refusal="")
        delivery.status, delivery.attempts, delivery.searches = Status.QUEUED, 0, 0
        delivery.next_attempt_at, delivery.queued_at = now, now
        delivery.claim, delivery.error, delivery.smtp_reply = None, "", ""
        delivery.save()
    tell_tabs(message)


@transaction.atomic
def reschedule(*, message: Message, send_at: datetime | None, now: datetime) -> None:
    """Have a mail that waits for its time go at another, or now (None); what is tracked stays. Raises CannotSend."""
    waiting = _locked(message)
    if message.folder != Message.Folder.OUTBOX or any(one.status != Status.QUEUED or one.attempts for one in waiting):
        raise CannotSend("", _("This mail is being sent or has been sent; its time can no longer be changed."))
    waiting.update(queued_at=send_at or now, next_attempt_at=send_at or now)
    message.send_at = send_at
    message.save(update_fields=["send_at", "updated_at"])
    tell_tabs(message)


@transaction.atomic
def back_to_drafts(*, message: Message, keeps_time: bool = False) -> None:
    """Take a mail out of the outbox to change it. Raises CannotSend when it is on the wire or part of it is sent.

    `keeps_time` leaves the time that it was planned for in the draft, for whoever only wants to change its words.
    """
    deliveries = _locked(message)
    if message.folder != Message.Folder.OUTBOX or any(delivery.status not in WITHDRAWABLE for delivery in deliveries):
        raise CannotSend("", _("This mail is being sent or has been sent; it can no longer be changed."))
    _forget_tracking(message, deliveries)
    deliveries.delete()
    message.recipients.update(refusal="", decision=None)
    message.folder, message.message_id, message.dated_at = Message.Folder.DRAFTS, "", None
    message.send_at = message.send_at if keeps_time else None
    message.save()
    tell_tabs(message)


def _forget_tracking(message: Message, deliveries: Iterable[Delivery]) -> None:
    """A mail that nobody got needs no counters; one that perhaps arrived keeps them, without being this draft's any more."""
    tracked, message.tracked_mail = message.tracked_mail, None
    if tracked and not any(delivery.status == Status.UNCERTAIN for delivery in deliveries):
        tracked.delete()


def new_message_id(email: str) -> str:
    """A fresh Message-ID with its angle brackets, under the sender's domain; it tells neither host nor time."""
    return f"<{secrets.token_urlsafe(18)}@{addresses.domain_to_ascii(email.rpartition('@')[2])}>"


def tell_tabs(message: Message) -> None:
    """Make the owner's open tabs show the message's new state."""
    push(user=message.owner, name="mail", payload={"message": message.pk, "folder": message.folder})


def _choose(draft: Message, *, track_opens: bool, track_links: bool) -> None:
    """What the owner chose, as far as their options allow it; what recipients allow is not in it."""
    options = preferences.for_user(draft.owner)
    draft.track_opens = track_opens and options.open_tracking
    draft.track_links = track_links and options.link_tracking


def _begin_tracking(draft: Message, account: Account, *, tell_apart: bool, now: datetime) -> TrackedMail | None:
    """Freeze what is tracked of whom; None when that is nothing, of nobody, or when the mail asks for permission."""
    draft.recipients.update(decision=None)
    if not (draft.track_opens or draft.track_links) or consent_block.is_in(draft.body_html):
        return None
    found = deciding.freeze(draft)
    if not deciding.is_anybody_tracked(found, are_apart=copies.are_apart(len(found), tell_apart=tell_apart)):
        return None
    return instrument.track(
        owner=draft.owner,
        subject=draft.subject,
        url=threading.url(draft),
        tracks_opens=draft.track_opens,
        tracks_links=draft.track_links,
        now=now,
        sender=account.email,
        is_local=account.is_demo,
    )


def check(draft: Message) -> Account:
    """See that a draft can be sent; answers the account that it goes out by. Raises CannotSend."""
    if draft.folder != Message.Folder.DRAFTS:
        raise CannotSend("", _("This mail has been sent already."))
    if draft.account is None or draft.account.owner_id != draft.owner_id:
        raise CannotSend("account", _("Connect a mail account first, under Personal settings, Email sync."))
    for field, sentence in drafts.mistakes(draft).items():
        raise CannotSend(field, sentence)
    if not draft.recipients.exists():
        raise CannotSend("to", _("Say who shall get this mail."))
    for field, missing in (
        ("subject", merge_fields.unfilled(draft.subject)),
        ("body", merge_fields.unfilled_in_html(draft.body_html)),
    ):
        if missing:
            raise CannotSend(field, merge_fields.fill_in(missing))
    try:
        attachments.check_total(draft)
    except attachments.TooLarge as error:
        raise CannotSend("attachments", error.sentence) from error
    return draft.account


def _locked(message: Message) -> QuerySet[Delivery]:
    """The mail's deliveries, kept from the workers until the transaction ends."""
    message.refresh_from_db()
    rows = message.deliveries.select_for_update()
    return rows.filter(pk__in=[delivery.pk for delivery in rows])


def refused(message: Message) -> QuerySet[Recipient]:
    """The recipients whom the server refused."""
    return message.recipients.exclude(refusal="")
