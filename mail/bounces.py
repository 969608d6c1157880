"""Mails that came back to the sender's mailbox: their recipients' states say so, and whatever loads a returned copy is no recipient.

For some days after a sending the account's Inbox is searched for reports of mail servers, more and more rarely. Nothing else is read
there, and nothing is marked as read.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from mail import imap, reports, suggesting, telling
from mail.faults import ServerFault
from mail.models import Account, Delivery, Message, Recipient
from mail.reports import Report
from tracking import instrument

logger = logging.getLogger(__name__)
Status = Delivery.Status
FIRST_LOOK = timedelta(seconds=30)  # after a sending
# so long after the last sending → until the next look; a server gives up after four or five days (RFC 5321 4.5.4.1)
PAUSES = (
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=6), timedelta(hours=6)),
)
REACH = PAUSES[-1][0]
MOST = 50  # reports that are read in one look
SIZE = 512 * 1024  # bytes that are read of each: what it says stands before the returned mail's files


def expect(message: Message, *, now: datetime) -> None:
    """A mail has gone: it may come back."""
    due_at = now + FIRST_LOOK
    accounts = Account.objects.filter(messages=message, is_demo=False).exclude(imap_host="")
    accounts.filter(Q(bounces_due_at=None) | Q(bounces_due_at__gt=due_at)).update(bounces_due_at=due_at)


def look(*, now: datetime) -> None:
    """Search the Inboxes that are due, each claimed by moving its due time. Any number of workers may run it at once."""
    waiting = Account.objects.running().filter(bounces_due_at__lte=now).exclude(sync__is_on=True)  # the sync reads each mail anyway
    for account in waiting.order_by("bounces_due_at"):
        claimed = Account.objects.filter(pk=account.pk, bounces_due_at=account.bounces_due_at)
        if claimed.update(bounces_due_at=_next_look(account, now)):
            try:
                _look_into(account, now)
            except ServerFault as error:
                logger.warning("The Inbox of account %s could not be searched for returned mail: %s", account.pk, error.kind)


def _next_look(account: Account, now: datetime) -> datetime | None:
    last = Message.objects.filter(account=account, sent_at__gte=now - REACH).aggregate(last=Max("sent_at"))["last"]
    return next((now + pause for age, pause in PAUSES if last and now - last < age), None)


def _look_into(account: Account, now: datetime) -> None:
    with imap.connected(account) as mailbox:
        validity = mailbox.open_inbox()
        after = account.bounces_uid if validity == account.bounces_validity else 0
        uids = mailbox.reports(since=(now - REACH).date(), after=after)[:MOST]
        for uid in uids:
            report = _report(mailbox.head(uid, SIZE))
            if report:
                take_in(report, account=account, now=now)
            after = uid
    changes = {"bounces_uid": after, "bounces_validity": validity}
    Account.objects.filter(pk=account.pk).update(**changes, **({"bounces_due_at": now} if len(uids) == MOST else {}))


def _report(raw: bytes) -> Report | None:
    try:
        return reports.read(raw)
    except Exception:  # the library raises all sorts of things on broken mail
        logger.exception("A report of a mail server could not be read.")
        return None


def read_received(message: Message, raw: bytes, *, now: datetime) -> bool:
    """Take in a mail that came if it is a report of a mail server; says whether it was one, so that nobody takes it for an answer."""
    report = _report(raw)
    if report is None:
        return False
    Message.objects.filter(pk=message.pk).exclude(automatic=Message.Automatic.REPORT).update(automatic=Message.Automatic.REPORT)
    message.automatic = Message.Automatic.REPORT
    if message.account:
        take_in(report, account=message.account, now=now)
    return True


def take_in(report: Report, *, account: Account, now: datetime) -> None:
    """Note whom a mail of the account did not reach after all; saying it twice changes nothing."""
    own = Delivery.objects.filter(message__account=account, status=Status.SENT).select_related("message__owner", "message__thread", "copy")
    for delivery in _named(own, report) if report.message_ids or report.copies else _latest_to(own, report, now):
        with translation.override(delivery.message.owner.language), transaction.atomic():
            returned = _note(delivery, report, now)
            if returned:
                telling.came_back(delivery.message, returned, now=now)
                suggesting.tend_thread(delivery.message.thread, now=now)


def _named(own: QuerySet[Delivery], report: Report) -> Iterable[Delivery]:
    by_id = Q(message__message_id__in=report.message_ids) | Q(provider_message_id__in=report.message_ids)
    return own.filter(Q(copy__public_id__in=report.copies) | by_id).distinct()


def _latest_to(own: QuerySet[Delivery], report: Report, now: datetime) -> Iterable[Delivery]:
    """Of a server that says whom it did not reach and not which mail: the last that went there, while one may still come back."""
    lately = own.filter(sent_at__gt=now - REACH).order_by("-sent_at", "-pk")
    found = [lately.filter(recipients__email__iexact=address).first() for address in report.failed]
    return {delivery.pk: delivery for delivery in found if delivery}.values()


def _note(delivery: Delivery, report: Report, now: datetime) -> list[Recipient]:
    """Keep the server's words with those who did not get it; answers who they are."""
    returned = list(_returned(delivery, report))
    for recipient in returned:
        recipient.refusal = _reason(recipient, report) or _("The mail came back.")
        Recipient.objects.filter(pk=recipient.pk, refusal="").update(refusal=recipient.refusal)
    still_there = Recipient.objects.filter(deliveries__copy=delivery.copy_id, refusal="") if delivery.copy else ()
    if returned and delivery.copy and not still_there:
        instrument.mark_returned(copy=delivery.copy, at=now)
    return returned


def _reason(recipient: Recipient, report: Report) -> str:
    return report.failed.get(recipient.email.casefold()) or next(iter(report.failed.values()), "")


def _returned(delivery: Delivery, report: Report) -> Iterable[Recipient]:
    """Those whom it names, and the one whose own copy it returns: a forwarding server may name another address."""
    is_own_copy = bool(delivery.copy and delivery.copy.email and delivery.copy.public_id in report.copies)
    waiting = delivery.recipients.filter(refusal="")
    return [one for one in waiting if is_own_copy or one.email.casefold() in report.failed]
