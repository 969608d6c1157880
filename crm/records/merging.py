"""Making one contact of two: everything that points at the one that goes points at the one that stays, whatever table it is in."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q

from crm.accounts import audit
from crm.accounts.models import User, Visibility
from crm.records import following, timeline
from crm.records.changes import kind_of
from crm.records.fields import book, reading, writing
from crm.records.fields.book import Field, Kind
from crm.records.fields.values import Point, folded
from crm.records.models import ContactPoint, CustomValue, Deal, Label, Located, Merged, NotTheSame, Organisation, Person
from crm.records.removal import as_link
from crm.records.sentences import say

Contact = Person | Organisation
LEFT, RIGHT, BOTH = "left", "right", "both"  # the one that stays, the one that goes; of several values: all of both
SEVERAL = frozenset({Kind.POINTS, Kind.TAGS, Kind.PEOPLE, Kind.CHOICES})
NARROWEST = (Visibility.OWNER, Visibility.TEAM, Visibility.EVERYONE)
REPLACED = (ContactPoint, CustomValue)  # their rows are written anew from the values chosen


class CannotMerge(Exception):
    """The two are one and the same, or no longer there."""


def fields_of(kind: str) -> list[Field]:
    """The fields between which somebody chooses."""
    return [field for field in book.of(kind) if not field.is_fixed]


def suggested(left: Contact, right: Contact, field: Field) -> str:
    """The choice that loses least: what is filled in, all of several, the narrower circle of readers."""
    if field.kind in SEVERAL:
        return BOTH
    mine, theirs = reading.read(left, field), reading.read(right, field)
    if field.key == "visibility":
        return LEFT if NARROWEST.index(mine) <= NARROWEST.index(theirs) else RIGHT
    return RIGHT if reading.words(theirs, field) and not reading.words(mine, field) else LEFT


@transaction.atomic
def merge(*, survivor: Contact, goes: Contact, choices: Mapping[str, str], actor: User, now: datetime) -> Contact:
    """Make one of two. `choices` holds LEFT (the survivor's), RIGHT or BOTH by keys of the book; the others are as suggested.

    Addresses and numbers of both always stay: the choice says whose is the first. Raises CannotMerge.
    """
    survivor, goes = _locked(survivor, goes)
    fields = [field for field in book.of(kind_of(survivor), archived=True) if not field.is_fixed]
    chosen = {field.key: choices.get(field.key) or suggested(survivor, goes, field) for field in fields}
    values = {field.key: _value(survivor, goes, field, chosen[field.key]) for field in fields}
    values["addresses"] = [*values["addresses"], *_former_address(survivor, goes, values)]
    lost = list(_left_out(goes, fields, values))
    name, number = str(goes), goes.pk
    _clear(goes)
    writing.change(record=survivor, values=values, actor=actor, now=now)
    _move_everything(survivor, goes)
    _settle(survivor, goes)
    type(goes)._default_manager.filter(pk=number).delete()
    _write_down(survivor, name, number, lost, actor, now)
    return type(survivor)._default_manager.get(pk=survivor.pk)  # as it is now: what was prefetched is of before


def _locked(survivor: Contact, goes: Contact) -> tuple[Any, Any]:
    """Both as they are now, and nobody else's until the end; always in the same order, so that two merges never wait for each other."""
    pks = sorted({survivor.pk, goes.pk})
    kind = kind_of(survivor)
    rows = type(survivor)._default_manager.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")
    found = {row.pk: row for row in rows.prefetch_related(*reading.PREFETCH[kind])}
    if type(survivor) is not type(goes) or len(found) != 2:
        raise CannotMerge
    return found[survivor.pk], found[goes.pk]


def _value(left: Contact, right: Contact, field: Field, choice: str) -> Any:
    mine, theirs = reading.read(left, field), reading.read(right, field)
    if field.kind == Kind.POINTS:
        return _points([*theirs, *mine] if choice == RIGHT else [*mine, *theirs], field)
    if choice == BOTH:
        return list(dict.fromkeys([*mine, *theirs]))
    return theirs if choice == RIGHT else mine


def _points(points: list[Point], field: Field) -> list[Point]:
    return list({folded(point.value, field.point): point for point in reversed(points)}.values())[::-1]


def _former_address(left: Contact, right: Contact, values: Mapping[str, Any]) -> list[Point]:
    """Postal addresses that the chosen one does not hold become further ones."""
    kept = _in_one_line({name: values[name] for name in Located.ADDRESS})
    lines = [_in_one_line({name: getattr(one, name) for name in Located.ADDRESS}) for one in (left, right)]
    return [Point(line[:500], Label.OTHER) for line in dict.fromkeys(lines) if line and line != kept]


def _in_one_line(place: Mapping[str, str]) -> str:
    parts = [" ".join(place["address"].split()), f"{place['postcode']} {place['city']}".strip(), place["region"], place["country"]]
    return ", ".join(part for part in parts if part)


def _left_out(goes: Contact, fields: list[Field], values: Mapping[str, Any]) -> Iterator[str]:
    """What was said of the one that goes and is in no field of the other: the timeline keeps it. Of the survivor a change is noted."""
    for field in fields:
        words = reading.words(reading.read(goes, field), field)
        is_kept = field.kind in (Kind.POINTS, Kind.TAGS) or field.key in Located.ADDRESS
        if words and not is_kept and words != reading.words(values[field.key], field):
            yield f"{field.label}: {words}"


def _clear(goes: Contact) -> None:
    """What the survivor gets by the values chosen, and the cards about the one that goes."""
    following.withdraw(record=goes)
    goes.tags.clear()
    for model in REPLACED:
        model._default_manager.filter(**as_link(goes)).delete()


def _move_everything(survivor: Contact, goes: Contact) -> None:
    """Whatever table points at the one that goes; hidden relations (`related_name="+"`) too."""
    for relation in type(goes)._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToManyRel):
            continue  # the rows of the table between are relations of their own
        if isinstance(relation, models.ManyToOneRel):  # one-to-one among them
            _move(relation.related_model, relation.field.name, survivor, goes)


