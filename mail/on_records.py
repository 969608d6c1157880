"""Mails on the timelines of people, organisations, deals and leads, each with its tracking icons for its sender alone."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records import history
from crm.records.models import Record
from mail import lists, threading
from mail.models import Attachment, Message, Recipient
from mail.models.message import MessageQuerySet
from tracking.models import TrackedMail
from tracking.reading import with_activity


def lines(record: Record, user: User, before: datetime | None) -> history.Batch:
    """The user's own mails with the record, and those that colleagues share."""
    threads = list(lists.threads_with(record, user)[: lists.MOST_THREADS])
    shown = Message.objects.readable_by(user).exclude(folder__in=lists.UNRECORDED).filter(thread__in=threads)
    shown = shown.filter(at__lt=before) if before else shown
    found = list(_with_needs(shown).order_by("-at", "-pk")[: history.READ])
    _attach_tracking(found, user)
    floor = found[-1].at if len(found) == history.READ else None
    return history.Batch([_line(message, user) for message in found], floor)


def _with_needs(messages: MessageQuerySet) -> MessageQuerySet:
    """Everything that a line shows, so that no line asks for itself; and not the bodies, which none shows."""
    return (
        messages.select_related("thread", "account", "owner")
        .defer("body_html", "body_text", "references", "account__access_token", "account__refresh_token")
        .annotate(has_attachment=Exists(Attachment.objects.filter(message=OuterRef("pk"), is_inline=False)))
        .prefetch_related(Prefetch("recipients", queryset=Recipient.objects.select_related("person")), "deliveries__recipients")
    )


def _attach_tracking(messages: Iterable[Message], user: User) -> None:
    """Give each `tracked`: of the user's own tracked mails with its activity, else None."""
    wanted = {message.tracked_mail_id for message in messages if message.owner_id == user.pk and message.tracked_mail_id}
    found = {mail.pk: mail for mail in with_activity(TrackedMail.objects.visible_to(user).filter(pk__in=wanted))} if wanted else {}
    for message in messages:
        message.tracked = found.get(message.tracked_mail_id)  # type: ignore[attr-defined,arg-type]


def _line(message: Message, user: User) -> history.Line:
    is_own = message.owner_id == user.pk
    return history.Line(
        at=message.at,
        icon="send" if message.sent_at or message.folder == Message.Folder.OUTBOX else "mail",
        kind="mail",
        text=message.subject or _("(no subject)"),
        pk=message.pk,
        url=threading.url(message) if is_own else reverse("mail:shared_thread", args=[message.thread_id]),
        who=None if is_own else message.owner,
        template="mail/_timeline_line.html",
        drawn=message,
    )
