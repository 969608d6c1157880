"""Forms of mail: the composer, accounts, tracking options."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.lib.encryption import is_readable
from crm.records.models import Deal
from mail import body, scheduling
from mail.drafts import Window
from mail.models import Account, Message, Security
from mail.reading import plain_as_html
from tracking.cleaning import strip_own
from tracking.models import Preferences

TOGGLES = ("track_opens", "track_links", "tell_apart")
AT_TYPED = "typed"


class TypedField(forms.CharField):
    """Text of any length, without the NUL that no database takes: what somebody typed or pasted is never refused as such."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\0", "")


class ComposeForm(forms.Form):
    """What the composer posts. Addresses are checked when the mail is sent, so that a draft keeps every mistake."""

    account = forms.ModelChoiceField(Account.objects.none(), required=False)
    draft = forms.ModelChoiceField(Message.objects.none(), required=False)
    deal = forms.ModelChoiceField(Deal.objects.none(), required=False)
    reply = forms.ModelChoiceField(Message.objects.none(), required=False)
    to = TypedField(required=False)
    cc = TypedField(required=False)
    bcc = TypedField(required=False)
    subject = TypedField(required=False)
    body_html = TypedField(required=False, strip=False)
    body_text = TypedField(required=False, strip=False)
    track_opens = forms.BooleanField(required=False)
    track_links = forms.BooleanField(required=False)
    tell_apart = forms.BooleanField(required=False)
    window = forms.RegexField(r"^[\w-]{1,25}$", required=False)
    count = forms.IntegerField(required=False, min_value=0, max_value=10**9)
    seen = TypedField(required=False)
    copy_of = forms.ModelChoiceField(Message.objects.none(), required=False)  # the draft beside which this becomes a second one
    reminded = TypedField(required=False)  # keys of what was asked before sending
    send_at = TypedField(required=False)  # a local time; AT_TYPED: the one in `send_at_typed`; "": at once
    send_at_typed = TypedField(required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = Account.objects.visible_to(user)  # type: ignore[attr-defined]
        self.fields["deal"].queryset = Deal.objects.visible_to(user)  # type: ignore[attr-defined]
        for name in ("draft", "reply", "copy_of"):
            self.fields[name].queryset = Message.objects.visible_to(user)  # type: ignore[attr-defined]

    def toggles(self) -> dict[str, bool]:
        """The toggles that the composer showed, and how they stood."""
        return {name: self.cleaned_data[name] for name in TOGGLES if name in self.data}

    def from_window(self) -> Window | None:
        """Which composer posts, and which version of the draft it knows."""
        name = self.cleaned_data["window"]
        return Window(name, self.cleaned_data["seen"], self.cleaned_data["count"] or 0) if name else None

    def wanted_time(self, *, zone: ZoneInfo, now: datetime) -> datetime | None:
        """When the mail shall go, None for at once. Raises NotATime."""
        text = self.cleaned_data["send_at"]
        if text == AT_TYPED:
            text = self.cleaned_data["send_at_typed"]
            if not text:
                raise scheduling.NotATime(gettext("Choose a day and a time."))
        return scheduling.chosen(text, zone=zone, now=now)

    def written_html(self) -> str:
        """The body without pixels and links of ours; plain text (no script) counts unless the draft says the same already."""
        if "body_html" in self.data:
            return strip_own(self.cleaned_data["body_html"])
        draft, text = self.cleaned_data.get("draft"), self.cleaned_data["body_text"]
        if draft and _same_words(body.to_text(draft.body_html), text):
            html: str = draft.body_html
            return html
        return plain_as_html(text)


class AddressForm(forms.Form):
    """The first step of connecting an account: its address, by which the servers are found."""

    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "form-control", "autocomplete": "email", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if Account.objects.visible_to(self.user).filter(email__iexact=email).exists():
            raise forms.ValidationError(_("This address is connected already."))
        return email


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """A mail account. A password is never shown again: left empty, the stored one stays."""

    smtp_password = forms.CharField(
        label=_("SMTP password"), required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    imap_password = forms.CharField(
        label=_("IMAP password"), required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    class Meta:
        model = Account
        fields = [
            "email",
            "sender_name",
            "smtp_host",
            "smtp_port",
            "smtp_security",
            "smtp_username",
            "imap_host",
            "imap_port",
            "imap_security",
            "imap_username",
            "sent_kept_by",
        ]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
        if self.instance.has_token:
            for name in [name for name in self.fields if name.startswith(SERVERS) or name == "email"]:
                del self.fields[name]
        self.is_unreadable = bool(self.instance.pk) and not is_readable(self.instance)
        names = () if self.is_unreadable or not self.instance.pk else ("smtp_password", "imap_password")
        self.stored = {name: getattr(self.instance, name) for name in names}

    @property
    def password_help(self) -> str:
        return gettext("Empty: the stored password stays.") if self.stored.get("smtp_password") else ""

    @property
    def imap_password_help(self) -> str:
        return gettext("Empty: the stored password stays.") if self.stored.get("imap_password") else gettext("Empty: the same as for SMTP.")

    def asks_other_servers(self) -> bool:
        """Whether a server, a user name or a password is new."""
        return any(name.startswith(SERVERS) or name == "email" for name in self.changed_data)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        others = Account.objects.visible_to(self.user).exclude(pk=self.instance.pk)
        if others.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("This address is connected already."))
        return email

    def clean_smtp_host(self) -> str:
        return _host(self.cleaned_data["smtp_host"])

    def clean_imap_host(self) -> str:
        return _host(self.cleaned_data["imap_host"])

    def clean(self) -> dict[str, Any]:
        """Empty password fields keep what is stored; an empty IMAP user or password means the same as for SMTP."""
        values: dict[str, Any] = super().clean() or {}
        if self.instance.has_token:
            return values
        self.instance.is_demo = self.instance.is_demo and not PLACES & set(self.changed_data)
        self.instance.max_bytes = None if "smtp_host" in self.changed_data else self.instance.max_bytes
        typed = values.get("smtp_password", "")
        values["smtp_password"] = typed or self._stored_password("smtp")
        values["smtp_username"] = values.get("smtp_username") or (values.get("email", "") if values["smtp_password"] else "")
        if values.get("imap_host"):
            values["imap_username"] = values.get("imap_username") or values["smtp_username"]
            is_other_host = "imap_host" in self.changed_data
            kept = "" if is_other_host else self.stored.get("imap_password", "")
            values["imap_password"] = values.get("imap_password") or kept or typed or self._stored_password("imap")
        self.instance.smtp_password, self.instance.imap_password = values["smtp_password"], values.get("imap_password", "")
        return values

    def _stored_password(self, protocol: str) -> str:
        """What is stored for a server that was left without a password; it goes to no host but the one that it was given for."""
        password: str = self.stored.get(f"{protocol}_password") or self.stored.get("smtp_password", "")
        if password and f"{protocol}_host" in self.changed_data:
            self.add_error(f"{protocol}_password", _("This is another server: type its password."))
            return ""
        return password


class OptionsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The tracking options of a user."""

    class Meta:
        model = Preferences
        fields = ["open_tracking", "link_tracking", "notify_activity", "count_undecided"]


SERVERS = ("smtp_", "imap_")
PLACES = {"smtp_host", "smtp_port", "imap_host", "imap_port"}  # of the demo's own servers, which stay trusted only as they are
PORTS = {  # usual ports by protocol and security
    "smtp": {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25},
    "imap": {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143},
}


def _host(value: str) -> str:
    host = value.strip().removeprefix("[").removesuffix("]")
    if host and ("/" in host or " " in host or "@" in host):
        raise forms.ValidationError(_("This is the name of a server, for example mail.example.com."))
    return host


def _same_words(left: str, right: str) -> bool:
    return left.split() == right.split()
