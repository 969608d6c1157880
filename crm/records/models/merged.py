"""What became of duplicates: contacts that were merged into another one, and pairs that are none."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from crm.records.models.contacts import Organisation, Person


class ContactKind(models.TextChoices):
    """What has duplicates, by the names of the models."""

    PERSON = "person"
    ORGANISATION = "organisation"


class Merged(models.Model):
    """A person or an organisation that is part of another one now: old addresses lead there. Written by `merging` only."""

    kind = models.CharField(max_length=12, choices=ContactKind.choices)
    former = models.PositiveBigIntegerField()  # the number that the record had; numbers are given once
    name = models.CharField(max_length=200)  # as it was called
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="merged")
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="merged")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "merged"
        constraints = [
            models.UniqueConstraint(fields=["kind", "former"], name="records_merged_once"),
            models.CheckConstraint(
                condition=Q(kind="person", person__isnull=False, organisation=None)
                | Q(kind="organisation", person=None, organisation__isnull=False),
                name="records_merged_one_survivor",
            ),
        ]


class NotTheSame(models.Model):
    """Two contacts that look alike, of whom somebody said that they are not the same. Written by `duplicates` only."""

    kind = models.CharField(max_length=12, choices=ContactKind.choices)
    lower = models.PositiveBigIntegerField()  # the smaller one of their numbers
    higher = models.PositiveBigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "not the same"
        constraints = [
            models.UniqueConstraint(fields=["kind", "lower", "higher"], name="records_notthesame_once"),
            models.CheckConstraint(condition=Q(lower__lt=models.F("higher")), name="records_notthesame_ordered"),
        ]
