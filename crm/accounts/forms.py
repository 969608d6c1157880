"""Forms of the profile and of the pages about users, teams, roles and the company."""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from crm.accounts import avatars, staff
from crm.accounts.fields import time_zones
from crm.accounts.models import Company, Role, Team, User, Visibility
from crm.accounts.permissions import EXPLAINED, Permission

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


def roles_for(actor: User, current: User | None = None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Roles that the actor may give, and the one that somebody has now; values as `role_value` makes them."""
    shipped = [(value, str(label)) for value, label in User.Role.choices if staff.may_give(actor, role=value, custom_role=None)]
    roles = Role.objects.order_by(Lower("name"))
    own = [(f"custom-{role.pk}", role.name) for role in roles if staff.may_edit_role(actor, role)]
    groups = [(str(_("Roles of Candor")), shipped), (str(_("Your own roles")), own)]
    if current is not None and role_value(current) not in {value for _name, group in groups for value, _label in group}:
        groups.append((str(_("Now")), [(role_value(current), current.role_name)]))
    return [group for group in groups if group[1]]


def role_value(user: User) -> str:
    """What the select of roles calls the user's."""
    return f"custom-{user.custom_role_id}" if user.custom_role_id else user.role


class RoleField(forms.ChoiceField):
    """One select for shipped and custom roles; its value is the pair that `staff` takes."""

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        if not chosen:
            return None
        custom = chosen.removeprefix("custom-")
        return (User.Role.MEMBER.value, Role.objects.get(pk=custom)) if custom != chosen else (chosen, None)


class UserForm(forms.Form):
    """What is decided about a user by somebody who manages users."""

    name = forms.CharField(label=_("Name"), max_length=150)
    role = RoleField(
        label=_("Role"),
        help_text=_(
            "Managers see every team's records; administrators manage users and company settings too. Nobody sees the tracking of others."
        ),
    )
    team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.order_by("name"),
        required=False,
        empty_label=_("No team"),
        help_text=_("What one of a team owns, the others of the team see, unless it is the owner's alone."),
    )
    is_active = forms.BooleanField(
        label=_("May sign in"),
        required=False,
        help_text=_("Switched off, the account keeps its records. What it tracked stays its own and is shown to nobody."),
    )

    def __init__(self, data: Any = None, *, actor: User, person: User | None = None) -> None:
        initial = {"name": person.name, "role": role_value(person), "team": person.team_id, "is_active": person.is_active} if person else {}
        super().__init__(data, initial=initial)
        self.fields["role"].choices = roles_for(actor, person)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The arguments that `staff.change` and `staff.invite` take."""
        role, custom_role = self.cleaned_data["role"]
        return {**self.cleaned_data, "role": role, "custom_role": custom_role}


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


class People(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Check boxes of people, each with the team that they are of."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} · {obj.team}" if obj.team else str(obj)


class TeamForm(forms.Form):
    """A team's name, who is of it, and who sees what they add."""

    name = forms.CharField(label=_("Name"), max_length=100)
    visibility = forms.ChoiceField(
        label=_("New records are seen by"),
        choices=Visibility.choices,
        help_text=_("Of what its people add from now on; each record can say otherwise. What is there stays as it is."),
    )
    members = People(
        label=_("People"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each is of one team at most."),
    )

    def __init__(self, data: Any, *, team: Team) -> None:
        chosen = list(User.objects.filter(team=team.pk).values_list("pk", flat=True)) if team.pk else []
        super().__init__(data, initial={"name": team.name, "visibility": team.default_visibility, "members": chosen})
        self.team = team
        people = User.objects.filter(Q(is_active=True) | Q(pk__in=chosen)).select_related("team").order_by("name", "pk")
        self.fields["members"].queryset = people  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Team.objects.filter(name__iexact=name).exclude(pk=self.team.pk).exists():
            raise forms.ValidationError(_("There is a team of this name already."))
        return name


class RoleForm(forms.Form):
    """A custom role: its name and what it allows."""

    name = forms.CharField(label=_("Name"), max_length=100)
    permissions = forms.MultipleChoiceField(choices=Permission.choices, required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any, *, role: Role, actor: User) -> None:
        super().__init__(data, initial={"name": role.name, "permissions": role.permissions})
        self.role, self.actor = role, actor

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        shipped = {str(label).casefold() for label in User.Role.labels}
        if name.casefold() in shipped or Role.objects.filter(name__iexact=name).exclude(pk=self.role.pk).exists():
            raise forms.ValidationError(_("There is a role of this name already."))
        return name

    def boxes(self) -> list[dict[str, Any]]:
        """A box for each permission, with what it means; locked where the actor has not got it."""
        chosen, own = set(self["permissions"].value() or []), self.actor.permissions
        return [
            {"value": one.value, "label": one.label, "help": EXPLAINED[one], "is_checked": one in chosen, "is_locked": one not in own}
            for one in Permission
        ]


class RoleDeleteForm(forms.Form):
    """What the people of a deleted role get instead."""

    instead = RoleField(label=_("Its people get"), required=False)

    def __init__(self, data: Any, *, role: Role, actor: User) -> None:
        super().__init__(data)
        gone = f"custom-{role.pk}"
        groups = [(name, [pair for pair in group if pair[0] != gone]) for name, group in roles_for(actor)]
        self.fields["instead"].choices = [group for group in groups if group[1]]  # type: ignore[attr-defined]


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]
    """What holds for the whole installation."""

    currency = forms.CharField(
        label=_("Currency"),
        max_length=3,
        help_text=_("Three letters, for example EUR. It is offered for new deals; those that are there keep theirs."),
        widget=forms.TextInput(attrs={"pattern": "[A-Za-z]{3}", "autocapitalize": "characters"}),
    )
    first_weekday = forms.TypedChoiceField(
        label=_("The week begins on"), coerce=int, choices=[(0, WEEKDAYS[0]), (5, WEEKDAYS[5]), (6, WEEKDAYS[6])]
    )

    class Meta:
        model = Company
        fields = ["currency", "first_weekday", "needs_won_reason", "needs_lost_reason", "needs_second_factor"]
        labels = {
            "needs_won_reason": _("Ask why a deal was won"),
            "needs_lost_reason": _("Ask why a deal was lost"),
            "needs_second_factor": _("Two-factor sign-in for everybody"),
        }
        help_texts = {
            "needs_second_factor": _("Whoever has none is signed out at once and sets it up at the next sign-in, before anything else."),
        }

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).upper()
        if not re.fullmatch(r"[A-Z]{3}", code):
            raise forms.ValidationError(_("A currency has three letters, for example EUR."))
        return code
