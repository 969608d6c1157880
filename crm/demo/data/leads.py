"""People who asked the demo company for something, and of whom nobody knows yet what will come."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from crm.accounts.models import User
from crm.demo.company import ANNA, TOM, Colleague
from crm.demo.data.moments import on
from crm.records import leads, notebook
from crm.records.models import Lead


class Who(NamedTuple):
    """What was noted down of somebody."""

    name: str
    email: str = ""
    phone: str = ""
    job: str = ""
    firm: str = ""


class Inquiry(NamedTuple):
    """A lead; `came` is how many working days ago it came, and when."""

    title: str
    source: str
    who: Who
    owner: Colleague
    came: tuple[int, str]
    value: int = 0  # euros; 0: not known
    note: str = ""
    is_archived: bool = False


INQUIRIES = (
    Inquiry(
        "Asks for a price for 60 sensors",
        "Website",
        Who("Hanne Lund", "hanne.lund@fjordfisk.test", "+47 22 55 01 44", "Quality Manager", "Fjordfisk"),
        ANNA,
        (1, "08:52"),
        value=13_000,
        note="Came by the price page. Wants to know whether the clamps stand salt water.",
    ),
    Inquiry(
        "Met at the water fair in Ghent",
        "Trade fair",
        Who("Joris Claes", "joris.claes@claesbrouw.test", job="Owner", firm="Brouwerij Claes"),
        ANNA,
        (3, "17:20"),
        value=9_500,
    ),
    Inquiry(
        "Recommended by Jonas at Helio Dairy",
        "Referral",
        Who("Miriam Falk", "miriam.falk@nordmolk.test", "+49 431 220 0175", "Energy Officer", "Nordmolk"),
        ANNA,
        (4, "11:05"),
        value=28_000,
        note="Jonas told her what the second plant saves. Call before she goes on leave.",
    ),
    Inquiry(
        "Leak alarm for four schools",
        "Phone",
        Who("Gareth Pugh", phone="+44 29 2018 0162", job="Estates", firm="Vale Council"),
        TOM,
        (2, "14:40"),
        note="Prefers to be called in the morning.",
    ),
    Inquiry(
        "Downloaded the legionella guide",
        "Campaign",
        Who("Alba Serra", "alba.serra@termespirineu.test", firm="Termes del Pirineu"),
        TOM,
        (6, "10:15"),
    ),
    Inquiry(
        "Wants to write a thesis about meters",
        "Website",
        Who("Felix Baum", "felix.baum@campus.test", job="Student"),
        ANNA,
        (9, "21:03"),
        is_archived=True,
    ),
)


def load(users: dict[str, User], *, now: datetime) -> None:
    """Note all of them down."""
    for inquiry in INQUIRIES:
        _load(inquiry, users[inquiry.owner.email], now)


def _load(inquiry: Inquiry, owner: User, now: datetime) -> None:
    days, clock = inquiry.came
    who, at = inquiry.who, on(days, clock, now=now)
    lead = Lead(owner=owner, title=inquiry.title, value=Decimal(inquiry.value), source=inquiry.source)
    lead.email, lead.phone, lead.job_title = who.email, who.phone, who.job
    contact = leads.Contact(person_name=who.name, organisation_name=who.firm)
    leads.create_lead(lead=lead, contact=contact, actor=owner, now=at)
    if inquiry.note:
        notebook.write(record=lead, text=inquiry.note, author=owner, now=at)
    if inquiry.is_archived:
        leads.archive_lead(lead=lead, actor=owner, now=on(days - 1, "09:10", now=now))
