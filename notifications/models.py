"""What the Sales Assistant says, and the live events that carry it to open tabs."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from crm.accounts.models import User


class CardQuerySet(models.QuerySet["Card"]):
    """Cards of the Sales Assistant."""

    def visible_to(self, user: User) -> Self:
        """A card is its user's alone, and gone for them as well once it is put away."""
        return self.filter(user=user, put_away_at=None)

    def unseen(self) -> Self:
        return self.filter(seen_at=None, is_quiet=False)


class Card(models.Model):
    """One thing worth knowing; repeats fold into it by `group_key`. Written by `feed` only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cards")
    kind = models.CharField(max_length=30)  # for example "opened", "clicked": chooses icon and filter
    group_key = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    detail = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=300, blank=True)
    count = models.PositiveIntegerField(default=1)
    is_quiet = models.BooleanField(default=False)  # shown, but neither counted by the bell nor announced
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    actions = models.JSONField(default=list, blank=True)  # the next steps that it offers: [{"label", "url", "method"}], see `feed.Action`
    is_suggestion = models.BooleanField(default=False)  # made only once for its `group_key`, and put away when it has no point any more
    put_away_at = models.DateTimeField(null=True, blank=True)  # by the user, or because it had no point any more
    is_unwanted = models.BooleanField(default=False)  # the user put it away: “not for this mail”

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "group_key"], name="notifications_card_folds")]
        indexes = [
            models.Index(fields=["user", "-updated_at"], name="notifications_card_latest"),
            models.Index(fields=["user"], name="notifications_card_unseen", condition=Q(seen_at=None, is_quiet=False)),
            models.Index(fields=["kind"], name="notifications_card_suggestion", condition=Q(is_suggestion=True, put_away_at=None)),
        ]


class SilencedKind(models.Model):
    """A kind of cards that a user does not want. Written by `switches` only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="notifications_silenced_once")]


class LiveEvent(models.Model):
    """One push to one user's open tabs: a name and a small JSON payload; kept for minutes. Written by `push` only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=30)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
