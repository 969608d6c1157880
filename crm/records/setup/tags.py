"""Tags: named and coloured by administrators, put on records by everybody."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet

from crm.accounts import audit
from crm.accounts.models import User
from crm.records import changes
from crm.records.fields import book
from crm.records.models import RECORDS, Tag


def uses(user: User) -> dict[int, int]:
    """How many records that the user sees have each tag, by the tags' pks."""
    counts: dict[int, int] = {}
    for model in RECORDS.values():
        visible = model.objects.visible_to(user).exclude(tags=None).order_by()
        for row in visible.values("tags").annotate(count=Count("pk")):
            counts[row["tags"]] = counts.get(row["tags"], 0) + row["count"]
    return counts


def tagged_count(tag: Tag) -> int:
    """How many records have the tag, whoever sees them."""
    return sum(records.count() for records in _tagged(tag))


def _tagged(tag: Tag) -> Iterator[QuerySet[Any]]:
    return (model.objects.filter(tags=tag) for model in RECORDS.values())


@transaction.atomic
def save_tag(*, tag: Tag, actor: User) -> Tag:
    """Add a tag, or keep its new name and colour."""
    action, before = "tag_added", ""
    if tag.pk:
        action, before = "tag_changed", Tag.objects.select_for_update().get(pk=tag.pk).name
    tag.save()
    audit.note(action, actor=actor, about=tag.name, **({"before": before} if before not in ("", tag.name) else {}))
    return tag


@transaction.atomic
def merge_tag(*, tag: Tag, into: Tag, actor: User, now: datetime) -> int:
    """Whatever has the tag gets the other one instead; answers how many records had it."""
    list(Tag.objects.select_for_update().filter(pk__in=[tag.pk, into.pk]))
    watches = [changes.WatchAll(records, [book.TAGS]) for records in _tagged(tag)]
    for model in RECORDS.values():
        links = model.tags.through._default_manager.filter(tag=tag)
        name = str(model._meta.model_name)
        links.exclude(**{f"{name}__in": model.objects.filter(tags=into)}).update(tag=into)
    return _drop(tag, watches, "tag_merged", actor, now, into=into.name)


@transaction.atomic
def delete_tag(*, tag: Tag, actor: User, now: datetime) -> int:
    """Take the tag off every record; answers of how many."""
    watches = [changes.WatchAll(records, [book.TAGS]) for records in _tagged(tag)]
    return _drop(tag, watches, "tag_deleted", actor, now)


def _drop(tag: Tag, watches: list[changes.WatchAll], action: str, actor: User, now: datetime, **details: str) -> int:
    count = sum(len(watch.before) for watch in watches)
    name = tag.name
    tag.delete()
    for watch in watches:
        watch.note(actor=actor, now=now)
    audit.note(action, actor=actor, about=name, records=count, **details)
    return count
