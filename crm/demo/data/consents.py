"""What some contacts said about being tracked."""

from datetime import datetime, timedelta
from typing import NamedTuple

from crm.accounts.models import User
from crm.consent import ledger, questions
from crm.consent.models import Consent

State, Source = Consent.State, Consent.Source


class Said(NamedTuple):
    """One entry of the ledger."""

    email: str
    state: str
    source: str
    days_ago: int
    note: str = ""


SAID = (
    Said("adela.novakova@moraviabrewing.test", State.GRANTED, Source.MAIL, 40),
    Said("frank.thoms@port-ostmark.test", State.REFUSED, Source.PAGE, 23),
    Said("gesa.brandt@port-ostmark.test", State.GRANTED, Source.FORM, 120, "Ticked on the form of the autumn fair"),
    Said("gesa.brandt@port-ostmark.test", State.WITHDRAWN, Source.PAGE, 12),
    Said("umar.siddiqui@kestrelfoods.test", State.REFUSED, Source.HAND, 31, "Said so on the telephone"),
)


def load(anna: User, *, now: datetime) -> None:
    """Fill the ledger; what contacts said themselves has no actor."""
    for said in SAID:
        is_own = said.source in Consent.OWN
        ledger.record(
            email=said.email,
            state=said.state,
            source=said.source,
            at=now - timedelta(days=said.days_ago),
            actor=None if is_own else anna,
            note=said.note,
            wording=questions.wording(anna.name) if said.source == Source.MAIL else "",
            wording_version=questions.WORDING_VERSION if said.source == Source.MAIL else "",
        )
