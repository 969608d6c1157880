"""The Sales Assistant suggests a next step for a sent mail that waits for its answer: call its reader, or write again.

Each cause is suggested once a mail. A suggestion is put away as soon as it has no point any more: somebody answered, a newer
mail was written, something is planned. What is older than a week is let rest.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import CharField, Count, Exists, Max, Min, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import translation

from crm.lib import workdays
from crm.records.models import Activity
from mail import awaiting, suggestion_words
from mail.models import Message, Thread
from mail.suggestion_words import Reason
from notifications import feed
from notifications.models import Card, SilencedKind
from tracking.models import Copy, Event, Preferences

NEWS = timedelta(days=7)  # what is older is not nagged about: after a first sync, or a long rest of the worker
WORKING_DAYS = 3  # without an answer
OFTEN = 3  # openings of one copy
SILENCE = timedelta(days=30)
STANDS = timedelta(days=14)  # so long a suggestion that nobody takes up is shown
MOST_A_DAY = 5  # suggestions to one user: those that tell of readers first
AT_ONCE = 200  # mails that are looked at in one go
TRACKING = ("plan_call", "silence")  # kinds that tell of tracking: only for those who want to be told of it
KINDS = (*TRACKING, "follow_up")


def suggest(*, now: datetime) -> None:
    """Put away what has no point any more, and suggest what has become worth it. Any number of workers may run it at once."""
    tend(Card.objects.filter(is_suggestion=True, put_away_at=None), now=now)
    found = [*_opened_again(now), *_opened_often(now), *_unanswered(now)]
    if found:
        feed.suggest_all(_in_their_languages(_within_reason(found, now)), now=now)


def tend_thread(thread: Thread, *, now: datetime) -> None:
    """Something happened in a conversation: put away at once what it makes pointless."""
    keys = [key_of(message, kind) for message in thread.messages.filter(sent_at__isnull=False).only("pk") for kind in KINDS]
    tend(Card.objects.filter(user=thread.owner_id, group_key__in=keys, is_suggestion=True, put_away_at=None), now=now)


def tend(cards: QuerySet[Card], *, now: datetime) -> None:
    """Put away those of these suggestions that have no point any more, or that nobody took up for long."""
    standing = list(cards.select_related("user").order_by("pk")[: 10 * AT_ONCE])
    mails = {message_pk(card) for card in standing}
    sent = _waiting(Message.objects.filter(pk__in=mails)) if mails else Message.objects.none()
    waiting = dict(sent.values_list("pk", "tracked_mail__open_count"))
    feed.put_away([card for card in standing if now - card.created_at > STANDS or not _has_point(card, waiting)], now=now)


def key_of(message: Message, kind: str) -> str:
    """The `group_key` of the card of one cause."""
    return f"{kind}:{message.pk}"


def message_pk(card: Card) -> int:
    """The mail that a suggestion is about."""
    return int(card.group_key.rpartition(":")[2])


def _has_point(card: Card, waiting: Mapping[int, int | None]) -> bool:
    pk = message_pk(card)
    return pk in waiting and (card.kind != "plan_call" or (waiting[pk] or 0) >= OFTEN)


def _waiting(sent: QuerySet[Message]) -> QuerySet[Message]:
    """Those that nobody has answered, with nothing planned with their readers or on their deals."""
    planned = Activity.objects.filter(done_at=None)
    with_reader = planned.filter(person__mail_recipients__message=OuterRef("pk"))
    on_deal = planned.filter(deal__mail_threads=OuterRef("thread_id"))
    return awaiting.unanswered(sent).exclude(Exists(with_reader)).exclude(Exists(on_deal))


def _candidates(sent: QuerySet[Message], kind: str) -> list[Message]:
    """Waiting mails to whose owners this was not suggested before, and who want it; with all that a card says."""
    others = Q(group_key__in=[_key(other) for other in KINDS]) & (Q(is_unwanted=True) | Q(put_away_at=None))  # one at a time
    made = Card.objects.filter(Q(group_key=_key(kind)) | others, user=OuterRef("owner"))
    fresh = _waiting(sent).exclude(Exists(made))
    wanted = fresh.exclude(Exists(SilencedKind.objects.filter(user=OuterRef("owner"), kind=kind))).filter(owner__is_active=True)
    if kind in TRACKING:
        wanted = wanted.filter(Exists(Preferences.objects.filter(user=OuterRef("owner"), notify_activity=True)))
    shown = wanted.select_related("owner", "thread", "tracked_mail").prefetch_related("recipients__person")
    return list(shown.order_by("sent_at", "pk")[:AT_ONCE])


def _key(kind: str) -> Concat:
    """The same as `key_of`, of the mail in the query around."""
    return Concat(Value(f"{kind}:"), Cast(OuterRef("pk"), CharField()), output_field=CharField())


def _unanswered(now: datetime) -> Iterable[Reason]:
    """Mails to which nobody answered within three working days of their sender's zone."""
    sent = Message.objects.filter(sent_at__gt=now - NEWS, sent_at__lte=now - timedelta(days=WORKING_DAYS))
    for message in _candidates(sent, "follow_up"):
        if message.sent_at and workdays.passed(message.sent_at, WORKING_DAYS, message.owner.zone) <= now:
            yield Reason(message, "follow_up", WORKING_DAYS)


