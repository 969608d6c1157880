"""Received mail becomes messages: each once, in its conversation, with its people and files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from crm.accounts.models import User
from mail import addresses, attachments, body, drafts, sharing, threading
from mail.models import Account, Attachment, Delivery, Message, Recipient, Thread
from mail.parsing import Address, Letter

CLOCKS_DIFFER = timedelta(days=1)  # a mail that says to be from later than that tells nothing about when it was written
FIRST_WORDS = 20_000  # characters of a text that its preview is taken from
Folder = Message.Folder


@dataclass(frozen=True)
class Taken:
    """The message that a mail became, or was already."""

    message: Message
    is_new: bool


def take_in(
    letter: Letter,
    *,
    owner: User,
    account: Account | None,
    folder: str,
    is_read: bool,
    is_starred: bool = False,
    at: datetime | None,
    now: datetime,
) -> Taken:
    """Keep a received mail, unless the owner has it; `at` is when the server got it. Raises OSError when its files cannot be stored.

    One mail of an owner is taken in at a time, so that two workers neither keep it twice nor put a mail and its answer apart.
    """
    kept: list[Attachment] = []
    try:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).only("pk").get(pk=owner.pk)
            known = recognise(letter, owner=owner, account=account, folder=folder)
            if known:
                return Taken(known, is_new=False)
            moment = _moment(letter, at, now)
            thread = threading.place(letter, owner=owner, at=moment)
            message = _message(letter, owner=owner, account=account, thread=thread, folder=folder, is_read=is_read, at=moment)
            _keep_recipients(message, letter)
            kept += attachments.keep_received(message=message, parts=letter.parts)
            if is_starred and not thread.is_starred:
                Thread.objects.filter(pk=thread.pk).update(is_starred=True)
            return Taken(message, is_new=True)
    except BaseException:
        attachments.take_from_disk(kept)
        raise


def recognise(letter: Letter, *, owner: User, account: Account | None, folder: str) -> Message | None:
    """The message that this mail is: one that came before, or one that Candor sent."""
    own = Message.objects.filter(owner=owner).select_related("account")
    if account:
        own = own.filter(Q(account=account) | Q(account=None))
    same = own.filter(content_key=letter.content_key).order_by(F("account").asc(nulls_last=True), "pk")
    came = same.first() if letter.content_key else None
    if came or folder == Folder.INBOX or not letter.message_id:  # what one sends to oneself, or to a list, comes back to the Inbox
        return came
    return next(
        (one for one in _with_id(own, letter.message_id) if _is_sent(one) and (folder == Folder.SENT or _is_from(letter.sender, one))), None
    )


def _with_id(own: QuerySet[Message], message_id: str) -> Iterator[Message]:
    """Messages with this Message-ID, ours or a provider's; each way asked by itself, since each has an index."""
    yield from own.filter(message_id=message_id)
    yield from own.filter(provider_message_id=message_id)
    given = list(Delivery.objects.filter(provider_message_id=message_id).values_list("message", flat=True))
    yield from own.filter(pk__in=given)


def _is_sent(message: Message) -> bool:
    return not message.content_key and message.folder != Folder.DRAFTS


def _is_from(sender: Address, message: Message) -> bool:
    """Whether it comes from whoever sent the message: anybody can write its Message-ID on a mail."""
    senders = {message.from_email.casefold(), message.account.email.casefold() if message.account else ""}
    return bool(sender.email) and sender.email.casefold() in senders


def _moment(letter: Letter, at: datetime | None, now: datetime) -> datetime:
    """When the mail is from: as it says itself, unless that is yet to come."""
    arrived_at = at or letter.received_at or now
    if letter.dated_at and letter.dated_at <= min(arrived_at, now) + CLOCKS_DIFFER:
        return letter.dated_at
    return min(arrived_at, now)


def _message(letter: Letter, *, owner: User, account: Account | None, thread: Thread, folder: str, is_read: bool, at: datetime) -> Message:
    is_own = folder == Folder.SENT or (folder != Folder.INBOX and account is not None and _has_address(account, letter.sender))
    return Message.objects.create(
        thread=thread,
        owner=owner,
        account=account,
        folder=folder,
        message_id=letter.message_id,
        in_reply_to=letter.in_reply_to,
        references=" ".join(letter.references),
        from_name=letter.sender.name,
        from_email=letter.sender.email,
        subject=letter.subject,
        body_html=letter.html,
        body_text=letter.text,
        preview=body.preview(letter.text[:FIRST_WORDS]),
        is_read=is_read,
        is_shared=sharing.for_new(owner=owner, thread=thread),
        automatic=letter.automatic,
        reply_to=", ".join(addresses.write(one.name, one.email) for one in letter.reply_to),
        content_key=letter.content_key,
        notes=[note.value for note in letter.notes],
        at=at,
        dated_at=letter.dated_at,
        sent_at=at if is_own else None,
    )


def _has_address(account: Account, address: Address) -> bool:
    return account.email.casefold() == address.email.casefold()


def _keep_recipients(message: Message, letter: Letter) -> None:
    """Everybody it went to, once each."""
    kinds = ((Recipient.Kind.TO, letter.to), (Recipient.Kind.CC, letter.cc), (Recipient.Kind.BCC, letter.bcc))
    wanted: dict[str, tuple[str, Address]] = {}
    for kind, everybody in kinds:
        for one in everybody:
            wanted.setdefault(one.email.casefold(), (kind, one))
    people = drafts.people_by_address(message.owner, wanted)
    Recipient.objects.bulk_create(
        Recipient(message=message, kind=kind, name=one.name, email=one.email, person=people.get(key)) for key, (kind, one) in wanted.items()
    )
