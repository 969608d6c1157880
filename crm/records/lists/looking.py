"""How somebody looks at a list: what the address says, else the saved list, else what they chose before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.lib.primary_keys import primary_key
from crm.records.fields import reading
from crm.records.lists import columns, filters, sorting
from crm.records.lists.columns import FORMER, Column
from crm.records.lists.filters import BadFilter, Group
from crm.records.lists.sorting import Sort
from crm.records.models import RECORDS, ListChoice, OwnedQuerySet, SavedList

ROWS = 50
STARTS: Mapping[str, str] = {"person": "name", "organisation": "name", "deal": "title", "lead": "-created_at"}  # first order
PARAMETERS = ("q", "filter", "list", "sort", "columns", "status")  # of an address
ALL, ARCHIVED = "all", "archived"
Statuses = Mapping[str, tuple[str | Promise, Q]]
STATUSES: Mapping[str, Statuses] = {  # the first one holds where the address names none
    "deal": {
        "open": (_("Open"), Q(status="open")),
        "won": (_("Won"), Q(status="won")),
        "lost": (_("Lost"), Q(status="lost")),
        ALL: (_("All"), Q()),
    },
    "lead": {
        "open": (_("Inbox"), Q(converted_at=None)),
        ARCHIVED: (_("Archived"), ~Q(archived_at=None)),
        "converted": (_("Converted"), ~Q(converted_at=None)),
    },
}
NO_STATUSES: Statuses = {ALL: (_("All"), Q())}


@dataclass(frozen=True)
class Look:
    """A list as one person looks at it."""

    kind: str
    user: User
    now: datetime
    query: str
    tree: Group | None
    fault: str  # a sentence, where the filter cannot be understood: then nothing is shown
    status: str
    columns: list[Column]
    sort: Sort
    sorted_column: Column
    saved: SavedList | None
    known: Mapping[str, Column]

    @property
    def filter(self) -> str:
        """The filter as the address has it."""
        return filters.write(self.tree)

    @property
    def keys(self) -> list[str]:
        return [column.key for column in self.columns]

    @property
    def is_changed(self) -> bool:
        """Differs from the saved list that is open."""
        saved = self.saved
        if saved is None:
            return False
        same_columns = [column.key for column in columns.shown(self.kind, saved.columns, self.known)] == self.keys
        return not same_columns or saved.sort != str(self.sort) or saved.filter != self.filter

    @property
    def statuses(self) -> list[tuple[str, str | Promise]]:
        """Between which one can switch; none where the filter speaks of the status itself."""
        is_asked = self.kind == "deal" and _speaks_of_closing(self.tree)
        return [] if is_asked else [(key, label) for key, (label, _asked) in STATUSES.get(self.kind, {}).items()]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query or self.tree or self.fault)

    def records(self) -> OwnedQuerySet:
        """What belongs to the list, of what the user may see, in no order."""
        model = RECORDS[self.kind]
        if self.fault:
            return model.objects.none()
        visible = model.objects.visible_to(self.user).filter(STATUSES.get(self.kind, NO_STATUSES)[self.status][1])
        found = visible.search(self.query) if self.query else visible
        is_archive = self.status == ARCHIVED
        wanted: OwnedQuerySet = filters.apply(
            found, kind=self.kind, tree=self.tree, user=self.user, now=self.now, keeps_archived=is_archive
        )
        return wanted

    def pks(self) -> QuerySet[Any, Any]:
        """Their primary keys in the order of the list."""
        ordered = sorting.ordered(self.records(), self.sorted_column, self.sort, kind=self.kind, user=self.user, now=self.now)
        return ordered.values_list("pk", flat=True)

    def load(self, pks: Iterable[int], shown: Iterable[Column] | None = None) -> list[Any]:
        """The records themselves in the order of their keys, with all that their columns need."""
        wanted = list(pks)
        needed = columns.annotations(self.columns if shown is None else shown, self.user, self.now)
        records = RECORDS[self.kind].objects.filter(pk__in=wanted).annotate(**needed)
        records = records.prefetch_related(*reading.shown_to(self.user, self.kind))
        found = {record.pk: record for record in records}
        return [found[pk] for pk in wanted if pk in found]

    def page(self, number: str | None) -> Page[Any]:
        """One page: keys first, so that no database sorts whole rows; each record with its `cells`."""
        page = Paginator(self.pks(), ROWS).get_page(number)
        page.object_list = self.load(page.object_list)
        for record in page.object_list:
            record.cells = [_cell(record, column, self.now) for column in self.columns[1:]]
        return page


@dataclass(frozen=True)
class Cell:
    """What stands in a row under a column."""

    column: Column
    value: Any
    words: str


def _cell(record: Any, column: Column, now: datetime) -> Cell:
    value = columns.value(record, column, now)
    return Cell(column, value, columns.words(value, column))


def look(parameters: Mapping[str, str], *, kind: str, user: User, now: datetime) -> Look:
    """What an address asks for; nonsense in it is passed over, a filter that makes no sense is said."""
    choice = ListChoice.objects.select_related("opens").filter(user=user, kind=kind).first()
    saved = _saved(parameters, kind, user, choice)
    known = columns.known(kind)
    tree, fault = _tree(parameters, kind, saved)
    sort = _sort(parameters.get("sort") or (saved.sort if saved else ""), known, kind)
    return Look(
        kind=kind,
        user=user,
        now=now,
        query=parameters.get("q", "").strip(),
        tree=tree,
        fault=fault,
        status=_status(parameters.get("status", ""), kind, tree),
        columns=columns.shown(kind, _columns(parameters, kind, saved, choice), known),
        sort=sort,
        sorted_column=known[sort.column],
        saved=saved,
        known=known,
    )


def _saved(parameters: Mapping[str, str], kind: str, user: User, choice: ListChoice | None) -> SavedList | None:
    """The list that is named; at the first look the one that the user wants to begin with."""
    visible = SavedList.objects.visible_to(user).filter(kind=kind).select_related("owner")
    wanted = primary_key(parameters.get("list", ""))
    if not wanted and choice and choice.opens_id and not any(parameters.get(name) for name in ("list", "filter", "q")):
        wanted = choice.opens_id
    saved: SavedList | None = visible.filter(pk=wanted).first() if wanted else None
    return saved


def _tree(parameters: Mapping[str, str], kind: str, saved: SavedList | None) -> tuple[Group | None, str]:
    text = parameters.get("filter", saved.filter if saved else "")
    try:
        return filters.read(text, kind=kind), ""
    except BadFilter as refusal:
        return None, str(refusal)


def _sort(wanted: str, known: Mapping[str, Column], kind: str) -> Sort:
    named = wanted.removeprefix("-")
    key = named if named in known else FORMER.get(named, "")
    if key in known and not known[key].is_filter:
        return Sort(key, wanted.startswith("-"))
    first = STARTS[kind]
    return Sort(first.removeprefix("-"), first.startswith("-"))


def _speaks_of_closing(tree: Group | None) -> bool:
    return filters.mentions(tree, "status") or filters.mentions(tree, "closed_at")


def _status(wanted: str, kind: str, tree: Group | None) -> str:
    """A filter that speaks of the status is not narrowed by it again."""
    offered = STATUSES.get(kind, NO_STATUSES)
    if kind == "deal" and _speaks_of_closing(tree):
        return ALL
    return wanted if wanted in offered else next(iter(offered))


def _columns(parameters: Mapping[str, str], kind: str, saved: SavedList | None, choice: ListChoice | None) -> Iterable[str]:
    if parameters.get("columns"):
        return parameters["columns"].split(",")
    if saved and saved.columns:
        return [str(key) for key in saved.columns]
    return [str(key) for key in choice.columns] if choice and choice.columns else columns.SHIPPED[kind]
