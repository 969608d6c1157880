"""Kinds of activities: those that Candor comes with, and the company's own. In forms and addresses a kind is one short text."""

from collections.abc import Iterable

from django.db.models import Q

from crm.records.models import Activity, ActivityKind

CUSTOM = "custom-"  # before the pk of a kind of the company's own
OWN_ICON = "circle-check"  # of such a kind whose icon nobody knows
ICONS = {"call": "phone", "meeting": "users", "task": "list-todo", "deadline": "flag", "custom": OWN_ICON}


def key_of(activity: Activity) -> str:
    """The activity's kind as a form has it: "call", or "custom-3"."""
    return f"{CUSTOM}{activity.custom_kind_id}" if activity.custom_kind_id else activity.kind


def icon_of(activity: Activity) -> str:
    """Name of the icon; whether there is such an icon nobody has checked."""
    return activity.custom_kind.icon if activity.custom_kind else ICONS[activity.kind]


def offered(kept: ActivityKind | None = None) -> list[tuple[str, str]]:
    """Keys and names of the kinds to choose from; an archived one only where it is `kept`."""
    own = ActivityKind.objects.filter(Q(archived_at=None) | Q(pk=kept.pk if kept else None))
    return [*_shipped(), *_named(own)]


def known() -> list[tuple[str, str]]:
    """Keys and names of all kinds, archived ones at the end: by them one can still look for what there is."""
    own = sorted(ActivityKind.objects.all(), key=lambda kind: kind.archived_at is not None)
    return [*_shipped(), *_named(own)]


def _shipped() -> list[tuple[str, str]]:
    return [(kind.value, str(kind.label)) for kind in Activity.Kind if kind != Activity.Kind.CUSTOM]


def _named(kinds: Iterable[ActivityKind]) -> list[tuple[str, str]]:
    return [(f"{CUSTOM}{kind.pk}", kind.name) for kind in kinds]


def condition(key: str) -> Q:
    """Activities of the kind; of no kind that is known: all."""
    if key.startswith(CUSTOM) and key.removeprefix(CUSTOM).isascii() and key.removeprefix(CUSTOM).isdigit():
        return Q(custom_kind__in=ActivityKind.objects.filter(pk=int(key.removeprefix(CUSTOM)[:15])))
    return Q(kind=key) if key in Activity.Kind.values else Q()


def give(activity: Activity, key: str) -> None:
    """Make the activity one of that kind, without saving it."""
    own = key.startswith(CUSTOM)
    activity.kind = Activity.Kind.CUSTOM if own else Activity.Kind(key)
    activity.custom_kind = ActivityKind.objects.get(pk=int(key.removeprefix(CUSTOM))) if own else None
