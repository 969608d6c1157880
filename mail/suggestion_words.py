"""What suggestions say and offer, in the language that the caller has switched on."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.records.models import Person
from mail import threading
from mail.models import Message
from notifications.feed import Action, Suggestion
from tracking.models import Copy


@dataclass(frozen=True)
class Reason:
    """Why something is suggested for a mail: `number` is of openings, or of days."""

    message: Message
    kind: str
    number: int
    copy: Copy | None = None  # whose reader it is about, where copies are told apart

    @property
    def person(self) -> Person | None:
        """With whom the next step would be, as far as that is known."""
        if self.copy and self.copy.person:
            return self.copy.person
        people = [one.person for one in self.message.recipients.all()]
        return people[0] if len(people) == 1 else None

    @property
    def name(self) -> str:
        """Who that is, or who got the mail when it went to one alone; empty otherwise."""
        if self.person or (self.copy and self.copy.email):
            return self.person.name if self.person else self.copy.email if self.copy else ""
        recipients = list(self.message.recipients.all())
        return recipients[0].name or recipients[0].email if len(recipients) == 1 else ""


def suggestion(reason: Reason, group_key: str) -> Suggestion:
    """The card."""
    title, detail, steps = TELLING[reason.kind](reason)
    message = reason.message
    return Suggestion(message.owner, group_key, reason.kind, title, steps, detail, threading.url(message))


def _opened_often(reason: Reason) -> tuple[str, str, list[Action]]:
    words = {"name": reason.name, "subject": subject(reason.message), "times": reason.number}
    if reason.copy and reason.copy.email:
        title = ngettext(
            "%(name)s’s copy of “%(subject)s” was opened %(times)d time",
            "%(name)s’s copy of “%(subject)s” was opened %(times)d times",
            reason.number,
        )
    else:
        title = ngettext("“%(subject)s” was opened %(times)d time", "“%(subject)s” was opened %(times)d times", reason.number)
    return title % words, _("No activity is planned. A good moment for a call?"), [call(reason)]


def _opened_again(reason: Reason) -> tuple[str, str, list[Action]]:
    title = ngettext(
        "“%(subject)s” was opened again after %(days)d day of silence",
        "“%(subject)s” was opened again after %(days)d days of silence",
        reason.number,
    )
    words = {"subject": subject(reason.message), "days": reason.number}
    return title % words, _("It went to %(names)s.") % {"names": names(reason.message)}, [call(reason), follow_up(reason)]


def _unanswered(reason: Reason) -> tuple[str, str, list[Action]]:
    detail = ngettext("No reply within %(days)d working day.", "No reply within %(days)d working days.", reason.number)
    words = {"names": names(reason.message), "subject": subject(reason.message)}
    return _("%(names)s did not answer “%(subject)s” yet") % words, detail % {"days": reason.number}, [follow_up(reason)]


TELLING = {"plan_call": _opened_often, "silence": _opened_again, "follow_up": _unanswered}


def call(reason: Reason) -> Action:
    """Plan a call with one click."""
    return Action(_("Plan a call"), reverse("mail:call_plan", args=[reason.message.pk, reason.kind]), "post")


def follow_up(reason: Reason) -> Action:
    """Open the composer with an answer to one's own mail."""
    return Action(_("Write a follow-up"), f"{reverse('mail:composer')}?{urlencode({'reply': reason.message.pk})}", "dock")


def names(message: Message) -> str:
    """Whom it reached."""
    return ", ".join((one.person.name if one.person else one.name) or one.email for one in message.recipients.all() if not one.refusal)


def subject(message: Message) -> str:
    """What it is called."""
    return message.subject[:120] or _("(no subject)")
