"""The kinds of records that are searched, how each is ranked, and what is shown of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.index.kinds import BY_NAME, Kind
from crm.records.models import RECORDS, Activity, Deal, Lead, Note, Organisation, Person, StoredFile
from crm.records.money import money
from crm.searching.results import Result, joined

DEAL = ("deal",)  # that a lead became
EXCERPT = 90  # characters of a note


@dataclass(frozen=True)
class Source:
    """One kind of records. The fields are what ranking reads, by the names of `ranking.Row`."""

    name: str
    title: str | Promise
    model: Any
    kind: Kind
    fields: dict[str, str]
    present: Callable[[Any], Result]
    related: tuple[str, ...] = ()
    veiled: tuple[str, ...] = ()  # links to records that not everybody sees who sees the row, see `veil`


def veil(rows: Iterable[Any], links: Sequence[str], user: User) -> None:
    """Take from rows that belong to several records those that the user may not see: by one of them, a row is seen."""
    several = [row for row in rows if links and (links == DEAL or sum(getattr(row, f"{name}_id") is not None for name in links) > 1)]
    for name in links if several else ():
        pks = {getattr(row, f"{name}_id") for row in several} - {None}
        seen = set(RECORDS[name].objects.visible_to(user).filter(pk__in=pks).values_list("pk", flat=True)) if pks else set()
        for row in several:
            if getattr(row, f"{name}_id") not in seen:
                setattr(row, name, None)


def _page_of(record: Any) -> str:
    """Its own page; the search where there is none yet."""
    try:
        return str(record.get_absolute_url()) if record else reverse("search")
    except NoReverseMatch:
        return reverse("search")


def _person(person: Person) -> Result:
    hint = joined(person.email, person.organisation.name if person.organisation else "")
    return Result("people", person.name or person.email, hint, person.get_absolute_url(), person.archived_at is not None)


def _organisation(row: Organisation) -> Result:
    return Result("organisations", row.name, joined(row.domain, row.city), row.get_absolute_url(), row.archived_at is not None)


def _deal(deal: Deal) -> Result:
    state = deal.stage.name if deal.is_open else str(deal.get_status_display())
    hint = joined(money(deal.value, deal.currency), state, deal.organisation.name if deal.organisation else "")
    return Result("deals", deal.title, hint, deal.get_absolute_url(), deal.archived_at is not None)


def _lead(lead: Lead) -> Result:
    """One that became a deal leads to the deal."""
    person = lead.person.name if lead.person else lead.person_name
    organisation = lead.organisation.name if lead.organisation else lead.organisation_name
    return Result("leads", lead.title, joined(person, organisation), _page_of(lead.deal or lead), lead.archived_at is not None)


def _about(row: Any) -> str:
    return str(row.record) if row.record else ""


def _activity(activity: Activity) -> Result:
    hint = joined(activity.kind_name, _about(activity))
    return Result("activities", activity.subject, hint, reverse("records:activity_detail", args=[activity.pk]))


def _note(note: Note) -> Result:
    text = Truncator(" ".join(note.text.split())).chars(EXCERPT)
    return Result("notes", text, _about(note), _page_of(note.record))


def _file(file: StoredFile) -> Result:
    return Result("files", file.name, _about(file), _page_of(file.record))


RECORD = {"at": "updated_at", "archived": "archived_at", "owner": "owner_id"}
ABOUT = ("person", "organisation", "deal", "lead")
SOURCES = (
    Source(
        "people",
        _("People"),
        Person,
        BY_NAME["person"],
        RECORD | {"name": "name", "email": "email", "more": "organisation__name"},
        _person,
        ("organisation",),
    ),
    Source(
        "organisations",
        _("Organisations"),
        Organisation,
        BY_NAME["organisation"],
        RECORD | {"name": "name", "email": "email", "more": "domain"},
        _organisation,
    ),
    Source(
        "deals",
        _("Deals"),
        Deal,
        BY_NAME["deal"],
        RECORD | {"name": "title", "closed": "closed_at", "more": "organisation__name", "other": "person__name"},
        _deal,
        ("stage", "organisation"),
    ),
    Source(
        "leads",
        _("Leads"),
        Lead,
        BY_NAME["lead"],
        RECORD | {"name": "title", "email": "email", "closed": "converted_at", "more": "organisation_name", "other": "person_name"},
        _lead,
        ("person", "organisation", "deal"),
        DEAL,
    ),
    Source(
        "activities",
        _("Activities"),
        Activity,
        BY_NAME["activity"],
        {"at": "updated_at", "owner": "owner_id", "name": "subject", "closed": "done_at"},
        _activity,
        (*ABOUT, "custom_kind"),
    ),
    Source("notes", _("Notes"), Note, BY_NAME["note"], {"at": "created_at", "owner": "author_id"}, _note, ABOUT, ABOUT),
    Source(
        "files",
        _("Files"),
        StoredFile,
        BY_NAME["file"],
        {"at": "created_at", "owner": "uploaded_by_id", "name": "name"},
        _file,
        ABOUT,
        ABOUT,
    ),
)
