"""What the kinds of cards are called in the filter, and which icon they wear (names of Lucide)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Kind:
    """A kind as a person sees it."""

    label: Promise
    icon: str


KINDS = {
    "opened": Kind(_("Opened"), "eye"),
    "clicked": Kind(_("Links followed"), "link"),
    "loaded": Kind(_("Loaded by software"), "eye-off"),
    "replied": Kind(_("Replies"), "reply"),
    "mail_failed": Kind(_("Not sent"), "mail-x"),
    "activity": Kind(_("Activities"), "calendar-check"),
    "deal": Kind(_("Deals"), "circle-dollar-sign"),
}
OTHER = Kind(_("Other"), "sparkles")  # of an app that names a kind of its own


def kind_of(name: str) -> Kind:
    """The kind's label and icon; unknown ones are "Other"."""
    return KINDS.get(name, OTHER)
