"""What is found in the person's own mail: conversations by their words, attachments by their names."""

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records.index.folding import folded
from crm.searching.results import Group, Result, joined
from mail import asking, paging, searching, senders
from mail.models import Attachment, Message, Thread

LOOKED_AT = 3  # mails with the words in names of their files, for each result that is wanted


def group(user: User, text: str, *, limit: int) -> Group | None:
    """Conversations as the Mail tab finds them, the latest first; None when there are none."""
    asked = asking.read(text, user=user, filters=())
    newest = paging.newest_of_each(searching.find(user, asked), wanted=limit + 1)
    rows = Message.objects.filter(pk__in=newest).select_related("thread").only("at", "thread__subject").order_by("-at", "-pk")
    people = senders.of_threads([row.thread_id for row in rows], user)
    results = [_thread(row.thread, people.get(row.thread_id, "")) for row in rows]
    return Group("mail", _("Mail"), results[:limit], len(results) > limit) if results else None


def add_files(groups: list[Group], user: User, text: str, *, limit: int) -> list[Group]:
    """The groups, with attachments among the files."""
    found = _attachments(user, text, limit=limit)
    if not found:
        return groups
    stored = next((one for one in groups if one.name == "files"), Group("files", _("Files")))
    results = [*stored.results, *found]
    files = Group("files", stored.title, results[:limit], stored.has_more or len(results) > limit)
    return [*(one for one in groups if one.name != "files"), files]


def _thread(thread: Thread, people: str) -> Result:
    return Result("mail", thread.subject or _("(no subject)"), people, reverse("mail:thread", args=[thread.pk]))


def _attachments(user: User, text: str, *, limit: int) -> list[Result]:
    words = folded(text).split()[: asking.MAX_TERMS]
    asked = asking.Asked(terms=[asking.Term(word, "file") for word in words])
    newest = searching.find(user, asked).order_by("-at", "-pk").values_list("pk", flat=True)[: limit * LOOKED_AT] if words else []
    files = Attachment.objects.filter(message__in=list(newest), is_inline=False).select_related("message__thread")
    fitting = [file for file in files.order_by("-message__at", "-pk") if _fits(file.name, words)]
    return [_attachment(file) for file in fitting[: limit + 1]]


def _fits(name: str, words: list[str]) -> bool:
    own = folded(name).split()
    return all(any(one.startswith(word) for one in own) for word in words)


def _attachment(file: Attachment) -> Result:
    hint = joined(_("In mail"), file.message.thread.subject)
    return Result("files", file.name, hint, reverse("mail:thread", args=[file.message.thread_id]))
