"""Search over everything that a person may see: people, organisations, deals, and their own mail."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records.models import Deal, Organisation, Person
from crm.records.money import money
from mail import asking, paging, searching, senders
from mail.models import Message, Thread

SHOWN = 20  # of each kind on the page
SUGGESTED = 4  # of each kind under the search box


@dataclass(frozen=True)
class Result:
    """One thing found."""

    title: str
    hint: str
    url: str


@dataclass(frozen=True)
class Group:
    """Results of one kind."""

    name: str  # for example "people": chooses the icon
    title: str
    results: list[Result] = field(default_factory=list)
    has_more: bool = False


def find(user: User, text: str, *, limit: int) -> list[Group]:
    """At most `limit` results of each kind, only of what the user may see; kinds without any are left out."""
    words = " ".join(text.replace("\0", " ").split())
    if not words:
        return []
    groups = [kind(user, words, limit) for kind in (_people, _organisations, _deals, _mail)]
    return [group for group in groups if group.results]


def _group(name: str, title: str, rows: Iterable[Any], limit: int, result: Callable[[Any], Result]) -> Group:
    found = list(rows)
    return Group(name, title, [result(row) for row in found[:limit]], len(found) > limit)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _people(user: User, text: str, limit: int) -> Group:
    rows = Person.objects.visible_to(user).search(text).select_related("organisation").by_name()[: limit + 1]
    return _group("people", _("People"), rows, limit, _person)


def _person(person: Person) -> Result:
    return Result(person.name, _joined(person.email, person.organisation.name if person.organisation else ""), person.get_absolute_url())


def _organisations(user: User, text: str, limit: int) -> Group:
    rows = Organisation.objects.visible_to(user).search(text).by_name()[: limit + 1]
    return _group("organisations", _("Organisations"), rows, limit, lambda row: Result(row.name, row.domain, row.get_absolute_url()))


def _deals(user: User, text: str, limit: int) -> Group:
    rows = Deal.objects.visible_to(user).search(text).select_related("stage", "organisation").order_by("-status", "-updated_at", "-pk")
    return _group("deals", _("Deals"), rows[: limit + 1], limit, _deal)


def _deal(deal: Deal) -> Result:
    state = deal.stage.name if deal.is_open else str(deal.get_status_display())
    hint = _joined(money(deal.value, deal.currency), state, deal.organisation.name if deal.organisation else "")
    return Result(deal.title, hint, deal.get_absolute_url())


def _mail(user: User, text: str, limit: int) -> Group:
    """Threads of the user's own mailbox by the words in them, as the Mail tab finds them, the latest first."""
    asked = asking.read(text, user=user, filters=())
    newest = paging.newest_of_each(searching.find(user, asked), wanted=limit + 1)
    rows = Message.objects.filter(pk__in=newest).select_related("thread").only("at", "thread__subject").order_by("-at", "-pk")
    people = senders.of_threads([row.thread_id for row in rows], user)
    return _group("mail", _("Mail"), rows, limit, lambda row: _thread(row.thread, people.get(row.thread_id, "")))


def _thread(thread: Thread, people: str) -> Result:
    return Result(thread.subject or _("(no subject)"), people, reverse("mail:thread", args=[thread.pk]))
