"""Fields that administrators add, and what records hold in them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.records.models.contacts import Organisation, Person
from crm.records.models.deals import Deal


class CustomField(models.Model):
    """A field that the company added to its people, organisations or deals."""

    class Of(models.TextChoices):
        PERSON = "person", _("People")
        ORGANISATION = "organisation", _("Organisations")
        DEAL = "deal", _("Deals")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        CHOICE = "choice", _("One of a list")
        CHOICES = "choices", _("Several of a list")
        PERSON = "person", _("Person")
        ORGANISATION = "organisation", _("Organisation")

    of = models.CharField(_("belongs to"), max_length=12, choices=Of.choices)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)  # shown no more; its values stay

    class Meta:
        ordering = ["of", "position", "pk"]
        constraints = [models.UniqueConstraint("of", Lower("name"), name="records_customfield_name_ci")]

    def __str__(self) -> str:
        return self.name


class CustomChoice(models.Model):
    """One entry of a field's list."""

    field = models.ForeignKey(CustomField, on_delete=models.CASCADE, related_name="choices")
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["field", "position", "pk"]
        constraints = [models.UniqueConstraint("field", Lower("name"), name="records_customchoice_name_ci")]

    def __str__(self) -> str:
        return self.name


class CustomValue(models.Model):
    """What one record holds in one field; a field for several choices has a row for each."""

    field = models.ForeignKey(CustomField, on_delete=models.CASCADE, related_name="values")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="custom_values")
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="custom_values")
    deal = models.ForeignKey(Deal, null=True, blank=True, on_delete=models.CASCADE, related_name="custom_values")
    text = models.TextField(blank=True)
    number = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)  # of money the amount
    currency = models.CharField(max_length=3, blank=True)
    date = models.DateField(null=True, blank=True)
    choice = models.ForeignKey(CustomChoice, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    to_person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    to_organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["field", "pk"]
        indexes = [
            models.Index(fields=["field", "number"], name="records_customvalue_number"),
            models.Index(fields=["field", "date"], name="records_customvalue_date"),
            models.Index(fields=["field", "choice"], name="records_customvalue_choice"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, organisation=None, deal=None)
                | Q(person=None, organisation__isnull=False, deal=None)
                | Q(person=None, organisation=None, deal__isnull=False),
                name="records_customvalue_one_record",
            ),
            *(
                models.UniqueConstraint(
                    fields=["field", of], condition=Q(choice=None, **{f"{of}__isnull": False}), name=f"records_customvalue_{of}"
                )
                for of in ("person", "organisation", "deal")
            ),
            *(
                models.UniqueConstraint(fields=["field", of, "choice"], name=f"records_customvalue_{of}_choice")
                for of in ("person", "organisation", "deal")
            ),
        ]
