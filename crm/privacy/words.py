"""The sentences of the recipient's page that are kept as they were shown, and those of the administrators' tools."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.consent import questions
from crm.privacy.models import Request

WORDING_VERSION = "2026-11"
Kind = Request.Kind
LABELS = {  # of a receipt's counts
    "contacts": gettext_lazy("contacts erased"),
    "notes": gettext_lazy("notes erased"),
    "activities": gettext_lazy("activities erased"),
    "lines": gettext_lazy("lines of timelines erased"),
    "files": gettext_lazy("files erased"),
    "changes": gettext_lazy("noted changes of fields erased"),
    "leads": gettext_lazy("leads that stay, without the person"),
    "deals": gettext_lazy("deals that stay, without the person"),
    "mails": gettext_lazy("mails erased from Candor"),
    "mails_with_others": gettext_lazy("mails with other people that stay, without the person's name"),
    "mails_on_the_wire": gettext_lazy("mails being sent at that moment, not erased: erase again for these"),
    "cards": gettext_lazy("cards of the Sales Assistant erased"),
    "entries": gettext_lazy("entries of the consent ledger erased"),
    "copies": gettext_lazy("copies of mails that nothing is recorded of any more"),
    "mentions": gettext_lazy("notes, activities and deals whose own words still name the person: look at these yourself"),
}


def refusal(sender: str) -> str:
    """What stands beside the button with which a recipient refuses, in the language that is active."""
    return _("%(sender)s shall not see when I open their mails and follow the links in them.") % {"sender": questions.who(sender)}


def mask(email: str) -> str:
    """An address as the holder of a link may see it: a…@client.test."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


CONFIRMATIONS: dict[str, tuple[Promise, Promise, Promise]] = {  # kind → question, what happens, the button
    Kind.EXPORT: (
        gettext_lazy("Send the person what is stored about them?"),
        gettext_lazy(
            "A mail with a link goes to this very address. The link works for 7 days. You get a receipt, and see neither the link nor "
            "what is behind it."
        ),
        gettext_lazy("Send it"),
    ),
    Kind.ERASE_TRACKING: (
        gettext_lazy("Erase the tracking of this person?"),
        gettext_lazy(
            "When they opened mails and followed links is forgotten, whoever sent the mails. Mails and contact stay. Links in old mails "
            "go on working and record nothing. This cannot be taken back."
        ),
        gettext_lazy("Erase the tracking"),
    ),
    Kind.ERASE_PERSON: (
        gettext_lazy("Erase this person?"),
        gettext_lazy(
            "The contact with its notes, activities and timeline, the mails between them and you alone, cards about them and their "
            "tracking are erased from Candor. At your mail server nothing is deleted, and the sync does not bring it back. Deals stay, "
            "without the person; mails with other people stay, without their name. That they refused is remembered by a hash of the "
            "address. This cannot be taken back."
        ),
        gettext_lazy("Erase the person"),
    ),
    Kind.RESTRICT: (
        gettext_lazy("Restrict the use of this person's data?"),
        gettext_lazy(
            "What is stored stays as it is. Nothing more is recorded of mails that were sent to them, and new mails are not tracked."
        ),
        gettext_lazy("Restrict"),
    ),
    Kind.LIFT: (
        gettext_lazy("Lift the restriction?"),
        gettext_lazy("New mails may be tracked again, as the policy and the ledger allow. Mails that were sent before stay untracked."),
        gettext_lazy("Lift it"),
    ),
}
