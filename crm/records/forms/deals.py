"""Forms of deals and of what happens to them on the board."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records import closing
from crm.records.forms import sales
from crm.records.forms.custom import CustomFields
from crm.records.forms.sales import SaleForm
from crm.records.forms.stages import StageField
from crm.records.models import Deal, Stage
from crm.records.picking import PickField
from crm.records.picking_several import PickPeopleField

REASON_LENGTH = 200
TOO_LONG = {"max_length": _("Keep the reason under 200 characters.")}


class DealForm(CustomFields, SaleForm):
    """A deal; its person and organisation are picked by typing, and created where they are unknown."""

    person = PickField(
        "person", may_create=True, label=_("Contact person"), help_text=_("Type a name; one that is not known yet is created.")
    )
    organisation = PickField("organisation", may_create=True, label=_("Organisation"), help_text=_("Empty: the person’s organisation."))
    participants = PickPeopleField(label=_("Participants"), help_text=_("Who else takes part. Their mail shows on the deal’s page."))
    stage = StageField()

    class Meta:
        model = Deal
        fields = [*sales.COLUMNS, "probability"]
        error_messages = {
            **sales.ERRORS,
            "title": {"required": _("Give the deal a title, for example “Acme — 20 licences”.")},
            "probability": {
                "invalid": _("Write the probability as a whole number from 0 to 100."),
                "max_value": _("A probability is 100 percent at most."),
                "min_value": _("A probability is 0 percent at least."),
            },
        }
        widgets = {**sales.widgets(), "probability": forms.NumberInput(attrs={"min": "0", "max": "100", "inputmode": "numeric"})}
        labels = {"probability": _("Probability in percent")}
        help_texts = {"probability": _("Empty: the stage’s.")}

    field_order = [
        *("title", "person", "organisation", "participants", "value", "currency", "stage", "probability"),
        *("expected_close_on", "owner", "visibility", "tags"),
    ]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people: Any = self.fields["participants"]
        current = list(self.instance.participants.all()) if self.instance.pk else []
        people.for_user(self.user, current)
        self.initial.setdefault("participants", current)
        if self.instance.pk:
            self._begin_with_the_stage()

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


class MoveForm(forms.Form):
    """A card dropped on the board: its new stage, the card above it, and the stage in which the person saw it."""

    stage = forms.ModelChoiceField(Stage.objects.select_related("pipeline"))
    after = forms.ModelChoiceField(Deal.objects.none(), required=False)
    seen_in = forms.IntegerField(required=False)

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        after: Any = self.fields["after"]
        after.queryset = Deal.objects.visible_to(user)


class ParticipantForm(forms.Form):
    """Who else takes part in a deal."""

    person = PickField("person", may_create=False, required=True, error_messages={"required": _("Type the name of a contact first.")})

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        person: Any = self.fields["person"]
        person.for_user(user)
        person.widget.attrs["placeholder"] = _("Add somebody")


class ClosingForm(forms.Form):
    """Won or lost, and why: one of the reasons that are offered, words of one's own, or both."""

    choice = forms.CharField(required=False, max_length=REASON_LENGTH, error_messages=TOO_LONG)
    reason = forms.CharField(required=False, max_length=REASON_LENGTH, error_messages=TOO_LONG)

    def __init__(self, *args: Any, outcome: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.outcome = outcome

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        words = dict.fromkeys(" ".join(cleaned.get(name, "").split()) for name in ("choice", "reason"))
        cleaned["words"] = ": ".join(word for word in words if word)
        if len(cleaned["words"]) > REASON_LENGTH:
            raise ValidationError(TOO_LONG["max_length"])
        if not self.errors and not cleaned["words"] and closing.needs_reason(self.outcome):
            raise ValidationError(closing.missing(self.outcome))
        return cleaned

    @property
    def mistake(self) -> str:
        """The first fault in a sentence."""
        return str(next(iter(self.errors.values()))[0])
