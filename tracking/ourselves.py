"""Which hits come from our own side: signed-in browsers of ours, and networks that the sender works from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.conf import settings

from crm.accounts.models import User
from crm.lib.networks import is_in, read_address
from crm.records.contacts import company_domain
from tracking import places
from tracking.verdicts import Viewer


@dataclass(frozen=True, slots=True)
class OurSide:
    """Who we are and where the owners of some mails work: loaded once for a batch of hits, then asked without a query."""

    emails: Mapping[int, str]  # of all active users, in lower case
    domains: frozenset[str]  # of our company; private providers are nobody's
    networks: Mapping[int, frozenset[str]]  # by owner, as `places.network_of` writes them

    @classmethod
    def load(cls, owner_ids: Iterable[int], *, now: datetime) -> Self:
        """Two queries, whatever the number of hits."""
        users = User.objects.filter(is_active=True).values_list("pk", "email")
        emails = {pk: email.casefold() for pk, email in users}
        domains = frozenset(map(company_domain, emails.values())) - {""}
        return cls(emails, domains, places.of_owners(owner_ids, now=now))

    def viewer(self, viewer_id: int | None, *, owner_id: int, recipient: str) -> Viewer:
        """Whose browser a hit came from; `recipient` is the address of the copy, empty when several share it.

        One of us who shares a copy with others cannot be told from a colleague who looks over the sender's shoulder: a colleague.
        """
        email = self.emails.get(viewer_id) if viewer_id is not None else None
        if email is None:
            return Viewer.NOBODY
        if viewer_id == owner_id:
            return Viewer.OWNER
        return Viewer.RECIPIENT if email == recipient.casefold() else Viewer.COLLEAGUE

    def is_own_network(self, address: str, *, owner_id: int, recipient: str) -> bool:
        """Whether a hit came from where the sender works (or from OWN_NETWORKS); never so when the recipient is one of us.

        A shared copy names no recipient: from the sender's own network it is the sender more likely than anybody.
        """
        known = self.networks.get(owner_id)
        if not (known or settings.OWN_NETWORKS) or self._is_one_of_us(recipient):
            return False
        is_known = known is not None and places.network_of(address) in known
        return is_known or is_in(read_address(address), settings.OWN_NETWORKS)

    def _is_one_of_us(self, recipient: str) -> bool:
        email = recipient.casefold()
        return bool(email) and (email in self.emails.values() or company_domain(email) in self.domains)
