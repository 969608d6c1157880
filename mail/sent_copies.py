"""The clean copy in the provider's Sent folder: filed once, never the reason to send anything again; and when Sent is searched."""

import logging
import re
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from crm.lib.encryption import CannotDecrypt
from mail import imap, rendering, sent_look, threading
from mail.faults import ServerFault
from mail.models import Account, Delivery, KeptBy, Message
from notifications import feed

logger = logging.getLogger(__name__)
Filing = Message.Filing
RETRIES = [timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6)]  # after the first, second and third failure
SEARCHES = [timedelta(seconds=20), timedelta(minutes=5), timedelta(minutes=30)]  # until the next look into Sent
# Not smtp-relay.gmail.com: it files only where the administrator turned comprehensive mail storage on (support.google.com/a/answer/2956491)
USUALLY_FILE = re.compile(
    r"(^|\.)(smtp\.gmail\.com|smtp\.googlemail\.com|smtp\.office365\.com|smtp-mail\.outlook\.com"
    r"|smtp\.mail\.me\.com|smtp(pro)?\.zoho\.(com|eu|in|jp|com\.au|com\.cn))$"
)


def provider_files(account: Account) -> bool:
    """Whether the provider puts what it sends into Sent by itself: as the owner says, else as its server's name tells."""
    if account.sent_kept_by:
        return bool(account.sent_kept_by == KeptBy.PROVIDER)
    return bool(USUALLY_FILE.search(account.smtp_host.lower().rstrip(".")))


def wanted(message: Message) -> Filing:
    """Whether a mail that is being sent has to be filed by us."""
    account = message.account
    if account is None:
        return Filing.NONE
    if provider_files(account):
        return Filing.PROVIDER
    return Filing.PENDING if account.imap_host else Filing.NONE


def file_pending(*, now: datetime) -> None:
    """File the copies that are due; each is claimed by moving its due time, which is also when it is tried again."""
    due = Message.objects.filter(filing=Filing.PENDING, filing_due_at__lte=now).select_related("owner").order_by("account", "filing_due_at")
    broken = None  # an account whose server did not answer is not asked again for its next copy
    for message in list(due):
        claimed = Message.objects.filter(pk=message.pk, filing=Filing.PENDING, filing_due_at=message.filing_due_at)
        next_at = now + RETRIES[min(message.filing_attempts, len(RETRIES) - 1)]
        message.filing_attempts += 1
        if claimed.update(filing_due_at=next_at, filing_attempts=message.filing_attempts):
            if message.account_id != broken and _is_filed(message):
                _settle(message, Filing.FILED)
            else:
                broken = message.account_id
                _put_off(message, now)


def claim_searches(*, now: datetime) -> list[Delivery]:
    """The uncertain deliveries whose Sent folder is to be searched now, each answered to one worker only."""
    due = Delivery.objects.filter(status=Delivery.Status.UNCERTAIN, next_attempt_at__lte=now, searches__lt=len(SEARCHES))
    claimed = []
    for delivery in due.select_related("message__owner", "message__thread", "copy__mail"):
        mine = due.filter(pk=delivery.pk, searches=delivery.searches)
        if mine.update(searches=F("searches") + 1, next_attempt_at=now + SEARCHES[delivery.searches]):
            delivery.searches += 1
            claimed.append(delivery)
    return claimed


def is_last_search(delivery: Delivery) -> bool:
    """Whether nothing more will be looked for."""
    account = delivery.message.account
    return delivery.searches >= len(SEARCHES) or account is None or not account.imap_host


def _is_filed(message: Message) -> bool:
    try:
        _put_into_sent(message)
    except (ServerFault, rendering.CannotRender, CannotDecrypt) as error:
        logger.warning("The copy of message %s could not be filed: %s", message.pk, type(error).__name__)
        return False
    return True


def _put_off(message: Message, now: datetime) -> None:
    """Until its due time; after the last try say it quietly: the mail was sent, only its copy is missing at the provider."""
    if message.filing_attempts <= len(RETRIES):
        return
    _settle(message, Filing.FAILED)
    with translation.override(message.owner.language):
        feed.notify(
            user=message.owner,
            kind="mail_failed",
            title=_("Sent, but not copied to your provider's Sent folder: %(subject)s") % {"subject": message.subject},
            detail=_("Candor keeps it all the same."),
            group_key=f"filing:{message.pk}",
            url=threading.url(message),
            now=now,
            is_quiet=True,
        )


def _put_into_sent(message: Message) -> None:
    if message.account is None or not message.account.imap_host:
        return
    with imap.connected(message.account) as mailbox:
        folder = mailbox.sent_folder()
        if sent_look.look(message, mailbox, folder).is_nothing:
            mail = rendering.render(message, html=message.body_html, bcc=message.recipients.all())
            mailbox.file(folder, mail, message.dated_at or message.at)


def _settle(message: Message, filing: Filing) -> None:
    Message.objects.filter(pk=message.pk, filing=Filing.PENDING).update(filing=filing)
