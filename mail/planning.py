"""Which recipients of a draft would be tracked if it left now, and in how many copies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crm.accounts.models import User
from crm.consent import decisions
from crm.consent.decisions import Decision
from mail import consent_block, copies
from mail.models import Account, Message
from tracking import preferences

CHOICES = ("track_opens", "track_links", "tell_apart")


@dataclass(frozen=True)
class Plan:
    """What was chosen, as far as the user's options allow it, and what is decided on each address (in lower case)."""

    track_opens: bool
    track_links: bool
    is_apart: bool  # a copy for each recipient
    asks: bool  # for permission: then nobody is tracked
    decisions: Mapping[str, Decision]

    @property
    def is_wanted(self) -> bool:
        return self.track_opens or self.track_links

    def tracks(self, email: str) -> bool:
        """Whether this recipient's copy would be tracked; a shared one needs everybody's agreement."""
        if not self.is_wanted or self.asks:
            return False
        needed = [self.decisions[email.casefold()]] if self.is_apart else self.decisions.values()
        return all(one.may_track for one in needed)

    @property
    def tracked_count(self) -> int:
        return sum(map(self.tracks, self.decisions))


def plan(*, user: User, account: Account | None, emails: Iterable[str], toggles: Mapping[str, bool], html: str) -> Plan:
    """The plan for these addresses, toggles and words."""
    options = preferences.for_user(user)
    opens, links = options.open_tracking and toggles["track_opens"], options.link_tracking and toggles["track_links"]
    asks = consent_block.is_in(html)
    is_needed = opens or links or asks
    decided = decisions.decide(emails, user=user, mailbox=account.email if account else "") if is_needed else {}
    is_apart = asks or copies.are_apart(len(decided), tell_apart=toggles["tell_apart"])
    return Plan(opens, links, is_apart, asks, decided)


def of_draft(message: Message) -> Plan:
    """The plan for a draft as it was saved; what it does not say stays as in the last mail."""
    options = preferences.for_user(message.owner)
    toggles = {name: message.toggles.get(name, getattr(options, f"last_{name}")) for name in CHOICES}
    emails = [recipient.email for recipient in message.recipients.all()]
    return plan(user=message.owner, account=message.account, emails=emails, toggles=toggles, html=message.body_html)
