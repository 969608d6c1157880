"""Erasing a person from mail. At the provider nothing is deleted, and the sync does not bring back what was erased.

Mail between them and us alone goes. Mail that others are part of is theirs, too: it stays, without the person's name.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from crm.accounts.models import User
from crm.records import timeline
from mail import claims, threading
from mail.models import Account, Attachment, Delivery, ErasedMail, Message, Recipient, Thread, TrustedSender
from notifications import feed
from tracking import stopping
from tracking.models import Copy, TrackedMail

BATCH = 200  # messages at once
CARDS = ("delivery", "filing", "uncertain")  # keys of a message's cards


def about(*emails: str) -> QuerySet[Message]:
    """Mail from or to one of the addresses, whoever's it is: for tools that act on a person's own behalf."""
    low = [email.casefold() for email in emails]
    to = Recipient.objects.annotate(low=Lower("email")).filter(low__in=low).values("message")
    return Message.objects.annotate(low=Lower("from_email")).filter(Q(pk__in=to) | Q(low__in=low))


@transaction.atomic
def erase(*, email: str, now: datetime) -> dict[str, int]:
    """Erase an address from all mail; answers how many mails went, stayed, and are on the wire right now (erase again for those)."""
    held = set(Delivery.objects.filter(status__in=claims.HELD).values_list("message_id", flat=True))
    ours = our_addresses()
    counts: dict[str, int] = {"mails": 0, "mails_with_others": 0, "mails_on_the_wire": 0}
    for messages in _batches(email):
        alone = [one for one in messages if not _participants(one) - ours - {email.casefold()}]
        gone = [one for one in alone if one.pk not in held]
        kept = [one.pk for one in messages if one not in alone]
        _remove(gone)
        _unname(kept, email)
        counts["mails"] += len(gone)
        counts["mails_with_others"] += len(kept)
        counts["mails_on_the_wire"] += len(alone) - len(gone)
    TrustedSender.objects.filter(email__iexact=email).delete()
    shared = Copy.objects.filter(email="", deliveries__recipients__email__iexact=email).values_list("pk", flat=True)
    stopping.stop_copies(set(shared), at=now)  # of mail that others share: nobody can say any more that it was not them
    return counts


def is_erased(account: Account, *keys: str) -> bool:
    """Whether a mail that bears one of these, found at the provider, was erased here."""
    return ErasedMail.objects.filter(account=account, digest__in=[_digest(key) for key in keys if key]).exists()


def erased_among(account: Account, keys: Iterable[str]) -> set[str]:
    """Those of the keys that were erased."""
    digests = {_digest(key): key for key in keys if key}
    found = ErasedMail.objects.filter(account=account, digest__in=digests).values_list("digest", flat=True)
    return {digests[one] for one in found}


def _batches(email: str) -> Iterator[list[Message]]:
    pks = list(about(email).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        rows = Message.objects.select_for_update(of=("self",)).filter(pk__in=pks[start : start + BATCH])
        yield list(rows.select_related("owner").prefetch_related("recipients", "deliveries").order_by("pk"))


def _participants(message: Message) -> set[str]:
    return {one.email.casefold() for one in message.recipients.all()} | ({message.from_email.casefold()} - {""})


def our_addresses() -> set[str]:
    """Of users and of their mailboxes, in lower case."""
    mailboxes, users = Account.objects.values_list("email", flat=True), User.objects.values_list("email", flat=True)
    return {email.casefold() for email in (*mailboxes, *users)}


def _remove(messages: list[Message]) -> None:
    """As when an account leaves, and its traces beside it: files, cards, lines of timelines, empty conversations."""
    pks = [message.pk for message in messages]
    for name in Attachment.objects.filter(message__in=pks).values_list("file", flat=True):
        transaction.on_commit(partial(default_storage.delete, name))
    _remember(messages)
    tracked = [message.tracked_mail_id for message in messages if message.tracked_mail_id]
    cards = [(one.owner, f"{kind}:{one.pk}") for one in messages for kind in CARDS]
    feed.withdraw_all(cards + [(one.owner, f"tracking:{one.tracked_mail_id}") for one in messages if one.tracked_mail_id])
    for owner in {message.owner for message in messages}:
        timeline.forget([threading.url(message) for message in messages if message.owner == owner], only_for=owner)
    Message.objects.filter(pk__in=pks).delete()
    TrackedMail.objects.filter(pk__in=tracked).delete()
    empty = list(Thread.objects.filter(pk__in={one.thread_id for one in messages}, messages=None).values_list("pk", flat=True))
    Thread.objects.filter(pk__in=empty).delete()


def _remember(messages: list[Message]) -> None:
    rows = [ErasedMail(account_id=one.account_id, digest=_digest(key)) for one in messages if one.account_id for key in _keys(one)]
    ErasedMail.objects.bulk_create(rows, ignore_conflicts=True)


def _keys(message: Message) -> set[str]:
    """Whatever the sync may know the mail by."""
    given = {delivery.provider_message_id for delivery in message.deliveries.all()}
    return {message.message_id, message.provider_message_id, message.content_key, *given} - {""}


def _unname(messages: list[int], email: str) -> None:
    rows = Recipient.objects.annotate(low=Lower("email")).filter(message__in=messages, low=email.casefold())
    Recipient.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(name="", person=None, decision=None)
    Message.objects.filter(pk__in=messages, from_email__iexact=email).update(from_name="")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
