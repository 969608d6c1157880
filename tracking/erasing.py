"""Erases what tracking knows about one address. Links and pixels in its mails go on working, and nobody notes who asks for them."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from crm.records import timeline
from crm.records.models import Person
from notifications import feed
from tracking import coarse, counting, gathering, replies, telling
from tracking.hits import CLICK, OPEN
from tracking.models import Answer, Copy, Event, TrackedLink, TrackedMail


@transaction.atomic
def erase(*, email: str, now: datetime) -> dict[str, int]:
    """Delete the copies that went to an address, with their hits and answers, and what was told of them; answers how many of each.

    Who did what with a copy that several shared was never known, so of such a mail only an answer under the person's name goes.
    """
    copies = _copies(email)
    answers = _answers(email, copies)
    mails = {copy.mail_id for copy in copies} | set(answers.values_list("mail", flat=True))
    gathering.lock(mails)
    timeline.take_back(list(_line_keys(copies)))
    pks = [copy.pk for copy in copies]
    counts = {
        "hits": Event.objects.filter(copy__in=pks).delete()[0],
        "answers": Answer.objects.filter(pk__in=list(answers.values_list("pk", flat=True))).delete()[0],
        "copies": len(pks),
    }
    Copy.objects.filter(pk__in=pks).delete()
    _tell_anew(mails, now)
    return counts


def _copies(email: str) -> list[Copy]:
    return list(Copy.objects.annotate(low=Lower("email")).filter(low=email.strip().casefold()).exclude(email=""))


def _answers(email: str, copies: Collection[Copy]) -> QuerySet[Answer]:
    """Those to copies of the address; of mails whose copy several shared, those under the address or a name that nobody else has."""
    low = email.strip().casefold()
    people = Person.objects.all()
    theirs = people.with_address([low])
    names = set(people.filter(Q(pk__in=theirs.values("pk")) | Q(pk__in=[copy.person_id for copy in copies])).values_list("name", flat=True))
    shared = set(people.filter(name__in=names).exclude(pk__in=theirs.values("pk")).values_list("name", flat=True))
    told = {email.strip(), low, *names} - shared - {""}
    return Answer.objects.filter(Q(copy__in=[copy.pk for copy in copies]) | Q(copy=None, name__in=told))


def _line_keys(copies: Iterable[Copy]) -> Iterable[str]:
    """Every line that a copy may have left in the timeline of its person."""
    copies = list(copies)
    links: dict[int, list[int]] = {}
    for mail, link in TrackedLink.objects.filter(mail__in={copy.mail_id for copy in copies}).values_list("mail", "pk"):
        links.setdefault(mail, []).append(link)
    for copy in copies:
        yield telling.line_key(copy.pk, OPEN, None)
        for link in (None, *links.get(copy.mail_id, ())):
            yield telling.line_key(copy.pk, CLICK, link)


def _tell_anew(mail_ids: Collection[int], now: datetime) -> None:
    """Counters, cards and open tabs as if the address had never been seen."""
    counting.recount(mail_ids)
    coarse.recount(mail_ids)
    replies.recount(mail_ids)
    mails = TrackedMail.objects.filter(pk__in=mail_ids).select_related("owner")
    feed.withdraw_all([(mail.owner, telling.card_key(mail)) for mail in mails])  # it may name them
    telling.tell(mail_ids, now=now)
