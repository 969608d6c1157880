"""A backup that may be given to others: what the company knows together, and nothing that belongs to one user alone."""

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from django.core import serializers
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Model, QuerySet

from crm.accounts.models import AuditEntry, Company, Role, Team, User, Visibility
from crm.consent.models import Consent, Remembered, Restriction, Rule, Settings
from crm.records.models import (
    Activity,
    ActivityKind,
    ClosingReason,
    ContactPoint,
    CustomChoice,
    CustomField,
    CustomValue,
    Deal,
    FieldChange,
    Lead,
    Merged,
    Note,
    NotTheSame,
    Organisation,
    Person,
    Pipeline,
    SavedList,
    Stage,
    StoredFile,
    Tag,
    TimelineEntry,
)

KEPT: tuple[type[Model], ...] = (
    *(Company, Role, Team, User, Tag, Pipeline, Stage, ClosingReason, ActivityKind, CustomField, CustomChoice),
    *(
        Organisation,
        Person,
        ContactPoint,
        Deal,
        Lead,
        CustomValue,
        Activity,
        Note,
        StoredFile,
        TimelineEntry,
        FieldChange,
        Merged,
        NotTheSame,
    ),
    SavedList,
    *(Settings, Rule, Consent, Remembered, Restriction, AuditEntry),
)
NO_PASSWORD = "!"  # noqa: S105 - what Django takes for none


class Command(BaseCommand):
    help = (
        "Write users without their passwords, teams, roles, settings, people, organisations, deals, leads, activities, notes, timelines, "
        "changes, shared lists, consent, policy and the audit log as JSON that `loaddata` reads. Left out is what belongs to one user "
        "alone: tracking, lists of their own, cards, mail, mail accounts and their credentials, imports and exports."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="ends with .json; must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if path.suffix != ".json":
            raise CommandError("The file's name has to end with .json, by which loaddata knows it.")
        try:
            opened = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{path} could not be written: {error.strerror}.") from None
        with opened, transaction.atomic():
            count = write(opened)
        self.stdout.write(f"{count} rows written to {path}. Files (pictures, evidence) are not in it.")


def write(file: TextIO) -> int:
    """Write all rows; answers how many."""
    count = 0

    def counted() -> Iterator[Model]:
        nonlocal count
        for row in rows():
            count += 1
            yield row

    serializers.serialize("json", counted(), stream=file, indent=1)
    return count


def rows() -> Iterator[Model]:
    """What others may have, in an order in which it can be read again."""
    for model in KEPT:
        chosen: QuerySet[Any] = model._default_manager.order_by("pk")
        if model is TimelineEntry:
            chosen = chosen.filter(only_for=None)
        if model is SavedList:
            chosen = chosen.exclude(visibility=Visibility.OWNER)
        for row in chosen.iterator():
            yield _without_password(row) if isinstance(row, User) else row


def _without_password(user: User) -> User:
    user.password, user.last_login = NO_PASSWORD, None
    return user
