"""What a hit is called, in words for the sender."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracking.models import Event
from tracking.verdicts import Verdict, client_of

VERDICTS: dict[Verdict, Promise] = {
    Verdict.HUMAN: _("A person"),
    Verdict.PROXY: _("A person, through the mailbox provider"),
    Verdict.UNKNOWN: _("Undecided"),
    Verdict.MACHINE: _("A machine"),
    Verdict.SELF: _("Yourself"),
    Verdict.NONE: _("Not kept"),
}
ON_OUR_SIDE: dict[str, Promise] = {  # of `self`: the first reason may name somebody else
    "colleague": _("A colleague"),
    "draft": _("A preview"),
    "before_dispatch": _("A preview"),
    "returned": _("The returned mail"),
}
CORRECTIONS: dict[Verdict, Promise] = {
    Verdict.SELF: _("You said that this was you"),
    Verdict.MACHINE: _("You said that this was no person"),
}


def client(event: Event) -> str:
    """The program that asked, and whose network it asked through when that says something."""
    return client_of(event.user_agent, event.address or "").label


def verdict(event: Event) -> Promise:
    """Who it was, as far as anybody can tell."""
    said = Verdict(event.correction or event.verdict)
    reason = event.reasons[0] if event.reasons and not event.correction else ""
    return ON_OUR_SIDE.get(reason, VERDICTS[said]) if said is Verdict.SELF else VERDICTS[said]
