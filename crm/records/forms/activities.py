"""Forms of activities and notes."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.forms.owned import RecordForm
from crm.records.models import RECORDS, Activity, Deal, Lead, Organisation, Person, Record
from crm.records.picking import PickField


class ActivityForm(RecordForm):
    """Something to do, at a time of the user's own zone."""

    person = PickField("person", may_create=False, label=_("Contact"))
    deal = PickField("deal", may_create=False, label=_("Deal"))
    organisation = PickField("organisation", may_create=False, label=_("Organisation"))

    class Meta:
        model = Activity
        fields = ["subject", "kind", "due_at", "note", "owner"]
        error_messages = {
            "subject": {"required": _("Say what is to be done.")},
            "due_at": {"required": _("Choose when it is due."), "invalid": _("This is not a date and time.")},
        }
        widgets = {
            "due_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            "note": forms.Textarea(attrs={"rows": 2}),
        }

    field_order = ["subject", "kind", "due_at", "person", "deal", "organisation", "note", "owner"]


class NoteForm(forms.Form):
    """What is written down about a record."""

    text = forms.CharField(
        label=_("Note"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
        error_messages={"required": _("Write something first."), "max_length": _("A note holds at most 20,000 characters.")},
    )


class AboutForm(forms.Form):
    """Which record something is about: one of four, visible to the user."""

    person = forms.ModelChoiceField(Person.objects.none(), required=False)
    organisation = forms.ModelChoiceField(Organisation.objects.none(), required=False)
    deal = forms.ModelChoiceField(Deal.objects.none(), required=False)
    lead = forms.ModelChoiceField(Lead.objects.none(), required=False)

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, model in RECORDS.items():
            field: Any = self.fields[name]
            field.queryset = model.objects.visible_to(user)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if sum(value is not None for value in cleaned.values()) != 1 and not self.errors:
            raise ValidationError("exactly one record is needed")
        return cleaned

    @property
    def record(self) -> Record:
        """The one that was given."""
        given: Record = next(value for value in self.cleaned_data.values() if value is not None)
        return given
