"""Private or shared: whether colleagues who may see a contact, an organisation or a deal may read a mail there."""

from django.db import transaction

from crm.accounts.models import User
from mail.models import MailOptions, Message, Thread


def for_new(*, owner: User, thread: Thread | None = None) -> bool:
    """Whether a new mail begins shared: as the latest of its conversation is, else as its owner's option says.

    Whoever creates a message asks: what is written here, and what is fetched from a mail server.
    """
    earlier = thread.messages.order_by("-at", "-pk").values_list("is_shared", flat=True).first() if thread and thread.pk else None
    return earlier if earlier is not None else shares_new_mail(owner)


def shares_new_mail(user: User) -> bool:
    """The user's default; private unless they chose otherwise."""
    return MailOptions.objects.filter(user=user, shares_new_mail=True).exists()


@transaction.atomic
def keep_default(*, user: User, shares_new_mail: bool) -> None:
    """What new mail shall begin as; the mail that is there stays as it is."""
    MailOptions.objects.update_or_create(user=user, defaults={"shares_new_mail": shares_new_mail})


@transaction.atomic
def share(*, thread: Thread, is_shared: bool, message: Message | None = None) -> None:
    """Share a conversation or one mail of it, or make it private again."""
    mails = thread.messages.filter(owner=thread.owner)
    (mails.filter(pk=message.pk) if message else mails).update(is_shared=is_shared)
