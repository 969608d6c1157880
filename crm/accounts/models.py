"""Users, their teams and roles, and the company they work for."""

import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.fields import default_time_zone
from crm.accounts.permissions import GRANTED, Permission


class Visibility(models.TextChoices):
    """Who sees a record besides those whose role lets them see everything."""

    OWNER = "owner", _("Only the owner")
    TEAM = "team", _("The owner's team")
    EVERYONE = "everyone", _("Everyone in the company")


class Team(models.Model):
    """People who work together."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    default_visibility = models.CharField(
        _("new records are seen by"), max_length=8, choices=Visibility.choices, default=Visibility.TEAM
    )  # of what its members add, until they choose otherwise

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A role that an administrator put together; the roles that Candor comes with are `User.Role`."""

    name = models.CharField(_("name"), max_length=100)
    permissions = models.JSONField(_("permissions"), default=list)  # values of `Permission`

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="accounts_role_name_ci")]

    def __str__(self) -> str:
        return self.name


class Company(models.Model):
    """What holds for the whole installation: one row at most, see `company()`."""

    currency = models.CharField(_("currency"), max_length=3, default="EUR")  # offered for new deals
    first_weekday = models.PositiveSmallIntegerField(_("week begins on"), default=0)  # 0 is Monday, as in Python's calendar
    needs_won_reason = models.BooleanField(_("ask why a deal was won"), default=True)
    needs_lost_reason = models.BooleanField(_("ask why a deal was lost"), default=True)
    needs_second_factor = models.BooleanField(_("two-factor sign-in for everybody"), default=False)

    class Meta:
        verbose_name_plural = "companies"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="accounts_company_one")]


def company() -> Company:
    """The company's settings, as shipped until somebody changes them."""
    return Company.objects.filter(pk=1).first() or Company(pk=1)


class UserManager(BaseUserManager["User"]):
    """Creates users by email address; passwords are hashed."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, role=User.Role.ADMIN, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in. A role widens what they see of the CRM, never of other people's tracking."""

    class Role(models.TextChoices):
        MEMBER = "member", _("Member")
        MANAGER = "manager", _("Manager")  # sees every team's records
        ADMIN = "admin", _("Administrator")  # manages users, teams and company settings too

    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.MEMBER)
    custom_role = models.ForeignKey(
        "accounts.Role", verbose_name=_("custom role"), null=True, blank=True, on_delete=models.PROTECT, related_name="users"
    )  # where it is set, its permissions count instead of the member's
    team = models.ForeignKey(Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.SET_NULL, related_name="members")
    avatar = models.ImageField(_("picture"), upload_to="avatars/", blank=True)
    time_zone = models.CharField(_("time zone"), max_length=50, default=default_time_zone)
    language = models.CharField(_("language"), max_length=10, default="en")
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_ci"),
            models.CheckConstraint(condition=models.Q(custom_role=None) | models.Q(role="member"), name="accounts_user_custom_role"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def may(self, permission: Permission) -> bool:
        """Whether the user's role allows it."""
        return permission in self.permissions

    @property
    def permissions(self) -> frozenset[str]:
        """All that the user's role allows."""
        return frozenset(self.custom_role.permissions) if self.custom_role else GRANTED[self.role]

    @property
    def role_name(self) -> str:
        """What the user's role is called."""
        return self.custom_role.name if self.custom_role else str(self.get_role_display())

    @property
    def default_visibility(self) -> Visibility:
        """Who sees what the user adds, unless they choose otherwise."""
        return Visibility(self.team.default_visibility) if self.team else Visibility.TEAM

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN

    @property
    def initials(self) -> str:
        words = (self.name or self.email).split()
        return "".join(word[0] for word in words[:2]).upper()

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class AuditEntry(models.Model):
    """Who used a tool of administration, when, on what. Entries are only ever added; none holds anything of tracking or mail."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=200)  # stays when the user goes; of the system and of recipients: what they are
    action = models.CharField(max_length=40)  # a key of `crm.accounts.audit.ACTIONS`
    about = models.CharField(max_length=254, blank=True)  # an address, a name
    details = models.JSONField(default=dict, blank=True)  # plain values that the sentence names

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["actor", "at"], name="accounts_audit_by_actor")]
