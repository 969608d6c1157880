"""Forms of people and organisations."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.lib import countries
from crm.records.contacts import same_email
from crm.records.forms.custom import CustomFields
from crm.records.forms.owned import RecordForm
from crm.records.models import Organisation, Person
from crm.records.picking import PickField


class CountryField(forms.ChoiceField):
    """One of all countries, or none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(label=_("Country"), required=False, choices=lambda: [("", "—"), *countries.choices()], **options)


class PersonForm(CustomFields, RecordForm):
    """A contact. An address that another contact has already is asked about once, not refused."""

    organisation = PickField(
        "organisation", may_create=True, label=_("Organisation"), help_text=_("Type a name; one that is not known yet is created.")
    )
    country = CountryField(help_text=_("Rules on tracking may depend on it. Empty: the organisation's."))
    is_duplicate_meant = forms.BooleanField(label=_("Save anyway: this is somebody else"), required=False)

    class Meta:
        model = Person
        fields = ["name", "email", "phone", "job_title", "country", "owner"]
        error_messages = {
            "name": {"required": _("Give the contact a name.")},
            "email": {"invalid": _("This is not an email address. It looks like name@example.com.")},
        }
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "off"}), "phone": forms.TextInput(attrs={"type": "tel"})}

    field_order = ["name", "email", "phone", "organisation", "job_title", "country", "owner"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.duplicates: list[Person] = []
        address = f"{reverse('records:person_duplicates')}?besides={self.instance.pk or ''}"
        hint = {"hx-get": address, "hx-trigger": "change", "hx-target": "#duplicates"}  # told while one fills in the rest
        self.fields["email"].widget.attrs.update(hint)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        email = cleaned.get("email", "")
        if email and not cleaned.get("is_duplicate_meant") and email != self.initial.get("email"):
            self.duplicates = same_email(self.user, email, besides=self.instance)
            if self.duplicates:
                self.add_error("email", str(_("Another contact has this address already.")))
        return cleaned


class OrganisationForm(CustomFields, RecordForm):
    """A company."""

    country = CountryField(help_text=_("Rules on tracking may depend on it."))

    class Meta:
        model = Organisation
        fields = ["name", "domain", "phone", "address", "country", "owner"]
        error_messages = {"name": {"required": _("Give the organisation a name.")}}
        help_texts = {"domain": _("For example acme.com. Mails from this domain belong to the organisation.")}
        widgets = {"address": forms.Textarea(attrs={"rows": 3}), "phone": forms.TextInput(attrs={"type": "tel"})}

    def clean_domain(self) -> str:
        """Accepts a pasted web address or email address and keeps its domain."""
        text = str(self.cleaned_data["domain"]).strip().lower()
        host = text.partition("://")[2] or text
        return host.rpartition("@")[2].split("/")[0].split(":")[0].removeprefix("www.")
