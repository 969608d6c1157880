"""Which records are here already, by what they are known again: read once for a run, kept up as the run goes on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from crm.accounts.models import User
from crm.exchange.directory import folded
from crm.exchange.drafting import Draft
from crm.exchange.models import ImportedRow, ImportJob
from crm.records.fields import values
from crm.records.models import RECORDS, ContactPoint, CustomValue

POINTS: Final = {"emails": "email", "phones": "phone", "email": "email"}


@dataclass
class Entry:
    """A record that is here, or that this file makes."""

    pk: int | None = None  # None until it is saved
    draft: Draft | None = None  # of one that is not saved yet
    row: int = 0  # the row of this file that made it


class Known:
    """What one importing user sees: they find nothing by an import that they could not find otherwise."""

    def __init__(self, job: ImportJob) -> None:
        self.kind, self.key, user = str(job.kind), job.key, job.owner
        self.made = dict(job.rows.filter(outcome=ImportedRow.Outcome.CREATED).values_list("record_id", "number"))
        self.entries: dict[int, Entry] = {}
        self.by_key: dict[str, Entry] = {}
        self.by_name: dict[str, Entry] = {}  # of records that have nothing of the key
        self.organisations: dict[str, Entry] = {}
        self.people: dict[str, Entry] = {}  # of deals: by address, and by name with organisation
        if job.mode != ImportJob.Mode.CREATE:
            self._load(user)
        if self.kind in ("person", "deal"):
            self._load_organisations(user)
        if self.kind == "deal":
            self._load_people(user)

    def find(self, draft: Draft) -> Entry | None:
        """The record that a row means. One without the key is compared by name and number, with records that have no key either."""
        keys = list(_keys_of(draft, self.key, self.kind))
        if keys:
            return next((self.by_key[key] for key in keys if key in self.by_key), None)
        return self.by_name.get(_weak_key(draft, self.kind))

    def add(self, draft: Draft, entry: Entry) -> None:
        """From now on a row is known."""
        keys = list(_keys_of(draft, self.key, self.kind))
        for key in keys:
            self.by_key.setdefault(key, entry)
        if not keys and self.key:
            self.by_name.setdefault(_weak_key(draft, self.kind), entry)

    def organisation(self, name: str) -> Entry | None:
        return self.organisations.get(folded(name))

    def person(self, draft: Draft) -> Entry | None:
        """The contact of a deal: by an address, else by name and organisation."""
        return next((self.people[key] for key in contact_keys(draft) if key in self.people), None)

    def _entry(self, pk: int) -> Entry:
        return self.entries.setdefault(pk, Entry(pk, row=self.made.get(pk, 0)))

    def _load(self, user: User) -> None:
        seen = _seen(self.kind, user)
        names = dict(_names(self.kind, seen))
        keyed: set[int] = set()
        for pk, key in self._keys(user, names):
            self.by_key.setdefault(key, self._entry(pk))
            keyed.add(pk)
        phones = dict(seen.values_list("pk", "phone")) if self.kind == "person" else {}
        for pk, name in names.items():
            if pk not in keyed:
                self.by_name.setdefault(_with_phone(name, phones.get(pk, "")), self._entry(pk))

    def _keys(self, user: User, names: dict[int, str]) -> Iterator[tuple[int, str]]:
        seen = _seen(self.kind, user)
        if self.key in POINTS:
            yield from _points(self.kind, POINTS[self.key], seen)
        elif self.key == "domain":
            yield from ((pk, folded(domain)) for pk, domain in seen.exclude(domain="").values_list("pk", "domain"))
        elif self.key.startswith("custom-"):
            rows = CustomValue.objects.filter(field=int(self.key.removeprefix("custom-")), **{f"{self.kind}__in": seen})
            yield from ((pk, _exact(text or number)) for pk, text, number in rows.values_list(f"{self.kind}_id", "text", "number"))
        else:
            yield from names.items()

    def _load_organisations(self, user: User) -> None:
        for pk, name in _seen("organisation", user).values_list("pk", "name"):
            self.organisations.setdefault(folded(name), Entry(pk))

    def _load_people(self, user: User) -> None:
        seen, entries = _seen("person", user), {}
        for pk, name in _names("person", seen):
            entries[pk] = self.people.setdefault(name, Entry(pk))
        for pk, email in _points("person", "email", seen):
            self.people.setdefault(email, Entry(pk))


def contact_keys(draft: Draft) -> list[str]:
    """By what the contact of a deal is known: an address tells alone, a name only where there is no address."""
    emails = [values.folded(point.value, "email") for point in draft.of_person.get("emails", [])]
    return emails or [_together(draft.of_person.get("name", ""), draft.organisation)]


def _seen(kind: str, user: User) -> QuerySet[Any]:
    """What the user sees, the current ones before the archived, the oldest first."""
    seen: QuerySet[Any] = RECORDS[kind].objects.visible_to(user).order_by("archived_at", "pk")
    return seen.filter(converted_at=None) if kind == "lead" else seen


def _names(kind: str, seen: QuerySet[Any]) -> Iterator[tuple[int, str]]:
    if kind == "organisation":
        yield from ((pk, folded(name)) for pk, name in seen.values_list("pk", "name"))
    elif kind == "lead":
        yield from ((pk, folded(title)) for pk, title in seen.values_list("pk", "title"))
    else:
        title = "title" if kind == "deal" else "name"
        yield from ((pk, _together(name, at or "")) for pk, name, at in seen.values_list("pk", title, "organisation__name"))


def _points(kind: str, point: str, seen: QuerySet[Any]) -> Iterator[tuple[int, str]]:
    """Addresses or numbers: the first ones before the further ones."""
    yield from ((pk, values.folded(value, point)) for pk, value in seen.exclude(**{point: ""}).values_list("pk", point))
    if kind != "lead":
        further = ContactPoint.objects.filter(kind=point, **{f"{kind}__in": seen.order_by()})
        yield from further.values_list(f"{kind}_id", "folded")


def _keys_of(draft: Draft, key: str, kind: str) -> Iterable[str]:
    """By what a row is known; several for several addresses."""
    if not key:
        return []
    value = draft.values.get(key)
    if key in ("name", "title"):
        return [_name_of(draft, kind)]
    if key in ("emails", "phones"):
        return [values.folded(point.value, POINTS[key]) for point in value or []]
    if key == "email":
        return [values.folded(value, "email")] if value else []
    return [_exact(value)] if value not in (None, "") else []


def _name_of(draft: Draft, kind: str) -> str:
    name = draft.values.get("name" if kind in ("person", "organisation") else "title", "")
    return _together(name, draft.organisation) if kind in ("person", "deal") else folded(name)


def _weak_key(draft: Draft, kind: str) -> str:
    """Of a row without the key: a name alone is little, so that of two people with different numbers each is one."""
    phones = draft.values.get("phones") if kind == "person" else None
    return _with_phone(_name_of(draft, kind), phones[0].value if phones else "")


def _with_phone(name: str, phone: str) -> str:
    return f"{name}\x1f{values.folded(phone, 'phone')}" if phone else name


def _together(name: str, organisation: str) -> str:
    return f"{folded(name)}\x1f{folded(organisation)}"


def _exact(value: Any) -> str:
    """A key of a company's own: 007 and 7 are two."""
    return folded(f"{value.normalize():f}" if hasattr(value, "normalize") else str(value))
