"""What is said, planned, kept and changed about people, organisations, deals and leads."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.records.models.contacts import Organisation, Person
from crm.records.models.deals import Deal, Lead
from crm.records.models.owned import Owned, OwnedQuerySet

Record = Person | Organisation | Deal | Lead
RECORDS: dict[str, type[Person] | type[Organisation] | type[Deal] | type[Lead]] = {
    "person": Person,
    "organisation": Organisation,
    "deal": Deal,
    "lead": Lead,
}  # by the names of the fields that point at them


class AboutRecord(models.Model):
    """Base of what belongs to a person, an organisation, a deal or a lead, or to several of them."""

    person = models.ForeignKey(
        Person, verbose_name=_("contact"), null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)ss"
    )
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)ss"
    )
    deal = models.ForeignKey(Deal, verbose_name=_("deal"), null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)ss")
    lead = models.ForeignKey(Lead, verbose_name=_("lead"), null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)ss")

    class Meta:
        abstract = True

    @property
    def record(self) -> Record | None:
        """The record that it belongs to most of all."""
        return self.deal or self.lead or self.person or self.organisation


def on_any_visible(user: User) -> Q:
    """Belongs to at least one record that the user may see."""
    condition = Q()
    for name, model in RECORDS.items():
        condition |= Q(_sees(user, name, model))
    return condition


def seen_among(user: User, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The same of rows that were read already, with `person_id` and so on: each record is looked up once, by its key."""
    rows = list(rows)
    seen = {name: _seen(user, model, {row[f"{name}_id"] for row in rows}) for name, model in RECORDS.items()}
    return [row for row in rows if any(row[f"{name}_id"] in seen[name] for name in RECORDS)]


def _seen(user: User, model: Any, pks: set[int | None]) -> set[int]:
    wanted = pks - {None}
    return set(model.objects.visible_to(user).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()


def on_no_hidden(user: User) -> Q:
    """Belongs to no record that the user may not see."""
    condition = Q()
    for name, model in RECORDS.items():
        condition &= Q(**{name: None}) | Q(_sees(user, name, model))
    return condition


def _sees(user: User, name: str, model: Any) -> Exists:
    """Looked up row by row: a list of all that somebody sees would be made anew for each question."""
    return Exists(model.objects.visible_to(user).filter(pk=OuterRef(f"{name}_id")))


class AboutQuerySet(models.QuerySet[Any]):
    """What belongs to records."""

    def visible_to(self, user: User) -> Self:
        """What belongs to a record that the user may see."""
        return self.filter(on_any_visible(user))


class Note(AboutRecord):
    """Something written down about a record; whoever sees the record sees it."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("note"))  # plain, of a rich note too: what is searched and exported
    html = models.TextField(blank=True)  # sanitised; empty for a plain note
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    pinned_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    edited_at = models.DateTimeField(null=True, blank=True)

    objects = AboutQuerySet.as_manager()


class StoredFile(AboutRecord):
    """A file kept with a record; whoever sees the record may fetch it."""

    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    file = models.FileField(upload_to="records/", max_length=200)
    size = models.PositiveBigIntegerField()  # bytes
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = AboutQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class ActivityKind(models.Model):
    """A kind of activity that an administrator added."""

    name = models.CharField(_("name"), max_length=60)
    icon = models.CharField(_("icon"), max_length=40, default="circle-check")  # of the Lucide family
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)  # offered no more

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(Lower("name"), name="records_activitykind_name_ci")]

    def __str__(self) -> str:
        return self.name


class ActivityQuerySet(OwnedQuerySet):
    """Activities."""

    def visible_to(self, user: User) -> Self:
        """One's own, and those of the team about nothing that is hidden from the user; by their role perhaps all."""
        if user.may(Permission.SEE_EVERYTHING):
            return self
        own = Q(owner=user)
        return self.filter(own | Q(owner__team=user.team_id) & on_no_hidden(user) if user.team_id else own)

    def undone(self) -> Self:
        return self.filter(done_at=None)


class Activity(Owned, AboutRecord):
    """Something to do: a call, a meeting, a task."""

    SEARCHED: ClassVar = ("subject", "note", "person__name", "organisation__name", "deal__title", "lead__title")

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        MEETING = "meeting", _("Meeting")
        TASK = "task", _("Task")
        DEADLINE = "deadline", _("Deadline")
        CUSTOM = "custom", _("Other")  # see `custom_kind`

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.TASK)
    custom_kind = models.ForeignKey(ActivityKind, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(_("subject"), max_length=200)
    note = models.TextField(_("note"), blank=True)
    location = models.CharField(_("place"), max_length=200, blank=True)
    due_at = models.DateTimeField(_("due"), db_index=True)
    duration_minutes = models.PositiveIntegerField(_("minutes"), null=True, blank=True)
    remind_minutes = models.PositiveIntegerField(_("reminder"), null=True, blank=True)  # before it is due; None: no reminder
    reminded_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = ActivityQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["due_at", "pk"]
        verbose_name_plural = "activities"
        indexes = [models.Index(fields=["due_at"], name="records_activity_to_remind", condition=Q(done_at=None, reminded_at=None))]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="custom", custom_kind__isnull=False) | ~Q(kind="custom") & Q(custom_kind=None),
                name="records_activity_custom_kind",
            )
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return reverse("records:activity_detail", args=[self.pk])

    @property
    def kind_name(self) -> str:
        """For people: of a custom kind its name."""
        return self.custom_kind.name if self.custom_kind else str(self.get_kind_display())


class TimelineQuerySet(models.QuerySet["TimelineEntry"]):
    """Lines of the timeline."""

    def visible_to(self, user: User) -> Self:
        """Lines that are the user's alone are shown to nobody else, whatever their role."""
        return self.filter(Q(only_for=None) | Q(only_for=user))


class TimelineEntry(AboutRecord):
    """One line of what happened to a record; written by `timeline.log` only."""

    kind = models.CharField(max_length=30)
    text = models.CharField(max_length=500)  # in the language of whoever did it
    said = models.JSONField(null=True, blank=True)  # the same as `sentences.Sentence.kept`, for readers of other languages
    url = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    only_for = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    group_key = models.CharField(max_length=100, null=True, blank=True, unique=True)

    objects = TimelineQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "timeline entries"


class FieldChange(AboutRecord):
    """One field of one record that somebody changed, in words; only ever added, by `changes.note`."""

    field = models.CharField(max_length=40)  # a key of `fields.book`
    before = models.CharField(max_length=500, blank=True)
    after = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=200)  # stays when the user goes
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = AboutQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["actor", "at"], name="records_change_by_actor")]
