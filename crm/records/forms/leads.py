"""Forms of leads: noting one down, and converting it into a deal."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records import leads
from crm.records.forms import sales
from crm.records.forms.owned import RecordForm
from crm.records.forms.sales import SaleForm
from crm.records.forms.stages import StageField
from crm.records.models import Activity, Deal, Lead, Organisation, Person
from crm.records.picking import PickField

SOURCES = (_("Website"), _("Referral"), _("Trade fair"), _("Phone"), _("Campaign"), _("Partner"))


class SourceInput(forms.TextInput):
    """A text box that offers the sources in use and the usual ones."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        used = Lead.objects.exclude(source="").order_by("source").values_list("source", flat=True).distinct()
        offered = dict.fromkeys([*used[:50], *map(str, SOURCES)])
        box = super().render(name, value, {**(attrs or {}), "list": "sources"}, renderer)
        return format_html(
            '{}<datalist id="sources">{}</datalist>', box, format_html_join("", '<option value="{}">', ([one] for one in offered))
        )


class NamedPickField(PickField):
    """Cleans to a record that is known, to the name that was typed, or to None."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(kind, may_create=False, **options)

    def _new(self, text: str) -> Any:
        if len(text) > 200:
            raise ValidationError(_("This name is too long: at most 200 characters."))
        return text


class LeadForm(SaleForm):
    """Somebody who might buy: a contact who is known, or what is known of one."""

    person = NamedPickField(
        "person", label=_("Contact person"), help_text=_("Pick somebody you know, or write a name: it becomes a contact with the deal.")
    )
    organisation = NamedPickField("organisation", label=_("Organisation"), help_text=_("Likewise."))

    class Meta:
        model = Lead
        fields = [*sales.COLUMNS, "email", "phone", "job_title", "source"]
        error_messages = {
            **sales.ERRORS,
            "title": {"required": _("Give the lead a title, for example “Acme asks about 20 licences”.")},
            "email": {"invalid": _("This is not an email address. It looks like name@example.com.")},
        }
        widgets = {**sales.widgets(), "source": SourceInput(), "phone": forms.TextInput(attrs={"type": "tel"})}

    field_order = [
        *("title", "source", "person", "organisation", "email", "phone", "job_title"),
        *("value", "currency", "expected_close_on", "owner", "visibility", "tags"),
    ]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("person", "organisation"):
            self.initial[name] = self.initial.get(name) or getattr(self.instance, f"{name}_name")

    @property
    def contact(self) -> leads.Contact:
        """Whom the form names."""
        return leads.Contact(**_named("person", self.cleaned_data["person"]), **_named("organisation", self.cleaned_data["organisation"]))


def _named(name: str, value: Person | Organisation | str | None) -> dict[str, Any]:
    return {f"{name}_name": value} if isinstance(value, str) else {name: value}


class ConvertForm(RecordForm):
    """What becomes of a lead: a deal, its contact and its organisation, and perhaps the next step."""

    person = PickField("person", may_create=True, label=_("Contact person"))
    organisation = PickField("organisation", may_create=True, label=_("Organisation"))
    currency = sales.CurrencyField()
    stage = StageField()
    next_subject = forms.CharField(label=_("What is to be done (optional)"), max_length=200, required=False)
    next_kind = forms.ChoiceField(label=_("Kind"), required=False)
    next_due_at = forms.DateTimeField(
        label=_("Due"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("This is not a date and time.")},
    )

    class Meta:
        model = Deal
        fields = sales.COLUMNS
        error_messages = {**sales.ERRORS, "title": {"required": _("Give the deal a title, for example “Acme — 20 licences”.")}}
        widgets = sales.widgets()

    field_order = ["title", "person", "organisation", "value", "currency", "stage", "expected_close_on", "owner", "visibility"]

    def __init__(self, *args: Any, lead: Lead, **options: Any) -> None:
        super().__init__(*args, **options)
        currency: Any = self.fields["currency"]
        currency.keep(lead.currency)
        kinds: Any = self.fields["next_kind"]
        kinds.choices = [choice for choice in Activity.Kind.choices if choice[0] != Activity.Kind.CUSTOM]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("next_subject") and not cleaned.get("next_due_at") and "next_due_at" not in self.errors:
            self.add_error("next_due_at", str(_("Choose when it is due.")))
        return cleaned

    @property
    def activity(self) -> Activity | None:
        """The next step, not saved yet; None where nothing was written."""
        typed = self.cleaned_data
        if not typed["next_subject"]:
            return None
        kind = typed["next_kind"] or Activity.Kind.TASK
        return Activity(owner=self.instance.owner, subject=typed["next_subject"], kind=kind, due_at=typed["next_due_at"])


def first_values(lead: Lead, user: User, *, due_at: datetime) -> dict[str, Any]:
    """What the form of a conversion shows at first: who is known already, else the names that were noted down."""
    person = leads.known_person(lead, user)
    organisation = leads.known_organisation(lead, person, user)
    return {
        "person": person or lead.person_name,
        "organisation": organisation or lead.organisation_name,
        "next_due_at": due_at,
        "next_kind": Activity.Kind.CALL,
    }
