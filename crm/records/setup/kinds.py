"""Kinds of activities that the company adds to calls, meetings, tasks and deadlines."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts import audit
from crm.accounts.models import User
from crm.records.models import Activity, ActivityKind
from crm.records.setup.ordering import foot

# of the Lucide family, in the order in which they are offered
ICONS = (
    *("circle-check", "mail", "message-circle", "video", "coffee", "utensils", "map-pin", "car", "plane", "presentation"),
    *("monitor-play", "file-text", "signature", "package", "wrench", "truck", "graduation-cap", "handshake", "gift", "star"),
)
SHIPPED = (
    (Activity.Kind.CALL, "phone"),
    (Activity.Kind.MEETING, "users"),
    (Activity.Kind.TASK, "circle-check"),
    (Activity.Kind.DEADLINE, "flag"),
)


class InUse(Exception):
    """Activities are of this kind; the message is a sentence for people."""


@transaction.atomic
def save_kind(*, kind: ActivityKind, actor: User) -> ActivityKind:
    """Add a kind at the foot of the list, or keep its new name and icon."""
    before = ActivityKind.objects.select_for_update().filter(pk=kind.pk).first()
    if before is None:
        kind.position = foot(ActivityKind.objects.all())
    kind.save()
    renamed = {"before": before.name} if before and before.name != kind.name else {}
    audit.note("activity_kind_changed" if before else "activity_kind_added", actor=actor, about=kind.name, **renamed)
    return kind


@transaction.atomic
def archive_kind(*, kind: ActivityKind, actor: User, now: datetime) -> None:
    """Offer it no more; activities of this kind stay what they are."""
    ActivityKind.objects.filter(pk=kind.pk, archived_at=None).update(archived_at=now)
    audit.note("activity_kind_archived", actor=actor, about=kind.name)


@transaction.atomic
def restore_kind(*, kind: ActivityKind, actor: User) -> None:
    """Offer it again."""
    ActivityKind.objects.filter(pk=kind.pk).update(archived_at=None)
    audit.note("activity_kind_restored", actor=actor, about=kind.name)


@transaction.atomic
def delete_kind(*, kind: ActivityKind, actor: User) -> None:
    """Delete a kind that no activity is of. Raises InUse."""
    ActivityKind.objects.select_for_update().get(pk=kind.pk)
    if Activity.objects.filter(custom_kind=kind).exists():
        raise InUse(_("Activities are of this kind. Archive it instead: it is offered no more, and they stay what they are."))
    audit.note("activity_kind_deleted", actor=actor, about=kind.name)
    kind.delete()
