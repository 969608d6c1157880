"""Forms of people and organisations."""

from typing import Any, ClassVar

from django import forms
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Visibility
from crm.lib import countries
from crm.records import tags
from crm.records.contacts import same_email
from crm.records.fields import book, reading
from crm.records.forms.custom import CustomFields
from crm.records.forms.owned import RecordForm
from crm.records.forms.points import PointsField, TagsField
from crm.records.models import Organisation, Person
from crm.records.picking import PickField

PLACE = ["address", "postcode", "city", "region", "country"]


class CountryField(forms.ChoiceField):
    """One of all countries, or none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(label=_("Country"), required=False, choices=lambda: [("", "—"), *countries.choices()], **options)


class ContactForm(CustomFields, RecordForm):
    """What people and organisations share: how to reach them, where they are, tags, who sees them. `values` goes to the domain verb."""

    POINTS: ClassVar = {"email": book.EMAILS, "phone": book.PHONES, "addresses": book.PLACE[-1]}  # boxes → fields of the book

    email = PointsField("email", label=_("Email"))
    phone = PointsField("phone", label=_("Phone"))
    country = CountryField()
    addresses = PointsField("address", label=_("Further addresses"))
    tags = TagsField(label=_("Tags"), required=False, help_text=_("Commas between them. A tag that is not known yet is created."))
    visibility = forms.ChoiceField(label=_("Seen by"), required=False, choices=Visibility.choices)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["visibility"].help_text = self._who_sees()  # type: ignore[attr-defined]
        if self.instance.pk:
            for box, field in self.POINTS.items():
                self.initial[box] = reading.read(self.instance, field)
            self.initial["tags"] = list(self.instance.tags.all())
        kind = self.instance._meta.model_name
        self.duplicates_url = f"{reverse(f'records:{kind}_duplicates')}?besides={self.instance.pk or ''}"

    def _who_sees(self) -> Any:
        """Who that is, in names, as far as the owner is known."""
        owner = self.instance.owner
        if owner.team is None:
            return _("{owner} is in no team yet: “the owner's team” is the owner alone. Some roles see everything.").format(owner=owner)
        return format_lazy(_("The team of {owner} is {team}. Some roles see everything."), owner=owner, team=owner.team)

    def clean_visibility(self) -> str:
        """Who posts without it leaves it as it is."""
        return str(self.cleaned_data["visibility"] or self.instance.visibility)

    @property
    def values(self) -> dict[str, Any]:
        """What was typed for the fields that stand in other tables, by keys of the book. Tags that are new are made."""
        typed = {field.key: self.cleaned_data[box] for box, field in self.POINTS.items() if box in self.data or self._has_rows(box)}
        return typed | ({"tags": tags.named(self.cleaned_data["tags"])} if "tags" in self.data else {})

    def _has_rows(self, box: str) -> bool:
        return f"{box}_label" in self.data


class PersonForm(ContactForm):
    """A contact. An address that another contact has already is asked about once, not refused."""

    organisation = PickField(
        "organisation", may_create=True, label=_("Organisation"), help_text=_("Type a name; one that is not known yet is created.")
    )
    country = CountryField(help_text=_("Rules on tracking may depend on it. Empty: the organisation's."))
    is_duplicate_meant = forms.BooleanField(label=_("Save anyway: this is somebody else"), required=False)

    class Meta:
        model = Person
        fields = ["name", "job_title", *PLACE, "owner", "visibility"]
        error_messages = {"name": {"required": _("Give the contact a name.")}}
        widgets = {"address": forms.Textarea(attrs={"rows": 2})}

    field_order = ["name", "job_title", "organisation", "email", "phone", *PLACE, "addresses", "tags", "owner", "visibility"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.duplicates: list[Person] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        known = set(self.instance.emails) if self.instance.pk else set()
        fresh = [point.value for point in cleaned.get("email", []) if point.value.lower() not in known]
        if fresh and not cleaned.get("is_duplicate_meant"):
            self.duplicates = same_email(self.user, *fresh, besides=self.instance)
            if self.duplicates:
                self.add_error("email", _now("Another contact has this address already."))
        return cleaned


class OrganisationForm(ContactForm):
    """A company."""

    country = CountryField(help_text=_("Rules on tracking may depend on it."))

    class Meta:
        model = Organisation
        fields = ["name", "domain", *PLACE, "owner", "visibility"]
        error_messages = {"name": {"required": _("Give the organisation a name.")}}
        help_texts = {"domain": _("For example acme.com. Mails from this domain belong to the organisation.")}
        widgets = {"address": forms.Textarea(attrs={"rows": 2})}

    field_order = ["name", "domain", "email", "phone", *PLACE, "addresses", "tags", "owner", "visibility"]

    def clean_domain(self) -> str:
        """Accepts a pasted web address or email address and keeps its domain."""
        text = str(self.cleaned_data["domain"]).strip().lower()
        host = text.partition("://")[2] or text
        return host.rpartition("@")[2].split("/")[0].split(":")[0].removeprefix("www.")
