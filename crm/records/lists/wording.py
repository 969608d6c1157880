"""Filters in words, and what the page that builds them has to know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts.models import User
from crm.records.fields import reading
from crm.records.fields.book import Kind
from crm.records.lists import columns, operators
from crm.records.lists.columns import Column
from crm.records.lists.filters import Condition, Group, write
from crm.records.lists.operators import Takes
from crm.records.lists.periods import PERIODS
from crm.records.models import CustomChoice, Organisation, Person, Pipeline, Stage, Tag

Names = list[tuple[str, str]]
NOTHING = '{"all":[]}'  # said outright: a saved list's own filter would hold otherwise
NAMED = 3  # values that a chip names before it counts


@dataclass(frozen=True)
class Chip:
    """One part of a filter in words, and the filter that is left without it."""

    words: str
    rest: str


def chips(tree: Group | None, user: User) -> list[Chip]:
    """A chip for each part of the root."""
    if tree is None:
        return []
    return [Chip(words(part, user), write(tree.without(index)) or NOTHING) for index, part in enumerate(tree.parts)]


def words(part: Group | Condition, user: User) -> str:
    """A part of a filter as people would say it."""
    if isinstance(part, Group):
        between = _(" or ") if part.is_any else _(" and ")
        return between.join(_bracketed(one, user) for one in part.parts)
    return _condition(part, user)


def _bracketed(part: Group | Condition, user: User) -> str:
    said = words(part, user)
    return f"({said})" if isinstance(part, Group) and len(part.parts) > 1 else said


def _condition(part: Condition, user: User) -> str:
    label, said = str(part.column.label), _value(part, user)
    if part.operator.key in ("last", "next"):
        return f"{label} {said}"
    operator = _operator(part)
    return " ".join(word for word in (label, operator, said) if word)


def _operator(part: Condition) -> str:
    """Of one value alone it is not said that it is any of one."""
    if isinstance(part.value, list) and len(part.value) == 1 and part.operator.key in ("any_of", "none_of"):
        return _("is") if part.operator.key == "any_of" else _("is not")
    return str(part.operator.label)


def _value(part: Condition, user: User) -> str:
    value = part.value
    match part.operator.takes:
        case Takes.NOTHING:
            return ""
        case Takes.DAYS if part.operator.key == "last":
            return ngettext("in the last {days} day", "in the last {days} days", value).format(days=value)
        case Takes.DAYS:
            return ngettext("in the next {days} day", "in the next {days} days", value).format(days=value)
        case Takes.PERIOD:
            return str(PERIODS[value])
        case Takes.ONE:
            return str(dict(_archive(user))[value])
        case Takes.KEYS | Takes.RECORDS:
            return _named(part, user)
        case Takes.NUMBERS | Takes.DATES:
            return _("{first} and {second}").format(first=_one(value[0]), second=_one(value[1]))
        case _:
            return _one(value)


def _one(value: Any) -> str:
    if isinstance(value, Decimal):
        return reading.number(value)
    return date_format(value, "SHORT_DATE_FORMAT") if isinstance(value, date) else f"“{value}”"


def _named(part: Condition, user: User) -> str:
    known = dict(names(part.column, user, part.value))
    named = [known.get(key, _("somebody or something else")) for key in part.value]
    more = len(named) - NAMED
    said = ", ".join(named[:NAMED])
    return _("{names} and {count} more").format(names=said, count=more) if more > 0 else said


def _archive(user: User) -> Names:
    return [("no", _("no")), ("yes", _("yes")), ("any", _("no or yes"))]


def names(column: Column, user: User, among: list[str] | None = None) -> Names:
    """Keys and names of what can be chosen in a column; of people and organisations those `among` that the user sees."""
    if column.key == "archived":
        return _archive(user)
    if column.key == "pipeline":
        return [(str(one.pk), one.name) for one in Pipeline.objects.all()]
    if column.field is not None and column.field.listed is not None:
        return [(str(key), str(name)) for key, name in column.field.choices]
    return NAMES.get(column.kind, _none)(column, user, among or [])


def _none(column: Column, user: User, among: list[str]) -> Names:
    return []


def _users(column: Column, user: User, among: list[str]) -> Names:
    known = User.objects.filter(Q(is_active=True) | Q(pk__in=[key for key in among if key.isdigit()])).order_by("name", "pk")
    team = [("team", _("my team"))] if user.team_id else []
    return [("me", _("me")), *team, *((str(one.pk), str(one)) for one in known)]


def _stages(column: Column, user: User, among: list[str]) -> Names:
    stages = list(Stage.objects.select_related("pipeline").order_by("pipeline__position", "pipeline", "position"))
    is_one = len({stage.pipeline_id for stage in stages}) == 1
    return [(str(stage.pk), stage.name if is_one else f"{stage.pipeline.name}: {stage.name}") for stage in stages]


def _tags(column: Column, user: User, among: list[str]) -> Names:
    return [(str(tag.pk), tag.name) for tag in Tag.objects.all()]


def _choices(column: Column, user: User, among: list[str]) -> Names:
    custom = column.field.custom if column.field else None
    return [(str(one.pk), one.name) for one in CustomChoice.objects.filter(field=custom)]


def _people(column: Column, user: User, among: list[str]) -> Names:
    return [(str(one.pk), one.name) for one in Person.objects.visible_to(user).filter(pk__in=among)]


def _organisations(column: Column, user: User, among: list[str]) -> Names:
    return [(str(one.pk), one.name) for one in Organisation.objects.visible_to(user).filter(pk__in=among)]


NAMES: Mapping[Kind, Callable[[Column, User, list[str]], Names]] = {
    Kind.USER: _users,
    Kind.STAGE: _stages,
    Kind.TAGS: _tags,
    Kind.CHOICE: _choices,
    Kind.CHOICES: _choices,
    Kind.PERSON: _people,
    Kind.PEOPLE: _people,
    Kind.ORGANISATION: _organisations,
}
PICKS = {Kind.PERSON: "person", Kind.PEOPLE: "person", Kind.ORGANISATION: "organisation"}


def description(kind: str, user: User, tree: Group | None) -> dict[str, Any]:
    """All that the builder offers: fields with their operators and choices, and the names of what is chosen by now."""
    chosen = _chosen(tree)
    return {
        "fields": [_described(column, user, chosen.get(column.key, [])) for column in columns.known(kind).values()],
        "periods": [[key, str(label)] for key, label in PERIODS.items()],
    }


def _described(column: Column, user: User, chosen: list[str]) -> dict[str, Any]:
    offered = [{"key": one.key, "label": str(one.label), "takes": one.takes} for one in operators.of(column).values()]
    pick = reverse("records:pick", args=[PICKS[column.kind]]) if column.kind in PICKS else ""
    return {"key": column.key, "label": str(column.label), "operators": offered, "choices": names(column, user, chosen), "pick": pick}


def _chosen(tree: Group | None) -> dict[str, list[str]]:
    """Records that a filter names, by the column."""
    found: dict[str, list[str]] = {}
    for part in tree.parts if tree else ():
        if isinstance(part, Group):
            for key, value in _chosen(part).items():
                found.setdefault(key, []).extend(value)
        elif part.operator.takes == Takes.RECORDS:
            found.setdefault(part.column.key, []).extend(part.value)
    return found
