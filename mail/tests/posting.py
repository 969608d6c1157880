"""Makes mails that have been sent, with what tracking saw of them, without a server."""

from datetime import datetime, timedelta

from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Deal, Person, Pipeline, Stage
from mail import signatures
from mail.models import Account, Message, Signature
from tracking.models import TrackedMail


def sent(
    message: Message, *, days_ago: float = 0, tracked: bool = False, opened: bool = False, clicked: bool = False, loaded: bool = False
) -> Message:
    """Put a draft into Sent as if a server had taken it."""
    at = timezone.now() - timedelta(days=days_ago)
    message.folder, message.at, message.sent_at = Message.Folder.SENT, at, at
    message.message_id = f"<{message.pk}@acme.test>"
    if tracked or opened or clicked or loaded:
        message.tracked_mail = _tracked_mail(message, at=at, opened=opened, clicked=clicked, loaded=loaded)
    message.save()
    return message


def a_deal(owner: User, *, title: str = "Big one", person: Person | None = None) -> Deal:
    """An open deal in some stage."""
    stage = Stage.objects.first() or Stage.objects.create(pipeline=Pipeline.objects.create(name="Sales"), name="Lead")
    return Deal.objects.create(title=title, stage=stage, owner=owner, person=person)


def sign(account: Account, html: str, *, name: str = "Usual") -> Signature:
    """A signature that stands by itself below all mails of the account."""
    return signatures.save(signature=Signature(account=account), name=name, html=html, is_default=True, is_default_for_replies=True)


def _tracked_mail(message: Message, *, at: datetime, opened: bool, clicked: bool, loaded: bool) -> TrackedMail:
    mail = TrackedMail(owner=message.owner, subject=message.subject, tracks_opens=True, tracks_links=True, created_at=at)
    if opened:
        mail.open_count, mail.first_opened_at, mail.last_opened_at = 1, at, at
    if clicked:
        mail.click_count, mail.first_clicked_at, mail.last_clicked_at = 1, at, at
    if loaded:
        mail.loaded_count, mail.first_loaded_at, mail.last_loaded_at = 1, at, at
    mail.save()
    mail.copies.create()
    return mail
