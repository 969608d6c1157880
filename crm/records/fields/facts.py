"""Fields as a page shows them: a label, words, and where they lead to."""

from dataclasses import dataclass
from typing import Any

from crm.accounts.models import User
from crm.records.fields import book, reading
from crm.records.fields.book import Field, Kind
from crm.records.models import Organisation, Person

UNEDITED = frozenset(("owner", "visibility", "domain", "currency"))  # have rules of their own, in the record's form
EDITED = frozenset(
    (
        *(Kind.TEXT, Kind.LINES, Kind.EMAIL, Kind.PHONE, Kind.NUMBER, Kind.MONEY, Kind.DATE),
        *(Kind.CHOICE, Kind.CHOICES, Kind.PERSON, Kind.ORGANISATION),
    )
)


@dataclass(frozen=True)
class Fact:
    """What a record holds in one field."""

    field: Field
    words: str  # empty for nothing
    url: str = ""  # of the linked record, if the user sees it


def may_edit_in_place(field: Field) -> bool:
    """Whether the field can be changed by itself, on the record's page."""
    return field.kind in EDITED and not field.is_fixed and field.key not in UNEDITED


def fact(record: Any, field: Field, user: User) -> Fact:
    """One field as the user sees it; of records that they do not see the name stands alone."""
    value = reading.read(record, field)
    return Fact(field, reading.words(value, field), _url(value, user))


def _url(value: Any, user: User) -> str:
    if not isinstance(value, Person | Organisation):
        return ""
    return value.get_absolute_url() if type(value).objects.visible_to(user).filter(pk=value.pk).exists() else ""


def custom_facts(record: Any, user: User) -> list[Fact]:
    """The company's own fields of a record, in their order."""
    kind = str(record._meta.model_name)
    fields = [field for field in book.of(kind) if field.custom]
    if not fields:
        return []
    read = type(record)._default_manager.prefetch_related(*reading.PREFETCH[kind]).get(pk=record.pk)
    return [fact(read, field, user) for field in fields]
