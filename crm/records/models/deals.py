"""Pipelines, deals and the leads that may become deals."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.records.models.contacts import Organisation, Person
from crm.records.models.owned import Shared


class Pipeline(models.Model):
    """An ordered set of stages."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """A column of the board."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveIntegerField(default=0)
    probability = models.PositiveSmallIntegerField(_("probability"), default=100)  # percent
    rotting_days = models.PositiveSmallIntegerField(_("rots after days"), null=True, blank=True)

    class Meta:
        ordering = ["pipeline", "position", "pk"]
        constraints = [models.CheckConstraint(condition=Q(probability__lte=100), name="records_stage_probability")]

    def __str__(self) -> str:
        return self.name


class ClosingReason(models.Model):
    """A reason that is offered when a deal is closed; the deal keeps its words."""

    class Outcome(models.TextChoices):
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    outcome = models.CharField(max_length=4, choices=Outcome.choices)
    name = models.CharField(_("reason"), max_length=200)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["outcome", "position", "pk"]
        constraints = [models.UniqueConstraint("outcome", Lower("name"), name="records_closingreason_once")]

    def __str__(self) -> str:
        return self.name


class Sale(Shared):
    """Base of what may bring money."""

    title = models.CharField(_("title"), max_length=200)
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2, default=0, validators=[MinValueValidator(0)])
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    expected_close_on = models.DateField(_("expected close"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title


class Deal(Sale):
    """A possible sale."""

    SEARCHED: ClassVar = ("title", "organisation__name", "person__name")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    stage = models.ForeignKey(Stage, verbose_name=_("stage"), on_delete=models.PROTECT, related_name="deals")
    position = models.PositiveIntegerField(default=0)  # within its column
    probability = models.PositiveSmallIntegerField(
        _("probability"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )  # percent; None: the stage's
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.SET_NULL, related_name="deals"
    )
    person = models.ForeignKey(Person, verbose_name=_("contact"), null=True, blank=True, on_delete=models.SET_NULL, related_name="deals")
    participants = models.ManyToManyField(
        Person, verbose_name=_("participants"), blank=True, related_name="joined_deals"
    )  # besides the contact
    status = models.CharField(_("status"), max_length=5, choices=Status.choices, default=Status.OPEN)
    closing_reason = models.CharField(_("reason"), max_length=200, blank=True)  # why it was won or lost
    stage_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["stage", "position"], name="records_deal_board", condition=Q(status="open"))]
        constraints = [models.CheckConstraint(condition=Q(probability=None) | Q(probability__lte=100), name="records_deal_probability")]

    def get_absolute_url(self) -> str:
        return reverse("records:deal_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def chance(self) -> int:
        """The probability of winning in percent: the deal's own, else its stage's."""
        return self.stage.probability if self.probability is None else self.probability

    def days_in_stage(self, now: datetime) -> int:
        """Whole days since the deal came into its stage."""
        return max(0, (now - self.stage_changed_at).days)

    def is_rotting(self, now: datetime) -> bool:
        """Open, and in its stage for longer than the stage's limit allows."""
        limit = self.stage.rotting_days
        return self.is_open and limit is not None and now - self.stage_changed_at > timedelta(days=limit)


class Lead(Sale):
    """Somebody who might buy, not yet worth a place on the board. Unknown contacts are noted down here until conversion."""

    SEARCHED: ClassVar = ("title", "person_name", "organisation_name", "email", "phone", "person__name", "organisation__name")

    person = models.ForeignKey(Person, verbose_name=_("contact"), null=True, blank=True, on_delete=models.SET_NULL, related_name="leads")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.SET_NULL, related_name="leads"
    )
    person_name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.EmailField(_("email"), blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    organisation_name = models.CharField(_("organisation"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=100, blank=True)
    deal = models.OneToOneField(Deal, null=True, blank=True, on_delete=models.SET_NULL, related_name="lead")  # what it became
    converted_at = models.DateTimeField(null=True, blank=True, editable=False)
    converted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["-created_at"], name="records_lead_inbox", condition=Q(converted_at=None, archived_at=None))]

    def get_absolute_url(self) -> str:
        return reverse("records:lead_detail", args=[self.pk])
