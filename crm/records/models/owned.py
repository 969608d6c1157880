"""What everything that somebody owns has in common: who sees it, its tags and followers, the archive."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User, Visibility
from crm.accounts.permissions import Permission
from crm.records.index import asking
from crm.records.index.kinds import BY_TABLE
from crm.records.matching import matching


class OwnedQuerySet(models.QuerySet[Any]):
    """Records with an owner."""

    def visible_to(self, user: User) -> Self:
        """What the user may see: their own, what is shared with their team or with everyone; by their role perhaps all of it."""
        if user.may(Permission.SEE_EVERYTHING):
            return self
        shared = Q(visibility=Visibility.EVERYONE)
        if user.team_id:
            shared |= Q(visibility=Visibility.TEAM, owner__team=user.team_id)
        return self.filter(Q(owner=user) | shared)

    def changeable_by(self, user: User) -> Self:
        """What the user may see and change."""
        visible = self.visible_to(user)
        return visible if user.may(Permission.CHANGE_OTHERS) else visible.filter(owner=user)

    def current(self) -> Self:
        """Those that are not archived."""
        return self.filter(archived_at=None)

    def search(self, text: str) -> Self:
        """Those in which every word of the text begins a word, or stands within one of a name; see `index.kinds` for what is searched."""
        kind = BY_TABLE.get(self.model._meta.db_table)
        if not text.strip() or kind is None:
            return self.filter(matching(text, self.model.SEARCHED)) if text.strip() else self
        terms = asking.with_middles(asking.read(text))
        return self.filter(pk__in=asking.rows(kind, terms)) if terms else self.none()

    def by_name(self) -> Self:
        """In the order of an address book, whatever the capitals."""
        return self.order_by(Lower("name"), "pk")


class Tag(models.Model):
    """A label that people put on records."""

    class Colour(models.TextChoices):
        GREY = "grey", _("Grey")
        BLUE = "blue", _("Blue")
        GREEN = "green", _("Green")
        YELLOW = "yellow", _("Yellow")
        RED = "red", _("Red")
        PURPLE = "purple", _("Purple")

    name = models.CharField(_("name"), max_length=60)
    colour = models.CharField(_("colour"), max_length=6, choices=Colour.choices, default=Colour.GREY)

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [models.UniqueConstraint(Lower("name"), name="records_tag_name_ci")]

    def __str__(self) -> str:
        return self.name


class Owned(models.Model):
    """Base of what somebody owns."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True


class Shared(Owned):
    """Base of the records that people work with: seen by some, tagged, followed, archived rather than deleted."""

    visibility = models.CharField(_("seen by"), max_length=8, choices=Visibility.choices, default=Visibility.TEAM)
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True, related_name="%(class)ss")
    followers = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="followed_%(class)ss")
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class Located(models.Model):
    """Base of what has a postal address."""

    ADDRESS: ClassVar = ("address", "postcode", "city", "region", "country")

    address = models.TextField(_("street address"), blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)  # state, province, county
    country = models.CharField(_("country"), max_length=2, blank=True)  # ISO 3166

    class Meta:
        abstract = True
