"""Forms of deals and of what happens to them on the board."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.forms.custom import CustomFields
from crm.records.forms.owned import RecordForm
from crm.records.models import Deal, Stage
from crm.records.money import CURRENCIES
from crm.records.picking import PickField


class DealForm(CustomFields, RecordForm):
    """A deal; its person and organisation are picked by typing, and created where they are unknown."""

    person = PickField(
        "person", may_create=True, label=_("Contact person"), help_text=_("Type a name; one that is not known yet is created.")
    )
    organisation = PickField("organisation", may_create=True, label=_("Organisation"), help_text=_("Empty: the person’s organisation."))
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    stage = forms.ModelChoiceField(Stage.objects.select_related("pipeline"), label=_("Stage"), empty_label=None)

    class Meta:
        model = Deal
        fields = ["title", "value", "currency", "expected_close_on", "owner"]
        error_messages = {
            "title": {"required": _("Give the deal a title, for example “Acme — 20 licences”.")},
            "value": {
                "required": _("Write 0 if the value is not known yet."),
                "invalid": _("Write the value as a number, for example 12500 or 12500.50."),
                "min_value": _("The value cannot be negative."),
            },
            "expected_close_on": {"invalid": _("This is not a date.")},
        }
        widgets = {
            "value": forms.NumberInput(attrs={"step": "0.01", "min": "0", "inputmode": "decimal"}),
            "expected_close_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    field_order = ["title", "person", "organisation", "value", "currency", "stage", "expected_close_on", "owner"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["stage"].label_from_instance = lambda stage: stage.name  # type: ignore[attr-defined]
        if self.instance.pk:
            self._begin_with_the_stage()
        self._keep_unusual_currency()

    def _begin_with_the_stage(self) -> None:
        """The form remembers the stage that it showed: somebody may move the deal while it is open."""
        self.initial["stage"] = self.instance.stage_id
        self.fields["stage"].show_hidden_initial = True
        if not self.instance.is_open:  # a closed deal is not moved
            del self.fields["stage"]

    @property
    def wanted_stage(self) -> Stage | None:
        """The stage that the person chose; None where they left it alone."""
        chosen: Stage | None = self.cleaned_data.get("stage")
        return chosen if "stage" in self.changed_data else None

    def _keep_unusual_currency(self) -> None:
        """An imported deal may hold a currency that is not on our list."""
        field: Any = self.fields["currency"]
        if self.instance.currency not in CURRENCIES:
            field.choices = [(self.instance.currency, self.instance.currency), *field.choices]


class MoveForm(forms.Form):
    """A card dropped on the board: its new stage, the card above it, and the stage in which the person saw it."""

    stage = forms.ModelChoiceField(Stage.objects.all())
    after = forms.ModelChoiceField(Deal.objects.none(), required=False)
    seen_in = forms.IntegerField(required=False)

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        after: Any = self.fields["after"]
        after.queryset = Deal.objects.visible_to(user)


class ClosingForm(forms.Form):
    """Won or lost, and why."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, error_messages={"max_length": _("Keep the reason under 200 characters.")}
    )
