"""What the forms of all records share: who uses them, whom a record may be given to, how the boxes look."""

from typing import Any

from django import forms

from crm.accounts.models import User
from crm.records.handing_over import possible_owners
from crm.records.picking import PickField

CLASSES = {forms.CheckboxInput: "form-check-input", forms.Select: "form-select"}


class RecordForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form used by one user; pick fields are limited to what that user sees."""

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        self.label_suffix = ""
        for name, field in self.fields.items():
            field.widget.attrs["class"] = next((css for kind, css in CLASSES.items() if isinstance(field.widget, kind)), "form-control")
            if isinstance(field, PickField):
                current = getattr(self.instance, name)
                field.for_user(user, current)
                self.initial.setdefault(name, current)
        if "owner" in self.fields:
            self._limit_owners(self.fields["owner"])

    def _limit_owners(self, field: Any) -> None:
        current = self.instance.owner if self.instance.pk else None
        field.queryset = possible_owners(self.user, current)
        field.empty_label = None
        self.initial.setdefault("owner", self.user.pk)
