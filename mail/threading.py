"""Which conversation a message belongs to, and the headers that say so (RFC 5322 3.6.4)."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.urls import reverse

from crm.accounts.models import User
from mail.models import Account, Delivery, Message, MissingMessage, Thread
from mail.parsing import Letter

MAX_REFERENCES = 1000  # characters; relays refuse very long headers
MOST_FOLLOWED = 20  # references of a mail that are followed, the newest of them
SUBJECT_HOLDS = timedelta(days=30)  # that long the same subject may mean the same conversation, where no reference says so
SHORTEST_SUBJECT = 4  # characters; shorter ones say nothing
REPLY_MARKS = re.compile(r"^\s*((re|aw|sv|fw|fwd|wg|antw|отв|ha)(\[\d+\])?:\s*)+", re.IGNORECASE)


def start(*, owner: User, subject: str, now: datetime) -> Thread:
    """A new conversation in the owner's mail."""
    return Thread.objects.create(owner=owner, subject=bare_subject(subject), latest_at=now)


def touch(thread: Thread, *, now: datetime) -> None:
    """Something happened in it: it comes first in the list."""
    Thread.objects.filter(pk=thread.pk, latest_at__lt=now).update(latest_at=now)


def reference(message: Message) -> str:
    """The Message-ID by which the recipients know it: the provider's, where it gave one of its own."""
    return message.provider_message_id or message.message_id


def references_to(message: Message) -> str:
    """The References header of a reply: the first of the conversation and as many of the last as fit."""
    chain = [*message.references.split(), reference(message)]
    known = [one for one in dict.fromkeys(chain) if one]
    while len(" ".join(known)) > MAX_REFERENCES and len(known) > 2:
        del known[1]
    return " ".join(known)


def bare_subject(subject: str) -> str:
    """The subject without “Re:” and its like."""
    return REPLY_MARKS.sub("", subject).strip()


def url(message: Message) -> str:
    """The page where the message is read."""
    return f"{reverse('mail:thread', args=[message.thread_id])}#message-{message.pk}"


def place(letter: Letter, *, owner: User, at: datetime) -> Thread:
    """The conversation that a received mail belongs to, its pieces put together where this mail was the missing link; else a new one.

    As RFC 5256 has it, a mail that is referred to and not here holds a place, too: it is remembered until it comes. The newest
    reference decides, so that no list of references can tie conversations together that were apart. Call it under the owner's lock.
    """
    wanted = _referred_to(letter)
    known = _threads_by_message_id(owner, wanted)
    waiting = MissingMessage.objects.filter(owner=owner, message_id__in=[*wanted, letter.message_id])
    expected = dict(waiting.order_by("-thread").values_list("message_id", "thread"))
    followed = next((known.get(one) or expected[one] for one in wanted if one in known or one in expected), None)
    came = waiting.filter(message_id=letter.message_id) if letter.message_id in expected else waiting.none()
    pieces = {one.thread_id for one in came} | ({followed} if followed else set())
    thread = _together(pieces) if pieces else _by_subject(letter, owner, at) or start(owner=owner, subject=letter.subject, now=at)
    came.delete()
    _await(thread, [one for one in wanted if one not in known])
    if thread.latest_at < at:
        touch(thread, now=at)
    return thread


def merge(threads: list[Thread]) -> Thread:
    """Make several conversations of one owner one; the oldest row stays, since pages and cards lead to it."""
    kept, *others = sorted(threads, key=lambda thread: thread.pk)
    Message.objects.filter(thread__in=others).update(thread=kept)
    kept.deals.add(*Thread.deals.through.objects.filter(thread__in=others).values_list("deal", flat=True))
    _await(kept, MissingMessage.objects.filter(thread__in=others).values_list("message_id", flat=True))
    kept.is_starred = any(thread.is_starred for thread in threads)
    kept.latest_at = max(thread.latest_at for thread in threads)
    kept.save(update_fields=["is_starred", "latest_at"])
    Thread.objects.filter(pk__in=[thread.pk for thread in others]).delete()
    return kept


def _together(keys: Iterable[int]) -> Thread:
    threads = list(Thread.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    return threads[0] if len(threads) == 1 else merge(threads)


def _referred_to(letter: Letter) -> list[str]:
    """What the mail answers, nearest first."""
    chain = dict.fromkeys([letter.in_reply_to, *reversed(letter.references)])
    return [one for one in chain if one and one != letter.message_id][:MOST_FOLLOWED]


def _threads_by_message_id(owner: User, message_ids: list[str]) -> dict[str, int]:
    """In which threads of the owner these mails are, by our Message-IDs and those that providers gave."""
    if not message_ids:
        return {}
    own = Message.objects.filter(owner=owner)
    given = Delivery.objects.filter(provider_message_id__in=message_ids).values_list(
        "provider_message_id", "message__thread", "message__owner"
    )
    return {
        **{one: thread for one, thread, its_owner in given if its_owner == owner.pk},  # asked for in SQL, it misleads SQLite's planner
        **dict(own.filter(provider_message_id__in=message_ids).values_list("provider_message_id", "thread")),
        **dict(own.filter(message_id__in=message_ids).values_list("message_id", "thread")),
    }


def _await(thread: Thread, message_ids: Iterable[str]) -> None:
    missing = [MissingMessage(owner_id=thread.owner_id, thread=thread, message_id=one) for one in message_ids]
    if missing:
        MissingMessage.objects.bulk_create(missing, ignore_conflicts=True)


def _by_subject(letter: Letter, owner: User, at: datetime) -> Thread | None:
    """The conversation of the same subject and people that the mail, or the answer to it that came first, seems to belong to."""
    subject = bare_subject(letter.subject)
    if letter.in_reply_to or letter.references or letter.automatic == Message.Automatic.BULK or len(subject) < SHORTEST_SUBJECT:
        return None
    near = Message.objects.filter(thread__owner=owner, thread__subject=subject, at__range=(at - SUBJECT_HOLDS, at + SUBJECT_HOLDS))
    if not REPLY_MARKS.match(letter.subject):
        near = near.filter(at__gte=at, in_reply_to="", references="")
    found = (
        near.exclude(folder=Message.Folder.DRAFTS).select_related("thread").prefetch_related("recipients").order_by("-at")[:MOST_FOLLOWED]
    )
    others = {one.email.casefold() for one in (letter.sender, *letter.to, *letter.cc)} - _own_addresses(owner) if found else set()
    is_answer = bool(REPLY_MARKS.match(letter.subject))
    fitting = (one for one in found if (is_answer or REPLY_MARKS.match(one.subject)) and others & _people(one))
    return next((one.thread for one in fitting), None)


def _people(message: Message) -> set[str]:
    return {one.casefold() for one in (message.from_email, *(recipient.email for recipient in message.recipients.all())) if one}


def _own_addresses(owner: User) -> set[str]:
    accounts = Account.objects.filter(owner=owner).values_list("email", flat=True)
    return {one.casefold() for one in (owner.email, *accounts)}
