"""What is said of a mail's recipients: before it leaves, who will be tracked and who not and why; afterwards, how it was."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts.models import User
from crm.consent import ledger, questions, words
from crm.consent.decisions import Decision
from mail import consent_block, drafts
from mail.models import Account, Message
from mail.models.message import Recipient
from mail.planning import Plan, plan

MOST_REASONS = 3
Names = Mapping[str, str]  # by the address in lower case


@dataclass(frozen=True)
class Said:
    """The line in the composer: `is_warning` when the sender wanted something that will not be so."""

    sentence: str = ""
    is_warning: bool = False
    is_nobody_tracked: bool = False


def say(*, user: User, account: Account | None, names: Names, toggles: Mapping[str, bool], html: str, now: datetime) -> Said:
    """What is said of a mail to these addresses, before it leaves; nothing where nobody is to be tracked or asked."""
    planned = plan(user=user, account=account, emails=names, toggles=toggles, html=html)
    if planned.asks:
        return _asking(user, names, now)
    if not planned.is_wanted or not names:
        return Said()
    tracked, total = planned.tracked_count, len(planned.decisions)
    sentence = words.before_sending(tracked, total, _reasons(planned, _full(user, names)))
    return Said(sentence, is_warning=tracked < total, is_nobody_tracked=not tracked)


def warnings(user: User, names: Names, now: datetime) -> list[str]:
    """Whom it is wrong to ask again: who refused by themselves, and who was asked a short while ago and did not answer."""
    names = _full(user, names)
    entries = ledger.in_force(names)
    refused = [_refused(names[email], entry.at) for email, entry in entries.items() if entry.is_own and entry.is_no]
    waiting = questions.waiting(names, since=now - questions.ASK_AGAIN)
    return refused + [_waits(names[email], at) for email, at in waiting.items() if email not in entries]


def has_warnings(message: Message) -> bool:
    """Whether a draft asks somebody whom it is wrong to ask again."""
    if not consent_block.is_in(message.body_html):
        return False
    return bool(warnings(message.owner, {one.email.casefold(): one.name for one in message.recipients.all()}, timezone.now()))


def of_planned(planned: Plan, recipient: Recipient, name: str) -> str:
    """Whether a recipient's copy would be tracked, and why; "" where that was never wanted."""
    if planned.asks:
        return _("Not tracked: this mail asks for permission")
    if not planned.is_wanted:
        return ""
    return _in_words(planned.decisions[recipient.email.casefold()], name, is_tracked=planned.tracks(recipient.email))


def of_sent(message: Message, recipient: Recipient, name: str) -> str:
    """Whether a recipient's copy was tracked, and why, as it was decided then. Reads prefetched `deliveries__copy`."""
    if recipient.decision is None:
        is_asking = message.sent_at is not None and consent_block.is_in(message.body_html)
        return _("Not tracked: this mail asks for permission") if is_asking else ""
    copies = [one.copy for one in message.deliveries.all() if any(other.pk == recipient.pk for other in one.recipients.all())]
    return _in_words(Decision(**recipient.decision), name, is_tracked=any(copy and copy.is_tracked for copy in copies))


def _in_words(decision: Decision, name: str, *, is_tracked: bool) -> str:
    if decision.may_track and not is_tracked:
        return _("Not tracked: a shared copy needs everybody’s agreement")
    text = _("Tracked: %(why)s") if is_tracked else _("Not tracked: %(why)s")
    return text % {"why": words.why(decision.as_json(), name)}


def _asking(user: User, names: Names, now: datetime) -> Said:
    wrong = warnings(user, names, now)
    sentences = [_("Nobody is tracked: this mail asks for permission."), *wrong[:MOST_REASONS]]
    return Said(" ".join(sentences), is_warning=bool(wrong), is_nobody_tracked=True)


def _reasons(planned: Plan, names: Names) -> Iterable[str]:
    """Why who is not tracked, the first of them by name."""
    refusing = [one for one in planned.decisions.values() if not one.may_track]
    yield from (words.why(one.as_json(), names[one.email]) for one in refusing[:MOST_REASONS])
    if (more := len(refusing) - MOST_REASONS) > 0:
        yield ngettext("and so it is with %(count)d more", "and so it is with %(count)d more", more) % {"count": more}
    if refusing and not planned.is_apart and len(planned.decisions) > 1:
        yield _("a shared copy needs everybody’s agreement")


def _refused(name: str, at: datetime) -> str:
    text = _("%(name)s refused by themselves on %(on)s: asking again may be unwelcome.")
    return text % {"name": name, "on": _day(at)}


def _waits(name: str, at: datetime) -> str:
    text = _("%(name)s was asked on %(on)s and has not answered: ask again on %(again)s at the earliest.")
    return text % {"name": name, "on": _day(at), "again": _day(at + questions.ASK_AGAIN)}


def _day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j E Y")


def _full(user: User, names: Names) -> dict[str, str]:
    """Everybody's name as it was written, or as the contact has it, or the address."""
    nameless = [email for email, name in names.items() if not name]
    people = drafts.people_by_address(user, nameless) if nameless else {}
    return {email: name or (people[email].name if email in people else email) for email, name in names.items()}
