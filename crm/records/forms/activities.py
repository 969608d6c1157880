"""Forms of activities."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.accounts.models import User
from crm.records import kinds
from crm.records.forms.owned import RecordForm
from crm.records.handing_over import possible_owners
from crm.records.models import Activity
from crm.records.picking import PickField

RECORDS = ("person", "deal", "organisation", "lead")
DAY = 24 * 60  # minutes
DURATIONS = (15, 30, 45, 60, 90, 120, 180, 240, 480)  # minutes
REMINDERS: dict[int, Promise] = {
    0: _("At the time"),
    10: _("10 minutes before"),
    30: _("30 minutes before"),
    60: _("An hour before"),
    DAY: _("A day before"),
}


def lasting(minutes: int) -> str:
    """A duration in words: “45 min”, “1 h 30 min”."""
    hours, rest = divmod(minutes, 60)
    words = [ngettext("{count} h", "{count} h", hours).format(count=hours)] if hours else []
    words += [ngettext("{count} min", "{count} min", rest).format(count=rest)] if rest or not hours else []
    return " ".join(words)


def before(minutes: int) -> str:
    """When something is reminded of: “10 minutes before”."""
    return str(REMINDERS.get(minutes) or _("{time} before").format(time=lasting(minutes)))


def _minutes(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, coerce=int, empty_value=None, required=False)


class ActivityForm(RecordForm):
    """Something to do, at a time of the user's own zone."""

    kind = forms.ChoiceField(label=_("Kind"))
    duration_minutes = _minutes(_("Takes"))
    remind_minutes = _minutes(_("Remind"))
    person = PickField("person", may_create=False, label=_("Contact"))
    deal = PickField("deal", may_create=False, label=_("Deal"))
    organisation = PickField("organisation", may_create=False, label=_("Organisation"))
    lead = PickField("lead", may_create=False, label=_("Lead"))

    class Meta:
        model = Activity
        fields = ["subject", "due_at", "duration_minutes", "location", "note", "owner", "remind_minutes"]
        error_messages = {
            "subject": {
                "required": _("Say what is to be done."),
                "max_length": _("Keep it under 200 characters, and write the rest into the note."),
            },
            "due_at": {"required": _("Choose when it is due."), "invalid": _("This is not a date and time.")},
        }
        widgets = {
            "due_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            "note": forms.Textarea(attrs={"rows": 2}),
        }

    field_order = [
        *("subject", "kind", "due_at", "duration_minutes", "location"),
        *("person", "deal", "organisation", "lead", "note", "remind_minutes", "owner"),
    ]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._choices("kind", kinds.offered(self.instance.custom_kind))
        self.initial.setdefault("kind", kinds.key_of(self.instance))
        durations = {minutes: lasting(minutes) for minutes in _with(DURATIONS, self.instance.duration_minutes)}
        self._choices("duration_minutes", [("", _("Not said")), *durations.items()])
        reminders = {minutes: before(minutes) for minutes in _with(REMINDERS, self.instance.remind_minutes)}
        self._choices("remind_minutes", [("", _("No reminder")), *reminders.items()])

    def _choices(self, name: str, choices: list[Any]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind"):
            kinds.give(self.instance, cleaned["kind"])
        return cleaned

    @property
    def links(self) -> dict[str, Any]:
        """What it is about, for `agenda.save`."""
        return {name: self.cleaned_data[name] for name in RECORDS}


def _with(usual: Any, unusual: int | None) -> list[int]:
    """What is offered, and what an imported activity may have besides."""
    return sorted({*usual, unusual} - {None})


class WantedForm(forms.Form):
    """Which activities a list or a calendar shows: whose, and of which kind. What makes no sense counts as not said."""

    owner = forms.ChoiceField(label=_("Whose activities"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        others = [(str(one.pk), str(one)) for one in possible_owners(user, None) if one != user]
        self._offer("owner", [("", _("My activities")), ("all", _("Everybody’s")), *others])
        self._offer("kind", [("", _("All kinds")), *kinds.known()])
        self.is_valid()

    def _offer(self, name: str, choices: list[Any]) -> None:
        field: Any = self.fields[name]
        field.choices = choices
        field.widget.attrs.update({"class": "form-select", "aria-label": field.label})

    def narrow(self, activities: Any) -> Any:
        """Those of the activities that are wanted."""
        owner = self.cleaned_data.get("owner", "")
        found = activities.filter(kinds.condition(self.cleaned_data.get("kind", "")))
        return found if owner == "all" else found.filter(owner=int(owner) if owner else self.user)


class MoveActivityForm(forms.Form):
    """Another day for an activity."""

    day = forms.DateField()
