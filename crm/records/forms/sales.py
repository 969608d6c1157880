"""What the forms of deals and of leads share: the money, the tags, who sees it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.records import tags
from crm.records.forms.owned import RecordForm
from crm.records.forms.points import TagsField
from crm.records.models import Tag
from crm.records.money import CURRENCIES

COLUMNS = ["title", "value", "currency", "expected_close_on", "owner", "visibility"]
CURRENCIES_TO_CHOOSE = [(code, code) for code in CURRENCIES]
ERRORS: dict[str, Any] = {
    "value": {
        "required": _("Write 0 if the value is not known yet."),
        "invalid": _("Write the value as a number, for example 12500 or 12500.50."),
        "min_value": _("The value cannot be negative."),
    },
    "expected_close_on": {"invalid": _("This is not a date.")},
}


def widgets() -> dict[str, forms.Widget]:
    """Of the columns that both have."""
    return {
        "value": forms.NumberInput(attrs={"step": "0.01", "min": "0", "inputmode": "decimal"}),
        "expected_close_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    }


class CurrencyField(forms.ChoiceField):
    """One of the usual currencies, or the one that a record has already."""

    def __init__(self) -> None:
        super().__init__(label=_("Currency"), choices=CURRENCIES_TO_CHOOSE)

    def keep(self, currency: str) -> None:
        """An imported deal may hold a currency that is not on our list."""
        if currency not in CURRENCIES:
            self.choices = [(currency, currency), *CURRENCIES_TO_CHOOSE]


class SaleForm(RecordForm):
    """Base of both forms. Whoever makes a new one gives it the currency and the visibility to begin with."""

    currency = CurrencyField()
    tags = TagsField(label=_("Tags"), required=False, help_text=_("Commas between them. A tag that is not known yet is created."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["visibility"].required = False  # left out: as it is
        if self.instance.pk:
            self.initial["tags"] = list(self.instance.tags.all())
        currency: Any = self.fields["currency"]
        currency.keep(self.instance.currency)

    def clean_visibility(self) -> str:
        return str(self.cleaned_data["visibility"] or self.instance.visibility)

    @property
    def tags_chosen(self) -> list[Tag] | None:
        """Those typed, new ones made; None where the request says nothing of tags."""
        return tags.named(self.cleaned_data["tags"]) if "tags" in self.data else None
