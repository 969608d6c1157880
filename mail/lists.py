"""What a folder shows: one row a conversation, narrowed by filters, in pages that follow one another by key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.models import Deal, Organisation, Person
from mail import awaiting
from mail.models import Attachment, Message, Recipient, Thread
from tracking import ladder, preferences
from tracking.models import TrackedMail
from tracking.reading import with_activity

PAGE = 50
FOLDERS = [Message.Folder.INBOX, Message.Folder.DRAFTS, Message.Folder.OUTBOX, Message.Folder.SENT, Message.Folder.ARCHIVE]
ONE_ROW_A_MESSAGE = {Message.Folder.DRAFTS, Message.Folder.OUTBOX}  # each of these needs its own decision
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

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
    messages = Message.objects.visible_to(user).in_folder(folder)
    if folder not in ONE_ROW_A_MESSAGE:
        messages = messages.exclude(Exists(_newer_in_thread(messages)))
    for name in filters:
        messages = messages.filter(_condition(name, user))
    return _page(messages, user=user, before=before, size=size)


def record_page(*, user: User, record: Person | Organisation | Deal, before: str = "", size: int = 10) -> Page:
    """The user's own conversations with a person, with an organisation's people, or about a deal."""
    shown = Message.objects.visible_to(user).exclude(folder=Message.Folder.DRAFTS)
    messages = shown.filter(thread__in=_threads_with(record, user))
    return _page(messages.exclude(Exists(_newer_in_thread(shown))), user=user, before=before, size=size)


def _threads_with(record: Person | Organisation | Deal, user: User) -> QuerySet[Any]:
    """Two narrow searches put together: one search with “or” would read the whole mailbox."""
    if isinstance(record, Deal):
        return Thread.objects.visible_to(user).filter(deals=record).values("pk")
    people = [record] if isinstance(record, Person) else list(record.people.all())
    written = Recipient.objects.filter(person__in=people, message__owner=user).order_by().values("message__thread_id")
    senders = [person.email for person in people if person.email]
    received = Message.objects.visible_to(user).filter(from_email__in=senders).order_by().values("thread_id")
    return written.union(received)


def folder_counts(user: User) -> dict[str, int]:
    """Unread in the inbox; everything that waits in Drafts and Outbox."""
    waiting = Q(folder__in=[Message.Folder.DRAFTS, Message.Folder.OUTBOX]) | Q(folder=Message.Folder.INBOX, is_read=False)
    rows = Message.objects.visible_to(user).filter(waiting).order_by().values_list("folder").annotate(Count("pk"))
    return dict(rows)


def _newer_in_thread(messages: QuerySet[Message]) -> QuerySet[Message]:
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


def _opened(tracked: QuerySet[Message], user: User) -> QuerySet[Message]:
    return tracked.filter(ladder.is_opened("tracked_mail__", with_undecided=preferences.counts_undecided(user)))


def _page(messages: QuerySet[Message], *, user: User, before: str, size: int) -> Page:
    rows = list(_with_row_needs(_after(messages, before), user).order_by("-at", "-pk")[: size + 1])
    has_older = len(rows) > size
    rows = rows[:size]
    attach_tracking(rows, user)
    return Page(rows=rows, older=_key(rows[-1]) if has_older else "")


def _with_row_needs(messages: QuerySet[Message], user: User) -> QuerySet[Message]:
    """Everything that a row shows, so that no row asks for itself."""
    of_thread = Message.objects.visible_to(user).filter(thread=OuterRef("thread_id"))
    tracked = of_thread.filter(tracked_mail__owner=user).order_by("-at", "-pk").values("tracked_mail_id")[:1]
    size = of_thread.exclude(folder=Message.Folder.DRAFTS).order_by().values("thread").annotate(size=Count("pk")).values("size")
    return (
        messages.select_related("thread", "account")
        .defer("account__signature_html", "account__access_token", "account__refresh_token")
        .annotate(
            newest_tracked_id=Subquery(tracked),
            thread_size=Subquery(size),
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


def _key(row: Message) -> str:
    return f"{(row.at - EPOCH) // timedelta(microseconds=1)}-{row.pk}"


def _after(messages: QuerySet[Message], key: str) -> QuerySet[Message]:
    """Those older than a key; a key that cannot be read begins at the newest."""
    micros, _dash, pk = key.partition("-")
    if not (micros.isdecimal() and pk.isdecimal() and len(micros) < 18 and len(pk) < 19):
        return messages
    at = EPOCH + timedelta(microseconds=int(micros))
    return messages.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=int(pk)))
