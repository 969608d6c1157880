"""What a person did to their mail, so that it can be taken back."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User


class ChangeQuerySet(models.QuerySet["Change"]):
    """Changes."""

    def visible_to(self, user: User) -> Self:
        """What one did is one's own."""
        return self.filter(owner=user)


class Change(models.Model):
    """One thing done to one or many conversations at once; kept for some days, taken back at most once."""

    class Verb(models.TextChoices):
        MOVE = "move", _("Moved")
        ARCHIVE = "archive", _("Archived")
        TRASH = "trash", _("Deleted")  # put into the trash
        RESTORE = "restore", _("Moved back")
        READ = "read", _("Marked as read")
        UNREAD = "unread", _("Marked as unread")
        STAR = "star", _("Starred")
        UNSTAR = "unstar", _("Star taken away")
        LINK = "link", _("Linked to a deal")
        DELETE = "delete", _("Deleted for good")  # the only one that cannot be taken back

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    verb = models.CharField(max_length=10, choices=Verb.choices)
    count = models.PositiveIntegerField(default=0)  # conversations
    before = models.JSONField(default=dict)  # {"folder": {"inbox": [pks]}, "to": …}, or the pks whose flag was changed
    at = models.DateTimeField(default=timezone.now, db_index=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ChangeQuerySet.as_manager()

    @property
    def can_be_undone(self) -> bool:
        return bool(self.count) and self.verb != self.Verb.DELETE and self.undone_at is None
