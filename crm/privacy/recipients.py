"""What a recipient's page says of the copy that its link stands in, and what the recipient decides there."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from crm.consent import ledger
from crm.consent.models import Consent
from crm.consent.models import Settings as Company
from crm.privacy import words
from mail.models import Delivery, Recipient
from tracking import stopping
from tracking.models import Copy


@dataclass(frozen=True)
class Shown:
    """Everything that the page tells; the address is masked, and empty where several share the copy."""

    sender: str
    company: str
    contact: str
    sent_on: date | None
    masked: str
    tracks_opens: bool
    tracks_links: bool
    is_coarse: bool
    kept: int
    kept_days: int | None
    hits_days: int | None
    is_recorded: bool  # whether anything would still be recorded
    state: str  # of the ledger: a Consent.State
    since: datetime | None
    is_restricted: bool
    refusal: str

    @property
    def is_no(self) -> bool:
        return self.state in (Consent.State.REFUSED, Consent.State.WITHDRAWN)


def find(public_id: int) -> Copy | None:
    """The copy with this id, with its sender."""
    return Copy.objects.select_related("mail__owner").filter(public_id=public_id).first()


def show(copy: Copy) -> Shown:
    """What the page says."""
    email, company, sender = copy.email.casefold(), Company.load(), copy.mail.owner.name
    entry = ledger.in_force([email]).get(email) if email else None
    is_restricted = bool(email) and email in ledger.restricted([email])
    return Shown(
        sender=sender,
        company=company.company,
        contact=company.contact,
        sent_on=copy.dispatched_at.date() if copy.dispatched_at else None,
        masked=words.mask(email) if email else "",
        tracks_opens=copy.is_tracked and copy.mail.tracks_opens,
        tracks_links=copy.is_tracked and copy.mail.tracks_links and not copy.is_coarse,
        is_coarse=copy.is_coarse,
        kept=copy.kept,
        kept_days=copy.kept_days,
        hits_days=company.hits_days,
        is_recorded=copy.is_tracked and copy.stopped_at is None and not is_restricted and not (entry and entry.is_no),
        state=entry.state if entry else "",
        since=entry.at if entry else None,
        is_restricted=is_restricted,
        refusal=words.refusal(sender),
    )


def address(copy: Copy, typed: str) -> str:
    """Whose page it is: the copy's recipient; of a shared copy whoever they say they are, if it went to them; else ""."""
    if copy.email:
        return copy.email.casefold()
    email = typed.strip().casefold()
    return (
        email
        if "@" in email and "\0" not in email and Recipient.objects.filter(deliveries__copy=copy, email__iexact=email).exists()
        else ""
    )


@transaction.atomic
def refuse(*, copy: Copy, typed: str, now: datetime) -> None:
    """Record that the recipient does not want to be tracked; a second time changes nothing. Strangers to the mail change nothing."""
    email = address(copy, typed)
    if not copy.email and (email or not Delivery.objects.filter(copy=copy).exists()):
        # a shared body cannot tell who opens it; of one whose mail was deleted nobody knows any more to whom it went
        stopping.stop_copies([copy.pk], at=now)
    entry = ledger.in_force([email]).get(email) if email else None
    if not email or (entry and entry.is_no and entry.is_own):
        return
    ledger.record(
        email=email,
        state=Consent.State.WITHDRAWN if entry and entry.state == Consent.State.GRANTED else Consent.State.REFUSED,
        source=Consent.Source.PAGE,
        at=now,
        wording=words.refusal(copy.mail.owner.name),
        wording_version=words.WORDING_VERSION,
    )
