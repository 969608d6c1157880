"""Answers to tracked mails: the last rung of the ladder."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Min, OuterRef, Subquery

from notifications.push import push
from tracking import gathering
from tracking.models import Answer, Copy, TrackedMail


@transaction.atomic
def note(*, mail: TrackedMail, key: str, at: datetime, name: str = "", copy: Copy | None = None) -> bool:
    """A person answered the mail; says whether that was news.

    `key` names the answer, `name` the recipient who wrote it (empty: somebody to whom the mail did not go), `copy` is
    theirs where copies are told apart. Later hits are kept and shown, and nobody is told of them any more.
    """
    gathering.lock([mail.pk])
    _answer, is_new = Answer.objects.get_or_create(mail=mail, key=key[:250], defaults={"copy": copy, "name": name[:200], "at": at})
    if is_new:
        recount([mail.pk])
        push(user=mail.owner, name="tracking", payload={"mail": mail.pk})
    return is_new


def recount(mail_ids: Collection[int]) -> None:
    """Set the times of these mails' answers to what is known of them."""
    times = Answer.objects.filter(mail=OuterRef("pk")).order_by().values("mail")
    first, last = times.annotate(time=Min("at")).values("time"), times.annotate(time=Max("at")).values("time")
    TrackedMail.objects.filter(pk__in=mail_ids).update(first_replied_at=Subquery(first), last_replied_at=Subquery(last))
