"""Giving what a user owns to others: records, and what is still to be done. Mail and tracking stay with whoever they belong to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm.accounts import audit, staff
from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.records.models import RECORDS, Activity, ActivityQuerySet, FieldChange, Owned

AT_ONCE: Final = 1000  # rows that one statement writes
NAMES: Final = {
    "person": _("people"),
    "organisation": _("organisations"),
    "deal": _("deals"),
    "lead": _("leads"),
    "activity": _("open activities"),
}


@dataclass(frozen=True)
class Holding:
    """So many things of one kind that somebody owns."""

    kind: str  # the model's name, for example "person"
    name: str  # for people: "organisations"
    count: int


def possible_owners(user: User, current: User | None) -> Any:
    """Active people to whom the user may hand a record: their team; who sees everything may choose anybody."""
    people = User.objects.filter(is_active=True)
    if not user.may(Permission.SEE_EVERYTHING):
        people = people.filter(team=user.team_id) if user.team_id else people.filter(pk=user.pk)
    return (people | User.objects.filter(pk__in=[user.pk, current.pk if current else user.pk])).distinct().order_by("name")


def models() -> Iterator[type[Owned]]:
    """All that has an owner, in the order in which it is shown; models of a later version take part by deriving from Owned."""
    return (model for model in apps.get_app_config("records").get_models() if issubclass(model, Owned))


def of(user: User, model: type[Owned]) -> Any:
    """What is handed over of a kind: of activities those that are not done, for done ones tell who did them."""
    rows = model.objects.filter(owner=user)
    return rows.undone() if isinstance(rows, ActivityQuerySet) else rows


def holdings(user: User) -> list[Holding]:
    """What a user owns, by kind; kinds without anything are left out."""
    counted = [Holding(name_of(model), _words(model), of(user, model).count()) for model in models()]
    return [holding for holding in counted if holding.count]


def name_of(model: type[Owned]) -> str:
    """The kind that `to` of `hand_over` has as a key."""
    return model._meta.model_name or ""


def _words(model: type[Owned]) -> str:
    return str(NAMES.get(name_of(model), model._meta.verbose_name_plural))


@transaction.atomic
def hand_over(*, user: User, to: Mapping[str, User], actor: User, now: datetime, switch_off: bool = False) -> int:
    """Give each kind (a key of `to`) to its new owner, note it, and perhaps switch the account off; answers how many things went.

    Raises `staff.Refused` where the account may not be switched off; then nothing is given away.
    """
    given = {name_of(model): _give(user, model, to[name_of(model)], actor, now) for model in models() if name_of(model) in to}
    people = {kind: str(to[kind]) for kind, count in given.items() if count}
    counts = {kind: count for kind, count in given.items() if count}
    if counts:
        audit.note("user_handed_over", actor=actor, about=user.email, counts=counts, to=people)
    if switch_off:
        staff.change(user=user, name=user.name, role=user.role, custom_role=user.custom_role, team=user.team, is_active=False, actor=actor)
    return sum(counts.values())


def _give(user: User, model: type[Owned], new: User, actor: User, now: datetime) -> int:
    pks = list(of(user, model).select_for_update().values_list("pk", flat=True))
    for start in range(0, len(pks), AT_ONCE):
        some = pks[start : start + AT_ONCE]
        model.objects.filter(pk__in=some).update(owner=new, updated_at=now)
        if model in RECORDS.values():
            FieldChange.objects.bulk_create(_changes(name_of(model), some, user, new, actor, now))
    if model is Activity:
        _remind_new_owner(pks, now)
    return len(pks)


def _remind_new_owner(pks: list[int], now: datetime) -> None:
    """Whoever takes over something that is due later is reminded of it, whether the former owner was or not."""
    for start in range(0, len(pks), AT_ONCE):
        Activity.objects.filter(pk__in=pks[start : start + AT_ONCE], due_at__gt=now).update(reminded_at=None)


def _changes(kind: str, pks: list[int], user: User, new: User, actor: User, now: datetime) -> list[FieldChange]:
    common = {"field": "owner", "before": str(user)[:500], "after": str(new)[:500], "actor": actor, "actor_name": str(actor), "at": now}
    return [FieldChange(**{f"{kind}_id": pk}, **common) for pk in pks]
