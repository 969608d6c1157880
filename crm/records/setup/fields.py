"""The company's own fields of people, organisations and deals, and the choices of those that have a list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from crm.accounts import audit
from crm.accounts.models import User
from crm.records import changes
from crm.records.fields import book
from crm.records.models import RECORDS, CustomChoice, CustomField, CustomValue
from crm.records.setup.ordering import foot

LISTS = (CustomField.Kind.CHOICE, CustomField.Kind.CHOICES)


class CannotChange(Exception):
    """The field holds values that would be lost; the message is a sentence for people."""


def shipped_namesake(of: str, name: str) -> str:
    """The label of a shipped field that is called like that; empty if there is none."""
    return next((str(field.label) for field in book.SHIPPED[of] if str(field.label).casefold() == name.casefold()), "")


def held(fields: Any) -> dict[int, int]:
    """How many records hold a value in each of these fields, by the fields' pks."""
    counts = Count("person", distinct=True) + Count("organisation", distinct=True) + Count("deal", distinct=True)
    rows = CustomValue.objects.filter(field__in=fields).order_by().values("field").annotate(count=counts)
    return {row["field"]: row["count"] for row in rows}


@transaction.atomic
def add_field(*, of: str, name: str, kind: str, choices: Sequence[str], actor: User) -> CustomField:
    """A new field at the foot of its list."""
    field = CustomField.objects.create(of=of, name=name, kind=kind, position=foot(CustomField.objects.filter(of=of)))
    if kind in LISTS:
        CustomChoice.objects.bulk_create(CustomChoice(field=field, name=one, position=place) for place, one in enumerate(choices))
    audit.note("field_added", actor=actor, about=name)
    return field


@transaction.atomic
def change_field(*, field: CustomField, name: str, kind: str, actor: User) -> CustomField:
    """Rename a field; give it another kind while nobody holds a value. Raises CannotChange."""
    current = CustomField.objects.select_for_update().get(pk=field.pk)
    if kind != current.kind:
        _change_kind(current, kind)
    before, current.name = current.name, name
    current.save(update_fields=["name", "kind"])
    audit.note("field_changed", actor=actor, about=name, **({"before": before} if before != name else {}))
    return current


def _change_kind(field: CustomField, kind: str) -> None:
    if field.values.exists():
        raise CannotChange(_("Records hold values in this field, which would be lost. Add a new field instead, and archive this one."))
    if kind not in LISTS:
        field.choices.all().delete()
    field.kind = kind


@transaction.atomic
def archive_field(*, field: CustomField, actor: User, now: datetime) -> None:
    """Show it no more; its values stay."""
    CustomField.objects.filter(pk=field.pk, archived_at=None).update(archived_at=now)
    audit.note("field_archived", actor=actor, about=field.name)


@transaction.atomic
def restore_field(*, field: CustomField, actor: User) -> None:
    """Show it again, with the values that it had."""
    CustomField.objects.filter(pk=field.pk).update(archived_at=None)
    audit.note("field_restored", actor=actor, about=field.name)


@transaction.atomic
def delete_field(*, field: CustomField, actor: User) -> int:
    """Delete a field and what all records hold in it; answers of how many."""
    count = held([field.pk]).get(field.pk, 0)
    audit.note("field_deleted", actor=actor, about=field.name, records=count)
    field.delete()
    return count


@transaction.atomic
def add_choice(*, field: CustomField, name: str, actor: User) -> CustomChoice:
    """A new choice at the foot of the list."""
    choice = CustomChoice.objects.create(field=field, name=name, position=foot(CustomChoice.objects.filter(field=field)))
    audit.note("choice_added", actor=actor, about=f"{field.name}: {name}")
    return choice


@transaction.atomic
def rename_choice(*, choice: CustomChoice, name: str, actor: User) -> None:
    """Every record that holds it shows the new name."""
    before = CustomChoice.objects.select_for_update().get(pk=choice.pk).name
    CustomChoice.objects.filter(pk=choice.pk).update(name=name)
    audit.note("choice_changed", actor=actor, about=f"{choice.field.name}: {name}", before=before)


def chosen_counts(field: CustomField) -> dict[int, int]:
    """How many records hold each choice of a field, by the choices' pks."""
    rows = CustomValue.objects.filter(field=field).exclude(choice=None).order_by().values("choice").annotate(count=Count("pk"))
    return {row["choice"]: row["count"] for row in rows}


@transaction.atomic
def delete_choice(*, choice: CustomChoice, replacement: CustomChoice | None, actor: User, now: datetime) -> int:
    """Delete a choice; records that hold it get the replacement, or hold nothing. Answers how many there were."""
    field = CustomField.objects.select_for_update().get(pk=choice.field_id)
    rows = CustomValue.objects.filter(choice=choice)
    pks = list(rows.values_list(f"{field.of}_id", flat=True))
    watch = changes.WatchAll(cast(Any, RECORDS[field.of]).objects.filter(pk__in=pks), [book.from_custom(field)])
    if replacement is not None:
        have_it = CustomValue.objects.filter(choice=replacement).values(f"{field.of}_id")
        rows.exclude(**{f"{field.of}__in": have_it}).update(choice=replacement)
    CustomValue.objects.filter(choice=choice).delete()
    choice.delete()
    watch.note(actor=actor, now=now)
    into = {"into": replacement.name} if replacement else {}
    audit.note("choice_deleted", actor=actor, about=f"{field.name}: {choice.name}", records=len(pks), **into)
    return len(pks)
