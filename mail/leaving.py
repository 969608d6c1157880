"""Disconnecting an account: at once where its mail stays; with its mail bit by bit, for that may be a hundred thousand messages.

What recipients have got is not touched: a tracked link carries its own target and goes on leading there. At the provider nothing is
deleted.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction

from crm.records import timeline
from mail import claims, threading
from mail.models import Account, Attachment, Delivery, KeptMail, Message, Thread
from mail.sync import choices
from notifications import feed
from notifications.push import push
from tracking.models import TrackedMail

logger = logging.getLogger(__name__)
BATCH = 200  # messages in one transaction
MOST = 50  # batches in one go; the rest follows with the next
CARDS = ("delivery", "filing", "uncertain")  # keys of a message's cards


@dataclass(frozen=True)
class Leftovers:
    """What an account has in Candor."""

    mails: int
    drafts: int
    waiting: int  # in the outbox
    tracked: int

    @property
    def total(self) -> int:
        return self.mails + self.drafts + self.waiting


def leftovers(account: Account) -> Leftovers:
    """What the person shall know before they disconnect."""
    own = Message.objects.filter(account=account)
    drafts, waiting = own.in_folder(Message.Folder.DRAFTS).count(), own.in_folder(Message.Folder.OUTBOX).count()
    return Leftovers(own.count() - drafts - waiting, drafts, waiting, own.filter(tracked_mail__isnull=False).count())


def keep_mail(*, account: Account) -> None:
    """Forget the account; its mails stay. What waits in the outbox says that it has no account any more."""
    _forget(account)


@transaction.atomic
def _forget(account: Account) -> None:
    """The account, with the files of mail that could not be read: those belong to no message."""
    for name in KeptMail.objects.filter(folder__account=account).exclude(file="").values_list("file", flat=True):
        transaction.on_commit(partial(default_storage.delete, name))
    account.delete()


def begin(*, account: Account, now: datetime) -> None:
    """Forget how to sign in and stop everything at once; `go_on` then removes the mail, and at last the account."""
    secrets = dict.fromkeys(("smtp_password", "imap_password", "access_token", "refresh_token"), "")
    Account.objects.filter(pk=account.pk, leaving_at=None).update(leaving_at=now, bounces_due_at=None, **secrets)
    choices.turn_off(account=account)


def go_on() -> bool:
    """Remove a bit of what is leaving; answers whether some is left. Any number of workers may run it, and it may be killed anywhere."""
    for account in Account.objects.filter(leaving_at__isnull=False).select_related("owner"):
        for _number in range(MOST):
            if not _remove_some(account):
                break
        if not Message.objects.filter(account=account).exists():
            _forget(account)
            push(user=account.owner, name="mail", payload={})
    return Account.objects.filter(leaving_at__isnull=False).exists()


@transaction.atomic
def _remove_some(account: Account) -> bool:
    """A batch; not what a worker has in its hands right now."""
    held = Delivery.objects.filter(status__in=claims.HELD).values("message")
    messages = list(Message.objects.select_for_update().filter(account=account).exclude(pk__in=held).order_by("pk")[:BATCH])
    if not messages:
        return False
    pks = [message.pk for message in messages]
    for name in Attachment.objects.filter(message__in=pks).values_list("file", flat=True):
        transaction.on_commit(partial(default_storage.delete, name))
    tracked = [message.tracked_mail_id for message in messages if message.tracked_mail_id]
    keys = [f"{kind}:{pk}" for kind in CARDS for pk in pks] + [f"tracking:{pk}" for pk in tracked]
    feed.withdraw_all([(account.owner, key) for key in keys])
    timeline.forget([threading.url(message) for message in messages], only_for=account.owner)
    Message.objects.filter(pk__in=pks).delete()
    TrackedMail.objects.filter(pk__in=tracked).delete()
    _drop_empty_threads({message.thread_id for message in messages})
    return True


def _drop_empty_threads(pks: set[int]) -> None:
    empty = list(Thread.objects.filter(pk__in=pks, messages=None).values_list("pk", flat=True))
    Thread.objects.filter(pk__in=empty).delete()
