"""People, the organisations that they work for, and how to reach both."""

from collections.abc import Iterable
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.records.models.digits import Digits
from crm.records.models.owned import Located, OwnedQuerySet, Shared


class Label(models.TextChoices):
    """What an address or a number is for."""

    WORK = "work", _("Work")
    MOBILE = "mobile", _("Mobile")
    HOME = "home", _("Home")
    FAX = "fax", _("Fax")
    BILLING = "billing", _("Billing")
    OTHER = "other", _("Other")


class ContactQuerySet(OwnedQuerySet):
    """People, organisations."""

    def with_address(self, emails: Iterable[str]) -> Self:
        """Those who have one of these email addresses, as the first or as a further one, whatever the capitals."""
        folded = [email.lower() for email in emails]
        further = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, folded__in=folded)
        first = self.alias(folded_email=Lower("email"))
        return first.filter(Q(folded_email__in=folded) | Q(pk__in=further.exclude(**{self._link: None}).values(self._link)))

    @property
    def _link(self) -> str:
        return str(self.model._meta.model_name)


class Reachable(models.Model):
    """Base of what has addresses and numbers; both its kinds have further ones as `points`."""

    class Meta:
        abstract = True

    @property
    def emails(self) -> list[str]:
        """Every email address in small letters, the first one first. Prefetch "points" where many are read."""
        first = str(getattr(self, "email", "")).lower()
        further = [point.folded for point in getattr(self, "points").all() if point.kind == ContactPoint.Kind.EMAIL]  # noqa: B009
        return [first, *further] if first else further


class Organisation(Reachable, Located, Shared):
    """A company that people work for."""

    SEARCHED: ClassVar = ("name", "domain", "phone", "address", "city")

    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("domain"), max_length=200, blank=True, db_index=True)
    email = models.EmailField(_("email"), blank=True)  # the first one; further ones are ContactPoints
    email_label = models.CharField(max_length=10, choices=Label.choices, default=Label.WORK)
    phone = models.CharField(_("phone"), max_length=50, blank=True)  # the first one
    phone_label = models.CharField(max_length=10, choices=Label.choices, default=Label.WORK)

    objects = ContactQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        indexes = [
            models.Index(Lower("name"), "id", name="records_organisation_by_name"),
            models.Index(Lower("email"), name="records_organisation_by_email"),
            models.Index(Digits("phone"), name="records_organisation_by_phone"),
            models.Index(Lower("domain"), name="records_organisation_by_domain"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("records:organisation_detail", args=[self.pk])


class Person(Reachable, Located, Shared):
    """Somebody outside of the company: a customer, a prospect. Without a country of their own the organisation's holds."""

    SEARCHED: ClassVar = ("name", "email", "phone", "job_title", "organisation__name")

    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("email"), blank=True, db_index=True)  # the first one; further ones are ContactPoints
    email_label = models.CharField(max_length=10, choices=Label.choices, default=Label.WORK)
    phone = models.CharField(_("phone"), max_length=50, blank=True)  # the first one
    phone_label = models.CharField(max_length=10, choices=Label.choices, default=Label.WORK)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.SET_NULL, related_name="people"
    )

    objects = ContactQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        indexes = [
            models.Index(fields=["name"], name="records_person_name"),
            models.Index(Lower("name"), "id", name="records_person_by_name"),
            models.Index(Lower("email"), name="records_person_by_email"),
            models.Index(Digits("phone"), name="records_person_by_phone"),
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


class ContactPoint(models.Model):
    """A further email address, number or postal address of a person or an organisation, besides the first in the record itself."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("Email")
        PHONE = "phone", _("Phone")
        ADDRESS = "address", _("Address")

    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="points")
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="points")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    label = models.CharField(max_length=10, choices=Label.choices, default=Label.OTHER)
    value = models.CharField(max_length=500)
    folded = models.CharField(max_length=500, db_index=True)  # to compare by: an address in small letters, a number's digits
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["kind", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, organisation__isnull=False) | Q(person__isnull=False, organisation=None),
                name="records_contactpoint_one_owner",
            ),
            models.UniqueConstraint(fields=["person", "kind", "folded"], name="records_contactpoint_person"),
            models.UniqueConstraint(fields=["organisation", "kind", "folded"], name="records_contactpoint_organisation"),
        ]

    def __str__(self) -> str:
        return self.value
