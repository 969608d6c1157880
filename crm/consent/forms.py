"""Forms of the policy and of the ledger."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import DomainNameValidator
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import Team, User
from crm.consent import evidence
from crm.consent.importing import ORDERS
from crm.consent.models import Consent, Rule
from crm.lib import countries

AS_COMPANY = ("", gettext_lazy("As the company has it"))
DAYS = 3650
MOMENT = "%Y-%m-%dT%H:%M"


def mailboxes() -> list[str]:
    """The addresses that users send from, in lower case."""
    known = User.objects.filter(mail_accounts__leaving_at=None).exclude(mail_accounts__email=None)
    return sorted({str(email).casefold() for email in known.values_list("mail_accounts__email", flat=True)})


def _or_none(value: str) -> int | None:
    return int(value) if value else None


def _truth(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)


def _choice(label: Any, choices: list[tuple[Any, Any]], **options: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, choices=choices, **options)


class CompanyForm(forms.Form):
    """What is demanded of everybody's mail."""

    tracks_unknown = _choice(
        gettext_lazy("Recipients who were not asked"),
        [("yes", gettext_lazy("may be tracked, until they refuse")), ("no", gettext_lazy("are not tracked"))],
        coerce=_truth,
    )
    accepts = _choice(gettext_lazy("What counts as agreed"), list(Rule.Accepted.choices), coerce=int)
    is_coarse = _choice(
        gettext_lazy("What is kept of an opening"),
        [("no", gettext_lazy("the time of each")), ("yes", gettext_lazy("only the day of the last one, and links are left alone"))],
        coerce=_truth,
    )
    kept = _choice(gettext_lazy("What is kept of the network address"), list(Rule.Kept.choices), coerce=int)
    kept_days = forms.IntegerField(
        label=gettext_lazy("Days that the network address is kept"),
        required=False,
        min_value=1,
        max_value=DAYS,
        help_text=gettext_lazy("Empty: as long as the opening or click itself."),
    )

    @staticmethod
    def initial_of(values: dict[str, Any]) -> dict[str, Any]:
        """A policy's values as the fields show them."""
        return {name: {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value for name, value in values.items()}


class RuleForm(CompanyForm):
    """What is demanded of a part of the mail; `cleaned_data["key"]` is its name among the values of a policy."""

    tracks_unknown = _choice(
        gettext_lazy("Recipients who were not asked"),
        [AS_COMPANY, ("no", gettext_lazy("are not tracked"))],
        coerce=_truth,
        required=False,
        empty_value=None,
    )
    accepts = _choice(
        gettext_lazy("What counts as agreed"), [AS_COMPANY, *Rule.Accepted.choices], coerce=_or_none, required=False, empty_value=None
    )
    is_coarse = _choice(
        gettext_lazy("What is kept of an opening"),
        [AS_COMPANY, ("yes", gettext_lazy("only the day of the last one, and links are left alone"))],
        coerce=_truth,
        required=False,
        empty_value=None,
    )
    kept = _choice(
        gettext_lazy("What is kept of the network address"),
        [AS_COMPANY, *Rule.Kept.choices],
        coerce=_or_none,
        required=False,
        empty_value=None,
    )
    field_order = ["which", "tracks_unknown", "accepts", "is_coarse", "kept", "kept_days"]

    def __init__(self, data: Any, *, scope: str, key: str = "", policy: dict[str, Any], initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.scope, self.key, self.policy = scope, key, policy
        self.fields["which"] = _which_field(scope)
        self.fields["kept_days"].help_text = _("Empty: as the company has it.")
        self.order_fields(self.field_order)

    def clean_which(self) -> str:
        which = _cleaned_which(self.scope, self.cleaned_data["which"])
        key = f"{self.scope}:{which}"
        if key != self.key and key in self.policy:
            raise ValidationError(_("There is a rule for this already. Change that one."))
        return which

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors and all(values.get(name) is None for name in ("tracks_unknown", "accepts", "is_coarse", "kept", "kept_days")):
            raise ValidationError(_("This rule would demand nothing. Choose at least one thing in which it is stricter than the company."))
        return values


def _which_field(scope: str) -> forms.Field:
    if scope == Rule.Scope.COUNTRY:
        return forms.ChoiceField(label=_("Country"), choices=lazy(lambda: [("", "—"), *countries.choices()], list)())
    if scope == Rule.Scope.TEAM:
        return forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.order_by("name"), empty_label="—")
    if scope == Rule.Scope.MAILBOX:
        return forms.CharField(
            label=_("Address of ours"),
            max_length=254,
            widget=forms.TextInput(attrs={"list": "mailboxes", "autocomplete": "off", "spellcheck": "false"}),
        )
    return forms.CharField(
        label=_("Domain"),
        max_length=254,
        help_text=_("For example client.com; the names below it, such as mail.client.com, are meant as well."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


def _cleaned_which(scope: str, value: Any) -> str:
    if scope == Rule.Scope.TEAM:
        return str(value.pk)
    text = str(value).strip()
    if scope == Rule.Scope.DOMAIN:
        return _domain(text)
    if scope == Rule.Scope.MAILBOX and text.casefold() not in mailboxes():
        raise ValidationError(_("“%(value)s” is no address that anybody here sends from.") % {"value": text})
    return text.casefold() if scope == Rule.Scope.MAILBOX else text


def _domain(text: str) -> str:
    domain = text.casefold().removeprefix("@").rstrip(".")
    if "@" in domain:
        raise ValidationError(_("Give the domain alone, the part behind the @: “%(domain)s”.") % {"domain": domain.rpartition("@")[2]})
    try:
        DomainNameValidator()(domain)
    except ValidationError:
        raise ValidationError(_("“%(value)s” is no email domain. A domain looks like client.com.") % {"value": text}) from None
    return domain


class SettingsForm(forms.Form):
    """What the company says to recipients, and for how long it keeps what they did."""

    company = forms.CharField(
        label=gettext_lazy("Company name"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("As recipients know it; empty: the sender's name."),
    )
    contact = forms.CharField(
        label=gettext_lazy("Contact for questions of privacy"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("An email address, a telephone number or a page."),
    )
    shows_footer = forms.BooleanField(
        label=gettext_lazy("A line below tracked mail that leads to the recipient's page"),
        required=False,
        help_text=gettext_lazy(
            "The page says what is tracked, and lets the recipient refuse. A header of the mail leads there in any case."
        ),
    )
    footer = forms.CharField(
        label=gettext_lazy("Words of that line"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Empty: Candor's own words, in the sender's language."),
    )
    hits_days = forms.IntegerField(
        label=gettext_lazy("Days that openings and clicks are kept"),
        required=False,
        min_value=1,
        max_value=DAYS * 3,
        help_text=gettext_lazy("Empty: until they are deleted."),
    )


class TryForm(forms.Form):
    """An address to try the policy with."""

    email = forms.EmailField(label=gettext_lazy("Recipient"))
    user = forms.ModelChoiceField(
        label=gettext_lazy("Sent by"), queryset=User.objects.filter(is_active=True).order_by("name", "pk"), empty_label=None
    )
    mailbox = forms.ChoiceField(label=gettext_lazy("From"), required=False)

    def __init__(self, data: Any, **options: Any) -> None:
        super().__init__(data, **options)
        choices = [("", _("any other address")), *((one, one) for one in mailboxes())]
        self.fields["mailbox"].choices = choices  # type: ignore[attr-defined]


class EntryForm(forms.Form):
    """One entry of the ledger by hand, about one of a contact's addresses."""

    email = forms.ChoiceField(label=gettext_lazy("Address"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("What was said"), choices=Consent.State.choices)
    source = forms.ChoiceField(
        label=gettext_lazy("How it is known"),
        choices=[
            (Consent.Source.HAND, gettext_lazy("Told to us: by telephone, by mail, in person")),
            (Consent.Source.FORM, gettext_lazy("A form that was filled in")),
        ],
    )
    at = forms.DateTimeField(
        label=gettext_lazy("When"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        error_messages={"invalid": gettext_lazy("This is not a date and time.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Who told whom, and where. It stays with the entry for good."),
        error_messages={"required": gettext_lazy("Say how you know it.")},
    )
    wording = forms.CharField(
        label=gettext_lazy("What they were asked"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2})
    )
    evidence = forms.FileField(label=gettext_lazy("Evidence"), required=False)

    def __init__(self, data: Any = None, files: Any = None, *, emails: list[str]) -> None:
        super().__init__(data, files, initial={"at": timezone.localtime(), "state": Consent.State.GRANTED})
        self.emails = emails
        self.fields["email"].choices = [(email, email) for email in emails]  # type: ignore[attr-defined]
        if len(emails) == 1:
            self.fields["email"].widget = forms.HiddenInput()
        self.fields["evidence"].help_text = evidence.rules()
        self.fields["evidence"].widget.attrs["accept"] = evidence.accepted()

    def clean_email(self) -> str:
        """The first one, where there is no choice or none was made."""
        return str(self.cleaned_data["email"] or self.emails[0])

    def clean_evidence(self) -> "UploadedFile[Any] | None":
        upload: UploadedFile[Any] | None = self.cleaned_data["evidence"]
        if upload is not None and (fault := evidence.fault(upload)):
            raise ValidationError(fault)
        return upload


class ImportForm(forms.Form):
    """A file or pasted lines for the ledger."""

    file = forms.FileField(
        label=gettext_lazy("File"), required=False, widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"})
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste its lines"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    order = forms.ChoiceField(
        label=gettext_lazy("Dates such as 03/04/2026 mean"),
        choices=ORDERS,
        help_text=gettext_lazy("2026-04-03 and 03.04.2026 are read in any case."),
    )
    name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors and not values.get("file") and not str(values.get("text", "")).strip():
            raise ValidationError(_("Choose a file, or paste its lines."))
        return values


class SetForm(forms.Form):
    """The same entry for many addresses."""

    addresses = forms.CharField(
        label=gettext_lazy("Addresses"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=gettext_lazy("One a line, or with commas or semicolons between them."),
    )
    state = forms.ChoiceField(label=gettext_lazy("What was said"), choices=Consent.State.choices)
    at = forms.DateTimeField(
        label=gettext_lazy("When"),
        initial=timezone.localtime,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        error_messages={"invalid": gettext_lazy("This is not a date and time.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=900,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Say how you know it.")},
    )
