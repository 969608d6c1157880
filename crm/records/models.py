"""People, organisations, deals and what is said and planned about them."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.matching import matching


class OwnedQuerySet(models.QuerySet[Any]):
    """Records with an owner."""

    def visible_to(self, user: User) -> Self:
        """What the user may see: their own, their team's; managers and admins see all of it."""
        if user.role in (User.Role.MANAGER, User.Role.ADMIN):
            return self
        mine = Q(owner=user)
        return self.filter(mine | Q(owner__team=user.team_id) if user.team_id else mine)

    def search(self, text: str) -> Self:
        """Those in which every word of the text occurs somewhere in the fields of the model's SEARCHED."""
        return self.filter(matching(text, self.model.SEARCHED))

    def by_name(self) -> Self:
        """In the order of an address book, whatever the capitals."""
        return self.order_by(Lower("name"), "pk")


class Owned(models.Model):
    """Base of what somebody owns."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True


class Organisation(Owned):
    """A company that people work for."""

    SEARCHED: ClassVar = ("name", "domain", "phone", "address")

    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("domain"), max_length=200, blank=True, db_index=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    address = models.TextField(_("address"), blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)  # ISO 3166

    class Meta:
        indexes = [models.Index(Lower("name"), "id", name="records_organisation_by_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("records:organisation_detail", args=[self.pk])


class Person(Owned):
    """Somebody outside of the company: a customer, a prospect."""

    SEARCHED: ClassVar = ("name", "email", "phone", "job_title", "organisation__name")

    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("email"), blank=True, db_index=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.SET_NULL, related_name="people"
    )
    country = models.CharField(_("country"), max_length=2, blank=True)  # ISO 3166; empty: the organisation's

    class Meta:
        indexes = [
            models.Index(fields=["name"], name="records_person_name"),
            models.Index(Lower("name"), "id", name="records_person_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("records:person_detail", args=[self.pk])

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name else self.email

    @property
    def initials(self) -> str:
        words = (self.name or self.email).split()
        return "".join(word[0] for word in [words[0], *words[1:][-1:]]).upper() if words else ""


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


class Deal(Owned):
    """A possible sale."""

    SEARCHED: ClassVar = ("title", "organisation__name", "person__name")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    title = models.CharField(_("title"), max_length=200)
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2, default=0, validators=[MinValueValidator(0)])
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    stage = models.ForeignKey(Stage, verbose_name=_("stage"), on_delete=models.PROTECT, related_name="deals")
    position = models.PositiveIntegerField(default=0)  # within its column
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.SET_NULL, related_name="deals"
    )
    person = models.ForeignKey(Person, verbose_name=_("contact"), null=True, blank=True, on_delete=models.SET_NULL, related_name="deals")
    status = models.CharField(_("status"), max_length=5, choices=Status.choices, default=Status.OPEN)
    lost_reason = models.CharField(_("reason"), max_length=200, blank=True)
    expected_close_on = models.DateField(_("expected close"), null=True, blank=True)
    stage_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["stage", "position"], name="records_deal_board", condition=Q(status="open"))]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("records:deal_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    def days_in_stage(self, now: datetime) -> int:
        """Whole days since the deal came into its stage."""
        return max(0, (now - self.stage_changed_at).days)

    def is_rotting(self, now: datetime) -> bool:
        """Open, and in its stage for longer than the stage's limit allows."""
        limit = self.stage.rotting_days
        return self.is_open and limit is not None and now - self.stage_changed_at > timedelta(days=limit)


Record = Person | Organisation | Deal


class AboutRecord(models.Model):
    """Base of what belongs to a person, an organisation or a deal, or to several of them."""

    person = models.ForeignKey(
        Person, verbose_name=_("contact"), null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)ss"
    )
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)ss"
    )
    deal = models.ForeignKey(Deal, verbose_name=_("deal"), null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)ss")

    class Meta:
        abstract = True

    @property
    def record(self) -> Record | None:
        """The record that it belongs to most of all."""
        return self.deal or self.person or self.organisation


class NoteQuerySet(models.QuerySet["Note"]):
    """Notes."""

    def visible_to(self, user: User) -> Self:
        """Notes on what the user may see."""
        return self.filter(
            Q(person__in=Person.objects.visible_to(user))
            | Q(organisation__in=Organisation.objects.visible_to(user))
            | Q(deal__in=Deal.objects.visible_to(user))
        )


class Note(AboutRecord):
    """Something written down about a record; whoever sees the record sees it."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("note"))
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    edited_at = models.DateTimeField(null=True, blank=True)

    objects = NoteQuerySet.as_manager()


class ActivityQuerySet(OwnedQuerySet):
    """Activities."""

    def undone(self) -> Self:
        return self.filter(done_at=None)


class Activity(Owned, AboutRecord):
    """Something to do: a call, a meeting, a task."""

    SEARCHED: ClassVar = ("subject", "note", "person__name", "organisation__name", "deal__title")

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        MEETING = "meeting", _("Meeting")
        TASK = "task", _("Task")
        DEADLINE = "deadline", _("Deadline")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.TASK)
    subject = models.CharField(_("subject"), max_length=200)
    note = models.TextField(_("note"), blank=True)
    due_at = models.DateTimeField(_("due"), db_index=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = ActivityQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["due_at", "pk"]
        verbose_name_plural = "activities"

    def __str__(self) -> str:
        return self.subject


class TimelineQuerySet(models.QuerySet["TimelineEntry"]):
    """Lines of the timeline."""

    def visible_to(self, user: User) -> Self:
        """Lines that are the user's alone are shown to nobody else, whatever their role."""
        return self.filter(Q(only_for=None) | Q(only_for=user))


class TimelineEntry(AboutRecord):
    """One line of what happened to a record, in finished words; written by `timeline.log` only."""

    kind = models.CharField(max_length=30)
    text = models.CharField(max_length=500)
    url = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    only_for = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    group_key = models.CharField(max_length=100, null=True, blank=True, unique=True)

    objects = TimelineQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "timeline entries"
