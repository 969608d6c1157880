"""What happens to a mail account: it is connected, put in order, paused, found failing or working. Disconnecting is in `leaving`."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce

from mail import oauth, tokens
from mail.models import Account, Delivery, SyncState

UP, DOWN, FIRST = "up", "down", "first"


@transaction.atomic
def save(*, account: Account, now: datetime) -> None:
    """Keep an account as it was typed; a new one goes to the end of its owner's. Its sync waits no longer for what was wrong."""
    if account.pk is None:
        account.position = _end(account)
    account.save()
    _sync_again(account, now)


@transaction.atomic
def connect(*, account: Account, found: oauth.Tokens, now: datetime) -> None:
    """Keep an account that the provider lets in, new or once more; what waited for it goes on."""
    tokens.keep(account, found)
    save(account=account, now=now)
    _go_on(account, now)


def prepare(account: Account, *, sign_in: str, email: str, username: str) -> None:
    """Have an account sign in by OAuth 2 at its provider's servers; nothing is saved. A new one gets its sender's address, too."""
    imap, smtp = oauth.servers(sign_in, email)
    account.email = account.email or email
    account.sign_in, account.is_demo = sign_in, False
    account.imap_host, account.imap_port, account.imap_security = imap.host, imap.port, imap.security
    account.smtp_host, account.smtp_port, account.smtp_security = smtp.host, smtp.port, smtp.security
    account.imap_username = account.smtp_username = username
    account.imap_password = account.smtp_password = ""


def pause(*, account: Account) -> None:
    """Send and look for nothing until it is resumed; what is written meanwhile waits in the outbox."""
    Account.objects.filter(pk=account.pk).update(is_paused=True)


@transaction.atomic
def resume(*, account: Account, now: datetime) -> None:
    """Go on, with what waited first."""
    Account.objects.filter(pk=account.pk).update(is_paused=False)
    _go_on(account, now)
    _sync_again(account, now)


@transaction.atomic
def move(*, account: Account, to: str) -> None:
    """Put an account one place `up` or `down` among its owner's, or `first`: new mail is sent from the first one."""
    others = list(Account.objects.visible_to(account.owner).select_for_update())
    place = next(index for index, one in enumerate(others) if one.pk == account.pk)
    moved = others.pop(place)
    others.insert({UP: max(place - 1, 0), DOWN: place + 1}.get(to, 0), moved)
    for position, one in enumerate(others):
        Account.objects.filter(pk=one.pk).update(position=position)


def fails(account: Account, sentence: str, *, now: datetime) -> None:
    """Its servers do not do what they are asked for, in the words that its owner shall read."""
    Account.objects.filter(pk=account.pk).update(last_error=sentence[:500], failing_since=Coalesce(F("failing_since"), now))


def works(account: Account) -> None:
    """Its servers let us in: forget what was wrong."""
    Account.objects.filter(~Q(last_error="") | Q(failing_since__isnull=False), pk=account.pk).update(last_error="", failing_since=None)


def _end(account: Account) -> int:
    last = Account.objects.filter(owner_id=account.owner_id).aggregate(last=Max("position"))["last"]
    return 0 if last is None else int(last) + 1


def _sync_again(account: Account, now: datetime) -> None:
    SyncState.objects.filter(account=account, is_on=True).update(due_at=now)


def _go_on(account: Account, now: datetime) -> None:
    """The days until a mail is given up count from now: it was not tried before."""
    waiting = Delivery.objects.filter(message__account=account, status__in=[Delivery.Status.QUEUED, Delivery.Status.RETRY])
    waiting.filter(next_attempt_at__lte=now).update(queued_at=now)
    waiting.filter(status=Delivery.Status.RETRY).update(queued_at=now, next_attempt_at=now)
