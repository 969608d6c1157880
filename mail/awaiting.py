"""Sent mails that nobody has answered: the newest of their conversation, to a few people outside, and no mailing."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from crm.accounts.models import User
from mail.models import Account, Message, Recipient

FEW = 5  # recipients; of a mail to more, nobody in particular is expected to answer
UNSENT = (Message.Folder.DRAFTS, Message.Folder.OUTBOX)


def unanswered(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Those of these mails that wait for an answer. What programs write by themselves ends no waiting."""
    sent = messages.filter(sent_at__isnull=False, automatic=Message.Automatic.NONE).exclude(folder=Message.Folder.TRASH)
    return sent.filter(Exists(_outside()), _goes_to_few()).exclude(Exists(_later())).exclude(Exists(_answers()))


def _later() -> QuerySet[Message]:
    """What was written after it in the same conversation, by whomever; a draft is nothing yet."""
    same = Message.objects.filter(thread=OuterRef("thread_id"), automatic=Message.Automatic.NONE).exclude(folder=Message.Folder.DRAFTS)
    return same.filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")))


def _answers() -> QuerySet[Message]:
    """Answers that were filed in another conversation."""
    return Message.objects.filter(answer_to=OuterRef("pk"), automatic=Message.Automatic.NONE)


def _outside() -> QuerySet[Recipient]:
    """Recipients who are no colleagues."""
    reached = Recipient.objects.filter(message=OuterRef("pk"), refusal="").annotate(low=Lower("email"))
    for ours in (Account, User):
        reached = reached.exclude(low__in=ours.objects.order_by().annotate(low=Lower("email")).values("low"))
    return reached


def _goes_to_few() -> Exists:
    recipients = Recipient.objects.filter(message=OuterRef("pk")).order_by().values("message").annotate(number=Count("pk"))
    return Exists(recipients.filter(number__lte=FEW))
