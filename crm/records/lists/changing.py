"""Writing what a bulk change wants into records, many at a time; the notes that each change leaves."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records import changes, pipeline, removal, timeline
from crm.records.fields import book, reading, writing
from crm.records.fields.book import Field, Kind
from crm.records.fields.values import Money
from crm.records.lists import kept
from crm.records.models import RECORDS, BulkChange, BulkItem, Owned, Person
from crm.records.sentences import say

Verb, Reason = BulkChange.Verb, BulkItem.Reason
SEVERAL = (Verb.ADD_TAGS, Verb.REMOVE_TAGS)


class Left(Exception):
    """A record stays as it is; the argument is a Reason."""


@dataclass(frozen=True)
class Wish:
    """A record, what it holds and what it is to hold; of the archive: when it was put there."""

    record: Any
    before: Any
    after: Any


def field_of(bulk: BulkChange) -> Field | None:
    """The field that a change is about; None for the archive and for deleting."""
    key = "tags" if bulk.verb in SEVERAL else bulk.field
    return book.by_key(bulk.kind).get(key) if key else None


def wish(bulk: BulkChange, field: Field | None, value: Any, record: Any, now: datetime) -> Wish:
    """What a change wants of one record; `value` is decoded. Raises Left."""
    before = held(record, field)
    after = _target(bulk, value, record, before, now)
    if bulk.verb != Verb.DELETE and same(encoded(before, field), encoded(after, field)):
        raise Left(Reason.SAME)
    if field is not None and field.kind == Kind.STAGE and not record.is_open:
        raise Left(Reason.CLOSED)
    if bulk.verb != Verb.DELETE and getattr(record, "converted_at", None):  # a lead that became a deal stays as it was then
        raise Left(Reason.CLOSED)
    return Wish(record, before, after)


def _target(bulk: BulkChange, value: Any, record: Any, before: Any, now: datetime) -> Any:
    match bulk.verb:
        case Verb.ADD_TAGS:
            return [*before, *(tag for tag in value if tag not in before)]
        case Verb.REMOVE_TAGS:
            return [tag for tag in before if tag not in value]
        case Verb.ARCHIVE:
            return before or now
        case Verb.RESTORE | Verb.DELETE:
            return None
        case _ if bulk.field == "participants":
            return [*value, *(one for one in hidden(before, bulk.actor) if one not in value)]
        case _:
            return _settled(bulk.field, value, record)


def hidden(people: list[Person], user: User) -> list[Person]:
    """Those whom the user does not see: they stay where they are, and are not named."""
    seen = set(Person.objects.visible_to(user).filter(pk__in=[one.pk for one in people]).values_list("pk", flat=True)) if people else set()
    return [one for one in people if one.pk not in seen]


def _settled(key: str, value: Any, record: Any) -> Any:
    """An amount takes the record's currency where it was given none."""
    if key != "value":
        return value
    amount = value or Money(Decimal(0))
    return amount if amount.currency else Money(amount.amount, record.currency)


def held(record: Any, field: Field | None) -> Any:
    return record.archived_at if field is None else reading.read(record, field)


def encoded(value: Any, field: Field | None) -> Any:
    if field is None:
        return value.isoformat() if value else None
    return kept.encode(value, field)


def same(one: Any, other: Any) -> bool:
    """Whether two encoded values are alike; nothing is nothing, however it is kept."""
    nothing: tuple[Any, ...] = ("", [], None)
    return one == other or (any(one == each for each in nothing) and any(other == each for each in nothing))


def words(value: Any, field: Field | None) -> str:
    """A value for people."""
    if field is None:
        return _("in the archive") if value else _("not in the archive")
    return reading.words(value, field)


def words_for(user: User, value: Any, field: Field | None) -> str:
    """A value without the names of people and organisations that the user does not see."""
    if isinstance(value, list) and field is not None and field.kind == Kind.PEOPLE:
        unseen = hidden(value, user)
        value = [one for one in value if one not in unseen]
    elif isinstance(value, Owned) and not type(value).objects.visible_to(user).filter(pk=value.pk).exists():
        value = None
    return words(value, field)


def load(bulk: BulkChange, pks: Iterable[int]) -> dict[int, Any]:
    """Those of the records that the actor may change, locked until the transaction ends."""
    records = RECORDS[bulk.kind].objects.changeable_by(bulk.actor).filter(pk__in=list(pks)).select_for_update(of=("self",))
    return {record.pk: record for record in records.prefetch_related(*reading.PREFETCH[bulk.kind])}


def write(wishes: list[Wish], *, field: Field | None, is_deletion: bool, actor: User, now: datetime) -> None:
    """Make the records hold what is wanted, in the transaction that is open, and note it."""
    if is_deletion:
        for one in wishes:
            removal.delete(one.record, actor=actor)
    elif field is None:
        _archive(wishes, actor, now)
    elif field.kind == Kind.STAGE:
        for one in wishes:
            pipeline.move_deal(deal=one.record, to=one.after, actor=actor, now=now)
    else:
        _set(wishes, field, actor, now)


def _archive(wishes: list[Wish], actor: User, now: datetime) -> None:
    for one in wishes:
        one.record.archived_at, one.record.updated_at = one.after, now
        text = say("archived" if one.after else "restored")
        timeline.log(kind="changed", text=text, actor=actor, at=now, **removal.as_link(one.record))
    _save(wishes, ["archived_at"])


def _set(wishes: list[Wish], field: Field, actor: User, now: datetime) -> None:
    in_row = field.custom is None and field.kind not in (Kind.TAGS, Kind.PEOPLE)
    names: list[str] = []
    for one in wishes:
        one.record.updated_at = now
        names = writing.set_columns(one.record, [(field, one.after)]) if in_row else []
    _save(wishes, names)
    if not in_row or field.kind == Kind.POINTS:
        for one in wishes:
            writing.set_relations(one.record, [(field, one.after)])
    noted = [(one.record, {field.key: words(one.before, field)}, {field.key: words(one.after, field)}) for one in wishes]
    changes.note_all(noted, actor=actor, now=now)


def _save(wishes: list[Wish], names: list[str]) -> None:
    """Columns that differ by the record, such as a currency that was not given, are all saved."""
    if wishes:
        model: Any = type(wishes[0].record)
        model.objects.bulk_update([one.record for one in wishes], [*names, "updated_at"], batch_size=100)


DESCRIBED: Mapping[str, Callable[[], str]] = {
    Verb.SET: lambda: _("Set {field} to “{value}”"),
    Verb.ADD_TAGS: lambda: _("Add the tags {value}"),
    Verb.REMOVE_TAGS: lambda: _("Remove the tags {value}"),
    Verb.ARCHIVE: lambda: _("Move to the archive"),
    Verb.RESTORE: lambda: _("Bring back from the archive"),
    Verb.DELETE: lambda: _("Delete for good"),
}


def describe(bulk: BulkChange) -> str:
    """What a change does, for people."""
    field = field_of(bulk)
    try:
        value = words(kept.decode(bulk.value, field), field) if field else ""
    except kept.Gone:
        value = "…"
    if bulk.verb == Verb.SET and not value:
        return _("Empty {field}").format(field=field.label if field else bulk.field)
    return DESCRIBED[bulk.verb]().format(field=field.label if field else bulk.field, value=value)
