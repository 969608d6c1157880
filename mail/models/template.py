"""Texts to begin a mail with, and the folders that they are kept in."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.matching import matching


class Sharing(models.TextChoices):
    """Who besides the owner finds and uses it; only the owner, and administrators for what is shared, change it."""

    NOBODY = "", _("Only me")
    TEAM = "team", _("My team")  # the owner's, as it is when somebody looks
    EVERYBODY = "everybody", _("Everybody")


def shared_with(user: User, prefix: str = "") -> Q:
    """What others share so that the user sees it; administrators see all that is shared with anybody."""
    if user.is_admin:
        return Q(**{f"{prefix}sharing__in": [Sharing.TEAM, Sharing.EVERYBODY]})
    found = Q(**{f"{prefix}sharing": Sharing.EVERYBODY})
    if user.team_id:
        found |= Q(**{f"{prefix}sharing": Sharing.TEAM, f"{prefix}owner__team": user.team_id})
    return found


class TemplateFolderQuerySet(models.QuerySet["TemplateFolder"]):
    """Folders of templates."""

    def visible_to(self, user: User) -> Self:
        """Their own, and what is shared with them."""
        return self.filter(Q(owner=user) | shared_with(user))

    def changeable_by(self, user: User) -> Self:
        """Their own; for administrators what is shared as well."""
        return self.visible_to(user) if user.is_admin else self.filter(owner=user)


class TemplateFolder(models.Model):
    """A drawer for templates. Sharing it shares all templates in it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="template_folders")
    name = models.CharField(_("name"), max_length=100)
    sharing = models.CharField(_("shared with"), max_length=10, choices=Sharing.choices, blank=True, default=Sharing.NOBODY)

    objects = TemplateFolderQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="mail_template_folder_once")]

    def __str__(self) -> str:
        return self.name


class TemplateQuerySet(models.QuerySet["Template"]):
    """Templates."""

    def visible_to(self, user: User) -> Self:
        """Their own, and what is shared with them, by itself or by its folder."""
        return self.filter(Q(owner=user) | shared_with(user) | shared_with(user, "folder__"))

    def changeable_by(self, user: User) -> Self:
        """Their own; for administrators what is shared as well."""
        return self.visible_to(user) if user.is_admin else self.filter(owner=user)

    def search(self, text: str) -> Self:
        """Those in which every word occurs in the name, the subject or the first words."""
        return self.filter(matching(text, Template.SEARCHED))

    def recent_first(self) -> Self:
        """What was used last comes first."""
        return self.order_by(F("last_used_at").desc(nulls_last=True), Lower("name"), "pk")


class Template(models.Model):
    """A subject and a text with merge fields (see `mail.merge_fields`) to begin a mail with."""

    SEARCHED: ClassVar = ("name", "subject", "preview")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="templates")
    folder = models.ForeignKey(
        TemplateFolder, verbose_name=_("folder"), null=True, blank=True, on_delete=models.SET_NULL, related_name="templates"
    )
    name = models.CharField(_("name"), max_length=100)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    body_html = models.TextField(_("text"), blank=True)
    preview = models.CharField(max_length=200, blank=True)  # first words, for lists
    sharing = models.CharField(_("shared with"), max_length=10, choices=Sharing.choices, blank=True, default=Sharing.NOBODY)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    used_count = models.PositiveIntegerField(default=0, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "pk"]

    def __str__(self) -> str:
        return self.name
