"""Imports from files and exports to files: each belongs to the user who began it, and to nobody else."""

import secrets
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User


def unguessable(job: models.Model, name: str) -> str:
    """Where a job's file lies; the name that people gave it stands in the job."""
    return f"exchange/{secrets.token_hex(16)}"


class OwnQuerySet(models.QuerySet[Any]):
    """Jobs."""

    def visible_to(self, user: User) -> Self:
        """One's own, whatever the role."""
        return self.filter(owner=user)


class ImportJob(models.Model):
    """One file that somebody imports: the truth about how far it has come. Rows are counted without the headings."""

    class Kind(models.TextChoices):
        PERSON = "person", _("People, with their organisations")
        ORGANISATION = "organisation", _("Organisations")
        DEAL = "deal", _("Deals, with people and organisations")
        LEAD = "lead", _("Leads")

    class Status(models.TextChoices):
        MAPPING = "mapping", _("Being set up")
        TRYING = "trying", _("Being tried")
        TRIED = "tried", _("Tried, nothing is kept yet")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    class Mode(models.TextChoices):
        UPDATE = "update", _("Update those that are here already, create the others")
        SKIP = "skip", _("Leave those that are here already as they are, create the others")
        ONLY = "only", _("Update those that are here already, create none")
        CREATE = "create", _("Create a new one from every row, without looking for those that are here")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)  # of the file, as the person calls it
    file = models.FileField(upload_to=unguessable, max_length=200, blank=True)  # empty once it is purged
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1, default=",")
    has_head = models.BooleanField(default=True)
    is_cards = models.BooleanField(default=False)  # vCards instead of a table
    headings = models.JSONField(default=list)
    signature = models.CharField(max_length=64, db_index=True)  # of the headings, by which a mapping is remembered
    row_count = models.PositiveIntegerField(default=0)

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PERSON)
    mapping = models.JSONField(default=list)  # for each column a key of `targets`, empty to leave it out
    mode = models.CharField(max_length=6, choices=Mode.choices, default=Mode.UPDATE)
    key = models.CharField(max_length=30, blank=True)  # by what those that are here are known: a key of `targets.keys`
    fills_only = models.BooleanField(default=False)  # an update fills what is empty and overwrites nothing
    leaves_bad = models.BooleanField(default=False)  # a value that cannot be kept is left out instead of its row
    day_first = models.BooleanField(default=True)
    decimal_comma = models.BooleanField(default=False)

    status = models.CharField(max_length=9, choices=Status.choices, default=Status.MAPPING, db_index=True)
    offset = models.PositiveIntegerField(default=0)  # rows that are done, of the try or of the import
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    merged_count = models.PositiveIntegerField(default=0)  # with a row above them in the file
    skipped_count = models.PositiveIntegerField(default=0)
    faulty_count = models.PositiveIntegerField(default=0)
    organisation_count = models.PositiveIntegerField(default=0)  # created besides
    person_count = models.PositiveIntegerField(default=0)  # created besides
    consent_count = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)  # of the try: names to create, first faults
    hints = models.JSONField(default=dict)  # sentence → how many rows it is about

    claim = models.CharField(max_length=32, blank=True)  # of the worker that has it in hand
    claimed_at = models.DateTimeField(null=True, blank=True)  # renewed with every step
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    began_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        return self.status in (self.Status.TRYING, self.Status.RUNNING)

    @property
    def percent(self) -> int:
        return 100 * self.offset // self.row_count if self.row_count else 0


class ImportedRow(models.Model):
    """What became of one row; a row has one line, so none can be imported twice."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        MERGED = "merged", _("Merged with a row above")
        SKIPPED = "skipped", _("Skipped")
        FAULTY = "faulty", _("Not imported")

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # as a spreadsheet counts
    outcome = models.CharField(max_length=7, choices=Outcome.choices)
    record_id = models.BigIntegerField(null=True, blank=True)  # of the job's kind; it may be gone since
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["job", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="exchange_row_once")]
        indexes = [models.Index(fields=["job", "outcome", "number"], name="exchange_row_outcome")]


class ExportJob(models.Model):
    """Everything that a user may see, as a ZIP for them."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Being made")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Did not work")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.WAITING)
    file = models.FileField(upload_to=unguessable, max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    claim = models.CharField(max_length=32, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
