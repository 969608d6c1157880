"""Which copy of a sent mail shall lie in the provider's Sent folder, and when that is looked after: the rows behind `sent_folder`.

A row is claimed by moving its due time, which is also when it is tried again if the worker dies over it; whoever finds the time
moved by somebody else has lost the row and changes nothing more.
"""

import re
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Least
from django.utils import translation
from django.utils.translation import gettext as _

from mail import consent_block, threading
from mail.models import Account, Delivery, KeptBy, Message
from notifications import feed

Filing = Message.Filing
Status = Delivery.Status
RETRIES = [timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6)]  # after the first, second and third failure
LOOKS = [timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=15)]  # until the next look for copies that the provider filed
SEARCHES = [timedelta(seconds=20), timedelta(minutes=5), timedelta(minutes=30)]  # until the next search for a mail in doubt
SOON = timedelta(minutes=5)  # what is tried again within this time is waited for
OPEN = [Filing.PENDING, Filing.AWAITED, Filing.WATCHED]
AGAIN = {Filing.FILED: Filing.WATCHED, Filing.FAILED: Filing.PENDING}  # what a finished one becomes when one more envelope has gone
# Not smtp-relay.gmail.com: it files only where the administrator turned comprehensive mail storage on (support.google.com/a/answer/2956491)
USUALLY_FILE = re.compile(
    r"(^|\.)(smtp\.gmail\.com|smtp\.googlemail\.com|smtp\.office365\.com|smtp-mail\.outlook\.com"
    r"|smtp\.mail\.me\.com|smtp(pro)?\.zoho\.(com|eu|in|jp|com\.au|com\.cn))$"
)


class ClaimLost(Exception):
    """The mail is in another worker's hands, or one more of its envelopes went meanwhile: it is looked at anew."""


def provider_files(account: Account) -> bool:
    """Whether the provider puts what it sends into Sent by itself: as the owner says, else as its server's name tells."""
    if account.sent_kept_by:
        return bool(account.sent_kept_by == KeptBy.PROVIDER)
    return bool(USUALLY_FILE.search(account.smtp_host.lower().rstrip(".")))


def wanted(message: Message) -> Filing:
    """What is to be done for a mail whose first envelope has gone. What the provider files untracked is as good as ours."""
    account = message.account
    if account is None:
        return Filing.NONE
    if provider_files(account):
        return Filing.AWAITED if account.imap_host and is_to_be_replaced(message) else Filing.PROVIDER
    return Filing.PENDING if account.imap_host else Filing.NONE


def is_to_be_replaced(message: Message) -> bool:
    """Whether what the provider files of it must not stay: tracked copies, and those that carry a recipient's link to answer by."""
    return message.tracked_mail_id is not None or consent_block.is_in(message.body_html)


def look_again(message: Message, *, now: datetime) -> None:
    """One more envelope of the mail has gone, so one more tracked copy may come to lie in Sent, where the provider files."""
    account = message.account
    again = Message.objects.filter(pk=message.pk) if is_to_be_replaced(message) else Message.objects.none()
    if account is None or not account.imap_host or not provider_files(account):
        again = again.filter(filing_looks__gt=0)  # it was seen to file, whatever is known of it
    changes = {"filing_due_at": now, "filing_attempts": 0, "filing_looks": Least(F("filing_looks"), 1)}
    again.filter(filing__in=OPEN).update(**changes)
    for finished, filing in AGAIN.items():
        again.filter(filing=finished).update(filing=filing, **changes)


