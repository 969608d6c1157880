"""What is typed into the privacy tools."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mail import erasing


class LookupForm(forms.Form):
    """An address to look up."""

    email = forms.EmailField(label=_("Email address"), max_length=254)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.strip().casefold()


class DeedForm(LookupForm):
    """An address, and why."""

    note = forms.CharField(
        label=_("Note"),
        max_length=1000,
        required=False,
        help_text=_("For the receipt: who asked, and how."),
        widget=forms.Textarea({"rows": 2}),
    )
    mails_receipt = forms.BooleanField(label=_("Mail the receipt to the person"), required=False)

    def clean_email(self) -> str:
        email = super().clean_email()
        if email in erasing.our_addresses():
            raise forms.ValidationError(_("This is an address of your own company. These tools are for people outside of it."))
        return email

    def __init__(self, *args: Any, can_mail: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget = forms.HiddenInput()
        if not can_mail:
            del self.fields["mails_receipt"]
