"""Forms of the profile and of the administrators' pages."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from crm.accounts import avatars
from crm.accounts.fields import time_zones
from crm.accounts.models import Team, User

OWN_NAMES = {"en": "English", "ru": "Русский"}  # a language is found by its own name


def zones_by_region() -> list[tuple[str, list[tuple[str, str]]]]:
    """Time zones grouped for a select."""

    def region(choice: tuple[str, str]) -> str:
        return choice[0].partition("/")[0]

    zones: Iterable[tuple[str, str]] = time_zones()
    return [(name, [(zone, label.partition("/")[2] or label) for zone, label in group]) for name, group in groupby(zones, key=region)]


def languages() -> list[tuple[str, str]]:
    """The interface's languages, each by its own name."""
    return [(code, OWN_NAMES.get(code, str(name))) for code, name in settings.LANGUAGES]


class ProfileForm(forms.Form):
    """One's own name, picture, zone and language; `cleaned_data["picture"]` is the image as it is stored, or None."""

    name = forms.CharField(label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        help_text=_("JPEG, PNG, WebP or GIF, up to 10 MB. It is cut to a square, and its metadata is dropped."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones_by_region, help_text=_("All times are shown in it."))
    language = forms.ChoiceField(label=_("Language"), choices=languages)

    def clean_picture(self) -> bytes | None:
        upload = self.cleaned_data["picture"]
        if not isinstance(upload, UploadedFile) or upload.file is None:
            return None
        try:
            return avatars.square(upload.file, size=upload.size or 0)
        except avatars.UnusablePicture as refusal:
            raise forms.ValidationError(str(refusal)) from None


class UserForm(forms.Form):
    """What an administrator decides about a user."""

    name = forms.CharField(label=_("Name"), max_length=150)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=User.Role.choices,
        help_text=_(
            "Managers see every team's records; administrators manage users and company settings too. Nobody sees the tracking of others."
        ),
    )
    team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.order_by("name"),
        required=False,
        empty_label=_("No team"),
        help_text=_("What one of a team owns, the others of the team see."),
    )
    is_active = forms.BooleanField(
        label=_("May sign in"),
        required=False,
        help_text=_("Switched off, the account keeps its records. What it tracked stays its own and is shown to nobody."),
    )


class InvitationForm(UserForm):
    """A new user."""

    email = forms.EmailField(label=_("Email"))
    is_active = None  # type: ignore[assignment]
    field_order = ["email", "name", "role", "team"]

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("Somebody with this email is here already."))
        return email


class TeamForm(forms.Form):
    """A team's name."""

    name = forms.CharField(label=_("Name"), max_length=100)

    def __init__(self, data: Any, *, team: Team) -> None:
        super().__init__(data, initial={"name": team.name})
        self.team = team

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Team.objects.filter(name__iexact=name).exclude(pk=self.team.pk).exists():
            raise forms.ValidationError(_("There is a team of this name already."))
        return name
