"""What the user lets into the mailbox: from which day on, from whom, and whether colleagues' mail belongs there."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from crm.records.contacts import company_domain
from mail.models import Account, SyncState
from mail.parsing import Letter


@dataclass(frozen=True)
class Rules:
    """The choices of one account; addresses and domains in lower case."""

    since: date | None = None
    blocked: frozenset[str] = field(default_factory=frozenset)
    own_domain: str = ""  # when mail among colleagues alone stays out

    def leave_out(self, letter: Letter, *, at: datetime | None) -> bool:
        """Whether a mail shall not enter. `letter` needs no more than its head; `at` is when it came to the server."""
        return self._is_too_old(at or letter.dated_at) or self._is_blocked(letter) or self._is_internal(letter)

    def _is_too_old(self, at: datetime | None) -> bool:
        return bool(self.since and at and at.astimezone(UTC).date() < self.since)

    def _is_blocked(self, letter: Letter) -> bool:
        """By its sender; of what one wrote oneself, by its only recipients."""
        _name, sender = letter.sender
        return self._matches(sender) or all(self._matches(email) for email in _recipients(letter) or [""])

    def _is_internal(self, letter: Letter) -> bool:
        everybody = [letter.sender[1], *_recipients(letter)]
        return bool(self.own_domain) and len(everybody) > 1 and all(_domain(email) == self.own_domain for email in everybody)

    def _matches(self, email: str) -> bool:
        """The address itself, its domain, or a domain above that."""
        address, domain = email.lower(), _domain(email)
        parts = domain.split(".")
        above = {".".join(parts[start:]) for start in range(len(parts) - 1)}
        return bool(address) and not self.blocked.isdisjoint({address, domain, *above})


def of_account(account: Account, state: SyncState) -> Rules:
    """The account's rules as they are now."""
    return Rules(
        since=state.since,
        blocked=frozenset(account.blocks.values_list("pattern", flat=True)),
        own_domain=company_domain(account.email) if state.skips_own_domain else "",
    )


def _recipients(letter: Letter) -> list[str]:
    return [email for _name, email in (*letter.to, *letter.cc, *letter.bcc)]


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()
