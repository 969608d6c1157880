"""Lists that people keep, and changes made to many records at once."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User, Visibility
from crm.records.models.about import AboutRecord


class SavedListQuerySet(models.QuerySet[Any]):
    """Lists that were saved."""

    def visible_to(self, user: User) -> Self:
        """One's own and those that were shared; no role opens what somebody keeps to themselves."""
        shared = Q(visibility=Visibility.EVERYONE)
        if user.team_id:
            shared |= Q(visibility=Visibility.TEAM, owner__team=user.team_id)
        return self.filter(Q(owner=user) | shared)

    def changeable_by(self, user: User) -> Self:
        """Its owner alone changes a list."""
        return self.filter(owner=user)


class SavedList(models.Model):
    """A filter with columns and an order, by a name. Whoever opens it sees of it what they may see."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)  # a key of RECORDS
    name = models.CharField(_("name"), max_length=80)
    filter = models.TextField(blank=True)  # JSON, see `lists.filters`
    columns = models.JSONField(default=list)  # keys of `lists.columns`
    sort = models.CharField(max_length=60, blank=True)  # a column's key, with "-" for the other way round
    visibility = models.CharField(_("seen by"), max_length=8, choices=Visibility.choices, default=Visibility.OWNER)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedListQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["kind", "owner"], name="records_savedlist_of")]

    def __str__(self) -> str:
        return self.name


class ListChoice(models.Model):
    """How somebody looks at the list of one kind of records when they open no saved one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    columns = models.JSONField(default=list)  # empty: as shipped
    opens = models.ForeignKey(SavedList, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # at first

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="records_listchoice_once")]


class BulkChangeQuerySet(models.QuerySet[Any]):
    """Changes of many records."""

    def visible_to(self, user: User) -> Self:
        """One's own."""
        return self.filter(actor=user)


class BulkChange(models.Model):
    """One change of many records. Its items are the queue: whoever works on it takes those that wait."""

    class Verb(models.TextChoices):
        SET = "set", _("Set a field")
        ADD_TAGS = "add_tags", _("Add tags")
        REMOVE_TAGS = "remove_tags", _("Remove tags")
        ARCHIVE = "archive", _("Archive")
        RESTORE = "restore", _("Restore from the archive")
        DELETE = "delete", _("Delete")

    class State(models.TextChoices):
        CHOSEN = "chosen", _("being prepared")  # nothing has changed yet
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    selection = models.JSONField()  # {"pks": […]} or the parameters of a list
    verb = models.CharField(max_length=12, choices=Verb.choices)
    field = models.CharField(max_length=40, blank=True)  # a key of `fields.book`
    value = models.JSONField(null=True)  # see `lists.kept`
    is_ready = models.BooleanField(default=False)  # field and value are chosen
    next = models.CharField(max_length=4000, blank=True)  # the list that it was begun from
    state = models.CharField(max_length=8, choices=State.choices, default=State.CHOSEN)
    total = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    left_count = models.PositiveIntegerField(default=0)
    undone_count = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)  # somebody works on it; long past: they were killed
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = BulkChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["state"], name="records_bulkchange_to_do", condition=Q(state__in=["running", "undoing"]))]

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.RUNNING, self.State.UNDOING)


class BulkItem(AboutRecord):
    """One record of a change, and what it held before. Goes with its record."""

    class State(models.TextChoices):
        WAITING = "waiting"
        CHANGED = "changed"
        LEFT = "left"
        UNDONE = "undone"
        KEPT = "kept"  # at undoing: somebody changed it since

    class Reason(models.TextChoices):
        SAME = "same", _("nothing to change")
        NOT_YOURS = "not_yours", _("owned by others, not yours to change")
        CLOSED = "closed", _("closed")
        REFUSED = "refused", _("the value was refused")
        CHANGED_SINCE = "since", _("changed since")
        GONE = "gone", _("what it held is gone")

    bulk = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="items")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=9, choices=Reason.choices, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["bulk", "state"], name="records_bulkitem_queue")]