def due(*, now: datetime) -> list[Message]:
    """The mails to look after now, account by account. Tracked copies are cleaned away when no more of them are about to be sent."""
    moving = Delivery.objects.filter(
        Q(status__in=[Status.SENDING, Status.TRANSMITTING])
        | Q(status__in=[Status.QUEUED, Status.RETRY], next_attempt_at__lte=now + SOON)
        | Q(status=Status.UNCERTAIN, searches__lt=len(SEARCHES)),  # its copy in Sent is what proves that it left
        message=OuterRef("pk"),
    )
    open_ones = Message.objects.filter(filing__in=OPEN, filing_due_at__lte=now).filter(Q(filing=Filing.PENDING) | ~Exists(moving))
    open_ones = open_ones.filter(Q(account=None) | Q(account__in=Account.objects.running()))
    return list(open_ones.select_related("owner", "tracked_mail").order_by("account_id", "filing_due_at", "pk"))


def claim(message: Message, *, now: datetime) -> bool:
    """Take a due mail into this worker's hands; False when another one has it."""
    next_at = now + RETRIES[min(message.filing_attempts, len(RETRIES) - 1)]
    try:
        change(message, filing_due_at=next_at, filing_attempts=message.filing_attempts + 1)
    except ClaimLost:
        return False
    return True


def change(message: Message, **changes: Any) -> None:
    """Change a row that is still ours, if only to see that it is. Raises ClaimLost."""
    mine = Message.objects.filter(pk=message.pk, filing=message.filing, filing_due_at=message.filing_due_at)
    if not mine.update(**(changes or {"filing": message.filing})):
        raise ClaimLost
    for name, value in changes.items():
        setattr(message, name, value)


def is_last_look(message: Message) -> bool:
    """Whether the provider's copies are not waited for any longer."""
    return message.filing_looks >= len(LOOKS)


def note_look(message: Message, *, is_filed: bool, has_found: bool, now: datetime) -> None:
    """A look went well: another one follows while the provider may file more. `has_found` says that it did. Raises ClaimLost."""
    may_file_more = has_found or message.filing_looks > 0 or wanted(message) == Filing.AWAITED
    if may_file_more and not is_last_look(message):
        filing = Filing.WATCHED if is_filed else Filing.AWAITED
        next_at = now + LOOKS[message.filing_looks]
        change(message, filing=filing, filing_due_at=next_at, filing_attempts=0, filing_looks=message.filing_looks + 1)
    else:
        change(message, filing=Filing.FILED, filing_attempts=0)


def put_off(message: Message, *, now: datetime) -> None:
    """Until its due time; after the last try it is said quietly: the mail was sent all the same. Raises ClaimLost."""
    if message.filing_attempts <= len(RETRIES):
        return
    is_missing = message.filing == Filing.PENDING
    change(message, filing=Filing.FAILED)
    with translation.override(message.owner.language):
        missing = _("Sent, but not copied to your provider's Sent folder: %(subject)s"), _("Candor keeps it all the same.")
        tracked = (
            _("A tracked copy may lie in your provider's Sent folder: %(subject)s"),
            _("Opening it there may count as the recipient's."),
        )
        title, detail = missing if is_missing else tracked
        feed.notify(
            user=message.owner,
            kind="mail_failed",
            title=title % {"subject": message.subject},
            detail=detail,
            group_key=f"filing:{message.pk}",
            url=threading.url(message),
            now=now,
            is_quiet=True,
        )


def claim_searches(*, now: datetime) -> list[Delivery]:
    """The uncertain deliveries whose Sent folder is to be searched now, each answered to one worker only."""
    due = Delivery.objects.filter(status=Status.UNCERTAIN, next_attempt_at__lte=now, searches__lt=len(SEARCHES))
    claimed = []
    for delivery in due.of_running_accounts().select_related("message__owner", "message__thread", "copy__mail"):
        mine = due.filter(pk=delivery.pk, searches=delivery.searches)
        if mine.update(searches=F("searches") + 1, next_attempt_at=now + SEARCHES[delivery.searches]):
            delivery.searches += 1
            claimed.append(delivery)
    return claimed


def is_last_search(delivery: Delivery) -> bool:
    """Whether nothing more will be looked for."""
    account = delivery.message.account
    return delivery.searches >= len(SEARCHES) or account is None or not account.imap_host