def _move(model: Any, field: str, survivor: Contact, goes: Contact) -> None:
    """All rows at once; where the survivor has such a row already, one by one.

    By `_base_manager`: the ledger of consent refuses updates of what was said, and whom it is about is no such thing.
    """
    rows = model._base_manager.filter(**{field: goes.pk})
    try:
        with transaction.atomic():
            rows.update(**{field: survivor.pk})
    except IntegrityError:
        for pk in list(rows.values_list("pk", flat=True)):
            _move_one(model, pk, field, survivor)


def _move_one(model: Any, pk: Any, field: str, survivor: Contact) -> None:
    """A row that the survivor has already says nothing new."""
    row = model._base_manager.filter(pk=pk)
    try:
        with transaction.atomic():
            row.update(**{field: survivor.pk})
    except IntegrityError:
        row.delete()


def _settle(survivor: Contact, goes: Contact) -> None:
    """What follows from being one: the contact of a deal does not take part besides; the older date; in the archive if both were."""
    if isinstance(survivor, Person):
        Deal.participants.through._default_manager.filter(person=survivor, deal__person=survivor).delete()
    archived = None if goes.archived_at is None else survivor.archived_at
    created = min(survivor.created_at, goes.created_at)
    type(survivor)._default_manager.filter(pk=survivor.pk).update(created_at=created, archived_at=archived)
    survivor.created_at, survivor.archived_at = created, archived


def _write_down(survivor: Contact, name: str, number: int, lost: list[str], actor: User, now: datetime) -> None:
    """For old addresses, for the timeline, for the audit log."""
    kind = kind_of(survivor)
    NotTheSame.objects.filter(Q(lower=number) | Q(higher=number), kind=kind).delete()
    Merged.objects.create(kind=kind, former=number, name=name[:200], by=actor, at=now, **as_link(survivor))
    timeline.log(kind="merged", text=say("merged", name=name), actor=actor, at=now, **as_link(survivor))
    for words in lost:
        timeline.log(kind="merged", text=say("not_kept", words=words), actor=actor, at=now, **as_link(survivor))
    following.tell(record=survivor, sentence=lambda: str(say("merged", name=name)), actor=actor, now=now)
    audit.note("merged", actor=actor, about=str(survivor), former=name)


def survivor_of(kind: str, pk: int, user: User) -> Contact | None:
    """The contact that a former one is part of, if the user may see it."""
    merged = Merged.objects.filter(kind=kind, former=pk).values_list(kind, flat=True).first()
    model: Any = Person if kind == "person" else Organisation
    found: Contact | None = model.objects.visible_to(user).filter(pk=merged).first() if merged else None
    return found
