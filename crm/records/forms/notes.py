"""Forms of notes, and of what a note or an activity is about."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records import notebook
from crm.records.models import RECORDS, Deal, Lead, Organisation, Person, Record


class NoteForm(forms.Form):
    """What is written down about a record: HTML from the editor, or without script plain text."""

    text = forms.CharField(
        label=_("Note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )
    html = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.words = {"text": cleaned.get("text", ""), "html": cleaned.get("html", "")}
        try:
            notebook.read(**self.words)
        except notebook.CannotNote as refusal:
            self.add_error("text", str(refusal))
        return cleaned


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
