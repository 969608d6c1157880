"""Whether a recipient is tracked, how far, and why: the strictest of all that applies (company, country, domain, team, mailbox, ledger)."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from crm.accounts.models import User
from crm.consent import ledger
from crm.consent.models import Consent, Rule
from crm.records import contacts
from crm.records.models import Person

TOP_LEVELS = {"uk": "GB", "eu": "", "io": "", "ai": "", "co": "", "me": "", "tv": "", "cc": "", "ws": "", "fm": "", "to": ""}


class Reason(StrEnum):
    """Why a recipient is tracked or not."""

    AGREED = "agreed"
    NOT_ASKED = "not_asked"  # and that is allowed
    MUST_AGREE = "must_agree"  # was not asked, and that is not allowed
    NOT_PROVEN = "not_proven"  # the ledger says that they agreed, in a way that is not enough here
    REFUSED = "refused"
    WITHDREW = "withdrew"
    RESTRICTED = "restricted"


@dataclass(frozen=True)
class Demand:
    """What all rules together ask."""

    tracks_unknown: bool = True
    accepts: int = Rule.Accepted.ANY
    is_coarse: bool = False
    kept: int = Rule.Kept.FULL
    kept_days: int | None = 90
    because: str = ""  # the scope of the rule that does not track who was not asked
    which: str = ""  # country, domain, team or address of that rule


SHIPPED = Demand()


@dataclass(frozen=True)
class Decision:
    """What may be known of one recipient's copy."""

    email: str
    may_track: bool
    reason: Reason
    is_coarse: bool
    kept: int
    kept_days: int | None
    on: str = ""  # the day of the entry in the ledger, as ISO 8601 has it
    because: str = ""
    which: str = ""

    def as_json(self) -> dict[str, Any]:
        """To be kept with a copy."""
        return asdict(self)


def decide(emails: Iterable[str], *, user: User, mailbox: str) -> dict[str, Decision]:
    """The decision on each address, by the address in lower case, for mail that the user sends from `mailbox`."""
    wanted = list(dict.fromkeys(email.casefold() for email in emails))
    entries, restricted, countries = ledger.in_force(wanted), ledger.restricted(wanted), _countries(wanted)
    rules = list(Rule.objects.select_related("team"))
    found = {}
    for email in wanted:
        demand = strictest([rule for rule in rules if _applies(rule, email, countries[email], user, mailbox.casefold())])
        found[email] = _decision(email, demand, entries.get(email), is_restricted=email in restricted)
    return found


def strictest(rules: Sequence[Rule]) -> Demand:
    """All rules in one; where the company has none, what is shipped."""
    own = next((rule for rule in rules if rule.scope == Rule.Scope.COMPANY), None)
    demands = list(rules) if own else [_as_rule(SHIPPED), *rules]
    bars = next((rule for rule in demands if rule.tracks_unknown is False), None)
    return Demand(
        tracks_unknown=bars is None,
        accepts=max((one.accepts for one in demands if one.accepts is not None), default=SHIPPED.accepts),
        is_coarse=any(one.is_coarse for one in demands),
        kept=min((one.kept for one in demands if one.kept is not None), default=SHIPPED.kept),
        kept_days=min((one.kept_days for one in demands if one.kept_days is not None), default=None),
        because=bars.scope if bars else "",
        which=(bars.team.name if bars.team else bars.value) if bars else "",
    )


def _as_rule(demand: Demand) -> Rule:
    return Rule(
        scope=Rule.Scope.COMPANY,
        tracks_unknown=demand.tracks_unknown,
        accepts=demand.accepts,
        is_coarse=demand.is_coarse,
        kept=demand.kept,
        kept_days=demand.kept_days,
    )


def _applies(rule: Rule, email: str, countries: set[str], user: User, mailbox: str) -> bool:
    domain = email.rpartition("@")[2]
    return {
        Rule.Scope.COMPANY: True,
        Rule.Scope.COUNTRY: rule.value in countries,
        Rule.Scope.DOMAIN: domain == rule.value or domain.endswith(f".{rule.value}"),
        Rule.Scope.TEAM: rule.team_id is not None and rule.team_id == user.team_id,
        Rule.Scope.MAILBOX: rule.value == mailbox,
    }[Rule.Scope(rule.scope)]


def _decision(email: str, demand: Demand, entry: Consent | None, *, is_restricted: bool) -> Decision:
    reason = Reason.RESTRICTED if is_restricted else _reason(demand, entry)
    says_which = reason in (Reason.MUST_AGREE, Reason.NOT_PROVEN)
    return Decision(
        email=email,
        may_track=reason in (Reason.AGREED, Reason.NOT_ASKED),
        reason=reason,
        is_coarse=demand.is_coarse,
        kept=demand.kept,
        kept_days=demand.kept_days,
        on=_day(entry.at) if entry and not is_restricted else "",
        because=demand.because if says_which else "",
        which=demand.which if says_which else "",
    )


def _reason(demand: Demand, entry: Consent | None) -> Reason:
    if entry is None:
        return Reason.NOT_ASKED if demand.tracks_unknown else Reason.MUST_AGREE
    if entry.state == Consent.State.REFUSED:
        return Reason.REFUSED
    if entry.state == Consent.State.WITHDRAWN:
        return Reason.WITHDREW
    if is_enough(entry, demand.accepts):
        return Reason.AGREED
    return Reason.NOT_ASKED if demand.tracks_unknown else Reason.NOT_PROVEN


def is_enough(entry: Consent, accepts: int) -> bool:
    """Whether an entry that says “agreed” counts."""
    if accepts == Rule.Accepted.OWN:
        return entry.is_own
    return accepts == Rule.Accepted.ANY or entry.is_own or bool(entry.evidence)


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _countries(emails: list[str]) -> dict[str, set[str]]:
    """Where each recipient is: as their contact and organisation say, and as their domain does."""
    found = {email: {_of_domain(email)} - {""} for email in emails}
    people = contacts.by_address(Person.objects.select_related("organisation"), emails)
    for email in emails:
        for person in people.get(email.lower(), ()):
            found[email] |= {person.country or (person.organisation.country if person.organisation else "")} - {""}
    return found


def _of_domain(email: str) -> str:
    top = email.rpartition(".")[2]
    return TOP_LEVELS.get(top, top.upper() if len(top) == 2 and top.isascii() else "")
