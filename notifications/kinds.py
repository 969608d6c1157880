"""What the kinds of cards are called in the filter, and which icon they wear (names of Lucide)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Kind:
    """A kind as a person sees it."""

    label: Promise
    icon: str
    meaning: Promise | str = ""  # what its switch says


KINDS = {
    "opened": Kind(_("Opened"), "eye"),
    "clicked": Kind(_("Links followed"), "link"),
    "loaded": Kind(_("Loaded by software"), "eye-off"),
    "replied": Kind(_("Replies"), "reply", _("Somebody answers a mail of yours.")),
    "away": Kind(_("Automatic replies"), "tree-palm", _("A quiet line when somebody is out of office; it never rings.")),
    "returned": Kind(_("Returned mail"), "mail-x", _("A mail of yours cannot be delivered and comes back.")),
    "mail_failed": Kind(_("Not sent"), "mail-x"),
    "mail_late": Kind(_("Sent late"), "clock-alert"),
    "plan_call": Kind(_("Plan a call"), "phone", _("Somebody opens a mail three times and you have planned nothing with them.")),
    "follow_up": Kind(_("No reply"), "clock", _("Nobody answers a mail within three working days.")),
    "silence": Kind(_("Opened again"), "eye", _("Somebody opens a mail again after thirty days of silence.")),
    "reminder": Kind(_("Reminders"), "alarm-clock", _("An activity that you wanted to be reminded of is due.")),
    "mention": Kind(_("Mentions"), "at-sign", _("A colleague mentions you in a note.")),
    "activity": Kind(_("Activities"), "calendar-check"),
    "followed": Kind(_("Followed"), "bell-ring", _("A quiet line when somebody else changes a record that you follow.")),
    "deal": Kind(_("Deals"), "circle-dollar-sign"),
    "import": Kind(_("Imports and exports"), "file-up"),
}
SWITCHED = (  # can be switched off one by one
    *("replied", "away", "returned", "plan_call", "follow_up", "silence"),
    *("reminder", "mention", "followed"),
)
OTHER = Kind(_("Other"), "sparkles")  # of an app that names a kind of its own


def kind_of(name: str) -> Kind:
    """The kind's label and icon; unknown ones are "Other"."""
    return KINDS.get(name, OTHER)
