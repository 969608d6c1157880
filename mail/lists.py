"""What a folder shows: one row a conversation, narrowed by filters, in pages that follow one another by key."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Lower, Substr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.contacts import PUBLIC_DOMAINS
from crm.records.models import Deal, Organisation, Record
from mail import asking, awaiting, correspondents, paging, searching, senders
from mail.models import Attachment, Message, Recipient, Thread
from mail.models.message import MessageQuerySet
from tracking import ladder, preferences
from tracking.models import TrackedMail
from tracking.reading import with_activity

PAGE = 50
FOLDERS = list(Message.Folder)  # in this order
OWN_FOLDERS = {Message.Folder.DRAFTS, Message.Folder.OUTBOX, Message.Folder.SENT}  # their rows name the recipients
UNRECORDED = [Message.Folder.DRAFTS, Message.Folder.TRASH]  # not shown on the pages of people, organisations and deals
ONE_ROW_A_MESSAGE = {Message.Folder.DRAFTS, Message.Folder.OUTBOX}  # each of these needs its own decision
MOST_THREADS = 5000  # of one person, organisation or deal
SEARCHED_TEXT = 20_000  # characters of a body in which found words are looked for, to show them

FILTERS: dict[str, Promise | str] = {
    "tracked": _("Tracked emails"),
    "opened": _("Opened"),
    "not-opened": _("Not opened"),
    "clicked": _("Clicked"),
    "replied": _("Replied"),
    "awaiting": _("Awaiting reply"),
    "deal": _("Linked to a deal"),
    "unread": _("Unread"),
    "attachment": _("Has attachment"),
}


@dataclass(frozen=True)
class Page:
    """Rows of a list, and the key that the next older page begins after ("" when there is none)."""

    rows: list[Message]
    older: str


def folder_page(*, user: User, folder: str, filters: Iterable[str] = (), before: str = "", size: int = PAGE) -> Page:
    """The newest conversations of a folder, or those older than the key `before`."""
    page = _page(conversations(user=user, folder=folder, filters=filters), user=user, before=before, size=size)
    if folder not in OWN_FOLDERS:
        senders.attach(page.rows, user)
    return page


def search_page(*, user: User, asked: asking.Asked, filters: Iterable[str] = (), before: str = "", size: int = PAGE) -> Page:
    """The newest conversations with what was searched for: a row is the newest message of one that has it, with the words around."""
    found = found_messages(user=user, asked=asked, filters=filters)
    shown = Message.objects.filter(pk__in=paging.newest_of_each(found, before=before, wanted=size + 1))
    page = _page(shown, user=user, before="", size=size)
    senders.attach(page.rows, user)
    _attach_excerpts(page.rows, asked)
    return page


def record_count(*, user: User, record: Record) -> int:
    """How many conversations that would be."""
    threads = list(threads_with(record, user)[:MOST_THREADS])
    shown = Message.objects.readable_by(user).exclude(folder__in=UNRECORDED).filter(thread__in=threads)
    return shown.order_by().values("thread").distinct().count()


def conversations(*, user: User, folder: str, filters: Iterable[str] = ()) -> MessageQuerySet:
    """The rows of a folder: the newest message there of each conversation, or every message where each needs its own decision."""
    messages = Message.objects.visible_to(user).in_folder(folder)
    if folder not in ONE_ROW_A_MESSAGE:
        messages = messages.exclude(Exists(_newer_in_thread(messages)))
    return _filtered(messages, filters, user)


def found_messages(*, user: User, asked: asking.Asked, filters: Iterable[str] = ()) -> MessageQuerySet:
    """All the messages that a search finds, several of a conversation among them."""
    return _filtered(searching.find(user, asked), [*filters, *asked.filters], user)


def neighbours(rows: MessageQuerySet, thread: Thread) -> tuple[int | None, int | None]:
    """Of a list: the conversations above and below; None at its ends, and both when it does not hold this one."""
    here = rows.filter(thread=thread).order_by("-at", "-pk").first()
    if here is None:
        return None, None
    others, place = rows.exclude(thread=thread), paging.key(here)
    threads = [
        paging.not_older(others, place).order_by("at", "pk").values_list("thread_id", flat=True).first(),
        paging.older(others, place).order_by("-at", "-pk").values_list("thread_id", flat=True).first(),
    ]
    return threads[0], threads[1]


def _filtered(messages: MessageQuerySet, filters: Iterable[str], user: User) -> MessageQuerySet:
    for name in filters:
        messages = messages.filter(_condition(name, user))
    return messages


def threads_with(record: Record, user: User) -> QuerySet[Any]:
    """Narrow searches put together, everybody's: one search with “or” would read the whole mailbox. Hidden copies are their sender's."""
    people = correspondents.people_of(record)
    addresses = correspondents.addresses_of(record, people)
    to = Recipient.objects.order_by().filter(~Q(kind=Recipient.Kind.BCC) | Q(message__owner=user))
    messages = Message.objects.order_by()
    written = [to.filter(person__in=people), to.annotate(address=Lower("email")).filter(address__in=addresses)]
    received = [messages.annotate(address=Lower("from_email")).filter(address__in=addresses)]
    if isinstance(record, Organisation) and record.domain and record.domain not in PUBLIC_DOMAINS:
        written.append(to.filter(email__domain=record.domain.lower()))
        received.append(messages.filter(from_email__domain=record.domain.lower()))
    threads = [Thread.objects.filter(deals=record).values_list("pk", flat=True)] if isinstance(record, Deal) else []
    first, *others = [rows.values_list("message__thread_id", flat=True) for rows in written]
    return first.union(*others, *[rows.values_list("thread_id", flat=True) for rows in received], *threads)


def folder_counts(user: User) -> dict[str, int]:
    """Unread in the inbox; everything that waits in Drafts and Outbox."""
    own = Message.objects.visible_to(user).order_by()
    waiting = own.filter(folder__in=[Message.Folder.DRAFTS, Message.Folder.OUTBOX]).values_list("folder").annotate(Count("pk"))
    unread = own.filter(folder=Message.Folder.INBOX, is_read=False).values_list("folder").annotate(Count("pk"))
    return dict(waiting.union(unread))


def _newer_in_thread(messages: MessageQuerySet) -> MessageQuerySet:
    """Of the same conversation in the same list; a row stands for its newest message."""
    same = messages.filter(thread=OuterRef("thread_id"))
    return same.filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")))


def _condition(name: str, user: User) -> Q:
    """What a filter asks of a row's conversation. Tracking is asked of the user's own mails alone."""
    tracked = Message.objects.visible_to(user).filter(thread=OuterRef("thread_id"), tracked_mail__owner=user)
    conditions: dict[str, Any] = {
        "tracked": lambda: Q(Exists(tracked)),
        "opened": lambda: Q(Exists(_opened(tracked, user))),
        "not-opened": lambda: Q(Exists(tracked.filter(tracked_mail__tracks_opens=True))) & ~Q(Exists(_opened(tracked, user))),
        "clicked": lambda: Q(
            Exists(tracked.filter(ladder.is_clicked("tracked_mail__", with_undecided=preferences.counts_undecided(user))))
        ),
        "replied": lambda: Q(Exists(_in_thread(user).filter(answer_to__isnull=False, automatic=Message.Automatic.NONE))),
        "awaiting": lambda: Q(Exists(awaiting.unanswered(_in_thread(user)))),
        "unread": lambda: Q(Exists(_in_thread(user).filter(is_read=False))),
        "deal": lambda: Q(Exists(Thread.deals.through.objects.filter(thread=OuterRef("thread_id")))),
        "attachment": lambda: Q(Exists(Attachment.objects.filter(message__thread=OuterRef("thread_id"), message__owner=user))),
    }
    condition: Q = conditions[name]()
    return condition


def _in_thread(user: User) -> QuerySet[Message]:
    return Message.objects.visible_to(user).filter(thread=OuterRef("thread_id"))


def _opened(tracked: MessageQuerySet, user: User) -> MessageQuerySet:
    return tracked.filter(ladder.is_opened("tracked_mail__", with_undecided=preferences.counts_undecided(user)))


def _page(messages: MessageQuerySet, *, user: User, before: str, size: int) -> Page:
    rows = list(_with_row_needs(paging.older(messages, before), user).order_by("-at", "-pk")[: size + 1])
    has_older = len(rows) > size
    rows = rows[:size]
    attach_tracking(rows, user)
    return Page(rows=rows, older=paging.key(rows[-1]) if has_older else "")


def _with_row_needs(messages: MessageQuerySet, user: User) -> MessageQuerySet:
    """Everything that a row shows, so that no row asks for itself; and not the bodies, which none shows."""
    of_thread = Message.objects.visible_to(user).filter(thread=OuterRef("thread_id"))
    tracked = of_thread.filter(tracked_mail__owner=user).order_by("-at", "-pk").values("tracked_mail_id")[:1]
    size = of_thread.exclude(folder=Message.Folder.DRAFTS).order_by().values("thread").annotate(size=Count("pk")).values("size")
    return (
        messages.select_related("thread", "account")
        .defer("body_html", "body_text", "references", "account__access_token", "account__refresh_token")
        .annotate(
            newest_tracked_id=Subquery(tracked),
            thread_size=Subquery(size),
            has_unread=Exists(of_thread.filter(folder=OuterRef("folder"), is_read=False)),
            has_attachment=Exists(Attachment.objects.filter(message__thread=OuterRef("thread_id"), message__owner=user)),
        )
        .prefetch_related(
            Prefetch("recipients", queryset=Recipient.objects.select_related("person")),
            "deliveries__recipients",
            Prefetch("thread__deals", queryset=Deal.objects.visible_to(user), to_attr="visible_deals"),
        )
    )


def attach_tracking(rows: Iterable[Message], user: User) -> None:
    """Give each row `tracked`: the newest tracked mail of its conversation, with its activity, or None."""
    wanted = {row.newest_tracked_id for row in rows if row.newest_tracked_id}  # type: ignore[attr-defined]
    found = {mail.pk: mail for mail in with_activity(TrackedMail.objects.visible_to(user).filter(pk__in=wanted))} if wanted else {}
    for row in rows:
        row.tracked = found.get(row.newest_tracked_id)  # type: ignore[attr-defined]


def _attach_excerpts(rows: list[Message], asked: asking.Asked) -> None:
    """Give each row `found`, which finds the words in it, and `excerpt`, the piece of its body around them."""
    found = searching.pattern(asked, "subject", "from", "to")
    bodies = Message.objects.filter(pk__in=[row.pk for row in rows]) if found else Message.objects.none()
    texts = dict(bodies.values_list("pk", Substr("body_text", 1, SEARCHED_TEXT)))
    for row in rows:
        row.found = found  # type: ignore[attr-defined]
        row.excerpt = searching.excerpt(texts.get(row.pk, ""), found)  # type: ignore[attr-defined]