def _lately_opened(now: datetime, **more: object) -> QuerySet[Message]:
    """Tracked mails that a person opened within the week."""
    return Message.objects.filter(tracked_mail__last_opened_at__gt=now - NEWS, **{f"tracked_mail__{key}": one for key, one in more.items()})


def _opened_often(now: datetime) -> Iterable[Reason]:
    """Mails of which one copy was opened three times by a person."""
    mails = _candidates(_lately_opened(now, open_count__gte=OFTEN), "plan_call")
    readers = most_opened(mails)
    for message in mails:
        copy, times = readers.get(message.tracked_mail_id, (None, 0))
        if copy:
            yield Reason(message, "plan_call", times, copy)


def most_opened(mails: list[Message]) -> dict[int | None, tuple[Copy, int]]:
    """Of each mail the copy that was opened most, and how often, where that is often."""
    if not mails:
        return {}
    opened = Count("events", filter=Q(events__kind=Event.Kind.OPEN, events__counts=True))
    copies = Copy.objects.filter(mail__in=[message.tracked_mail_id for message in mails]).select_related("person")
    often = copies.annotate(times=opened).filter(times__gte=OFTEN).order_by("times", "-pk")
    return {copy.mail_id: (copy, copy.times) for copy in often}


def _opened_again(now: datetime) -> Iterable[Reason]:
    """Mails that were opened within the week, after nothing had been heard of them for thirty days."""
    mails = _candidates(_lately_opened(now, first_opened_at__lt=now - SILENCE), "silence")
    since = now - NEWS
    events = Event.objects.filter(mail__in=[message.tracked_mail_id for message in mails], counts=True).order_by()
    times = events.values("mail").annotate(again=Min("at", filter=Q(at__gt=since)), before=Max("at", filter=Q(at__lte=since)))
    found = {mail: (again, before) for mail, again, before in times.values_list("mail", "again", "before")} if mails else {}
    for message in mails:
        again, before = found.get(message.tracked_mail_id or 0, (None, None))
        if again and before and again - before >= SILENCE:
            yield Reason(message, "silence", (again - before).days)


def _within_reason(found: list[Reason], now: datetime) -> list[Reason]:
    """No more a day than anybody wants to read, and one a mail at a time."""
    owners = {one.message.owner_id for one in found}
    lately = Card.objects.filter(user__in=owners, created_at__gt=now - timedelta(days=1), kind__in=KINDS)
    made = Counter(lately.order_by().values_list("user", flat=True))
    kept, seen = [], set()
    for one in found:
        if made[one.message.owner_id] < MOST_A_DAY and one.message.pk not in seen:
            made[one.message.owner_id] += 1
            seen.add(one.message.pk)
            kept.append(one)
    return kept


def _in_their_languages(found: list[Reason]) -> list[feed.Suggestion]:
    def language(one: Reason) -> str:
        return one.message.owner.language

    suggestions = []
    for code, group in groupby(sorted(found, key=language), key=language):
        with translation.override(code):
            suggestions += [suggestion_words.suggestion(one, key_of(one.message, one.kind)) for one in group]
    return suggestions
