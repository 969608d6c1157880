"""From one condition of a filter to what the database is asked."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from crm.accounts.models import User
from crm.records.fields.book import Kind
from crm.records.fields.values import folded
from crm.records.lists import operators, periods
from crm.records.lists.columns import Column
from crm.records.models import RECORDS, ContactPoint, CustomValue, Person

CUSTOM_PATHS = {  # kind of a custom field → column of CustomValue
    Kind.MONEY: "number",
    Kind.CHOICES: "choice",
    Kind.PERSON: "to_person",
    Kind.ORGANISATION: "to_organisation",
}
LOOKUPS = {"contains": "icontains", "is": "iexact", "begins": "istartswith", "eq": "exact"}
EVERYTHING = Q(pk__isnull=False)


def condition(column: Column, operator: str, value: Any, *, kind: str, user: User, now: datetime) -> Q:
    """A condition on records of a kind; computed columns have to be annotated by their key."""
    if column.key == "archived":
        return {"yes": Q(archived_at__isnull=False), "no": Q(archived_at=None), "any": EVERYTHING}[value]
    contrary = operators.NEGATED.get(operator)
    if contrary:
        return ~_holds(column, contrary, value, kind, user, now)
    return _holds(column, operator, value, kind, user, now)


def _holds(column: Column, operator: str, value: Any, kind: str, user: User, now: datetime) -> Q:
    if column.field is not None and column.field.custom is not None:
        return _custom(column, operator, value, kind, user, now)
    if column.is_age:
        return _age(column.path, operator, value, now)
    if column.kind == Kind.POINTS:
        return _points(column, operator, value, kind)
    if column.kind in (Kind.TAGS, Kind.PEOPLE):
        return _linked(column, operator, value, kind, user)
    return _asked(column.path or column.key, column.kind, operator, value, user, now)


def _asked(path: str, kind: Kind, operator: str, value: Any, user: User, now: datetime) -> Q:
    """A condition on one column of the database."""
    match kind:
        case Kind.TEXT | Kind.LINES | Kind.EMAIL | Kind.PHONE:
            return ~Q(**{path: ""}) if operator == "filled" else spelled(path, operator, value)
        case _ if operator == "filled":
            return _filled(path, kind)
        case Kind.NUMBER | Kind.MONEY:
            return _number(path, operator, value)
        case Kind.DATE | Kind.MOMENT:
            return _day(path, kind, operator, value, user, now)
        case Kind.USER:
            return _user(path, value, user)
        case _ if operator == "named":
            return spelled(f"{path}__name", "contains", value)
        case _:
            return Q(**{f"{path}__in": value})


def spelled(path: str, operator: str, text: str) -> Q:
    """A text whatever its capitals: SQLite folds those of ASCII only, so others are asked for in each usual case."""
    spellings = {text} if text.isascii() else {text, text.lower(), text.upper(), text.capitalize(), text.title()}
    found = Q()
    for spelling in sorted(spellings):
        found |= Q(**{f"{path}__{LOOKUPS[operator]}": spelling})
    return found


def _filled(path: str, kind: Kind) -> Q:
    given = Q(**{f"{path}__isnull": False})
    return given & ~Q(**{path: ""}) if kind == Kind.CHOICE and path == "country" else given


def _number(path: str, operator: str, value: Any) -> Q:
    if operator == "within":
        return Q(**{f"{path}__gte": value[0], f"{path}__lte": value[1]})
    return Q(**{f"{path}__{LOOKUPS.get(operator, operator)}": value})


def _day(path: str, kind: Kind, operator: str, value: Any, user: User, now: datetime) -> Q:
    first, end = periods.span(operator, value, timezone.localdate(now, user.zone))
    found = Q()
    for lookup, day in (("gte", first), ("lt", end)):
        if day is not None:
            found &= Q(**{f"{path}__{lookup}": periods.midnight(day, user) if kind == Kind.MOMENT else day})
    return found


def _user(path: str, keys: list[str], user: User) -> Q:
    """Among these users; "me" and "team" are meant from where one stands."""
    wanted = Q(pk__in=[int(key) for key in keys if key.isdigit()])
    if "me" in keys or "team" in keys:
        wanted |= Q(pk=user.pk)
    if "team" in keys and user.team_id:
        wanted |= Q(team=user.team_id)
    return Q(**{f"{path}__in": list(User.objects.filter(wanted).values_list("pk", flat=True))})


def _age(path: str, operator: str, value: Any, now: datetime) -> Q:
    """Whole days since a moment, by the latest moment that is that long ago."""
    match operator:
        case "gte":
            return Q(**{f"{path}__lte": now - timedelta(days=int(value))})
        case "gt":
            return _age(path, "gte", int(value) + 1, now)
        case "lt":
            return ~_age(path, "gte", -(-value // 1), now)
        case "lte":
            return ~_age(path, "gt", value, now)
        case "within":
            return _age(path, "gte", -(-value[0] // 1), now) & _age(path, "lte", value[1], now)
        case _:
            return _age(path, "gte", value, now) & _age(path, "lte", value, now)


def _among(rows: QuerySet[Any, Any], link: str) -> Q:
    """Records that rows of another table point at."""
    return Q(pk__in=rows.exclude(**{link: None}).values(link))


def _points(column: Column, operator: str, value: Any, kind: str) -> Q:
    point = column.field.point if column.field else ""
    rows = ContactPoint.objects.filter(kind=point).order_by()
    if operator == "filled":
        further = _among(rows, kind)
        return further | ~Q(**{column.path: ""}) if column.path else further
    wanted = spelled("value", operator, value)
    digits = folded(value, point)
    if point == "phone" and digits.isdigit():
        wanted |= Q(**{f"folded__{LOOKUPS[operator]}": digits})
    further = _among(rows.filter(wanted), kind)
    return further | spelled(column.path, operator, value) if column.path else further


def _linked(column: Column, operator: str, value: Any, kind: str, user: User) -> Q:
    """Tags, and those participants whom the user sees."""
    through: Any = RECORDS[kind]._meta.get_field(column.path).remote_field.through  # type: ignore[union-attr]
    rows = through.objects.order_by()
    if column.kind == Kind.TAGS:
        return _several(rows, "tag", operator, value, kind)
    return _several(rows.filter(person__in=Person.objects.visible_to(user)), "person", operator, value, kind)


def _several(rows: QuerySet[Any, Any], target: str, operator: str, value: Any, kind: str) -> Q:
    match operator:
        case "filled":
            return _among(rows, kind)
        case "has_all":
            counted = rows.filter(**{f"{target}__in": value}).values(kind).annotate(held=Count(target, distinct=True))
            return _among(counted.filter(held=len(value)), kind)
        case "named":
            return _among(rows.filter(spelled(f"{target}__name", "contains", value)), kind)
        case _:
            return _among(rows.filter(**{f"{target}__in": value}), kind)


def _custom(column: Column, operator: str, value: Any, kind: str, user: User, now: datetime) -> Q:
    rows = CustomValue.objects.filter(field=column.field.custom if column.field else None).order_by()
    path = CUSTOM_PATHS.get(column.kind, str(column.kind))
    if column.kind == Kind.CHOICES:
        return _several(rows, path, operator, value, kind)
    return _among(rows.filter(_asked(path, column.kind, operator, value, user, now)), kind)
