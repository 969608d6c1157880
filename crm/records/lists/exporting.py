"""A list as a file for spreadsheets."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.accounts import audit
from crm.accounts.models import User
from crm.lib import tables
from crm.records.fields.book import Kind
from crm.records.lists import columns
from crm.records.lists.columns import Column
from crm.records.lists.looking import Look
from crm.records.models import RECORDS

CHUNK = 500


def chosen(look: Look, *, whole: bool) -> list[Column]:
    """The columns that are shown, or all fields."""
    return [column for column in look.known.values() if not column.is_filter] if whole else look.columns


@transaction.atomic
def note(look: Look) -> None:
    """Tell the audit log who takes what away."""
    kind = str(RECORDS[look.kind]._meta.verbose_name_plural)
    audit.note("list_exported", actor=look.user, about=f"{kind}: {look.saved.name}" if look.saved else kind, count=look.records().count())


def lines(look: Look, shown: Sequence[Column]) -> Iterator[str]:
    """The file, some lines at a time: a head, then each record; an amount is followed by its currency."""
    with _as(look.user):
        head = tables.MARK + tables.line(_heads(shown))
    yield head
    pks = list(look.pks())
    for start in range(0, len(pks), CHUNK):
        with _as(look.user):  # the answer is read when the request is over
            text = "".join(tables.line(_row(record, shown, look)) for record in look.load(pks[start : start + CHUNK], shown))
        yield text


@contextmanager
def _as(user: User) -> Iterator[None]:
    """In the user's zone and language."""
    with timezone.override(user.zone), translation.override(user.language):
        yield


def _row(record: object, shown: Sequence[Column], look: Look) -> list[str]:
    return [cell for column in shown for cell in _cells(record, column, look)]


def _has_currency(column: Column) -> bool:
    return column.kind == Kind.MONEY


def _heads(shown: Sequence[Column]) -> Iterator[str]:
    for column in shown:
        yield str(column.label)
        if _has_currency(column):
            yield _("{field}: currency").format(field=column.label)


def _cells(record: object, column: Column, look: Look) -> Iterator[str]:
    value = columns.value(record, column, look.now)
    yield columns.plain(value, column)
    if _has_currency(column):
        yield value.currency if value else ""
