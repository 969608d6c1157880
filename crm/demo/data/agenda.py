"""What the sellers have planned, done and noted down."""

from datetime import datetime
from typing import NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile

from crm.accounts.models import User
from crm.demo.company import ANNA, TOM, Colleague
from crm.demo.data import files
from crm.demo.data.moments import later_today, on
from crm.records import agenda, filing, kinds, notebook
from crm.records.models import Activity, ActivityKind, Deal, Person, StoredFile


class Plan(NamedTuple):
    """An activity; `days` counts working days before today, negative for what lies ahead."""

    kind: str
    subject: str
    days: int
    clock: str
    person: str = ""
    deal: str = ""
    owner: Colleague = ANNA
    is_done: bool = False
    note: str = ""
    minutes: int | None = None  # it takes
    place: str = ""


PLANS = (
    Plan("call", "Ask Ulla whether the renewal is signed", 2, "10:00", "Ulla Mäkinen", "Vantaa Paper: service contract"),
    Plan("task", "Send Marc the dates for spring", 1, "16:00", "Marc Vidal"),
    Plan("call", "Call Boris about the proposal", 0, "15:00", "Boris Petrov", "Northgate: 120 sensors for the Berlin hubs"),
    Plan("task", "Prepare the tour for Alder & Finch", 0, "16:30", "Olivia Marsh", "Alder & Finch: eleven hotels"),
    Plan("meeting", "Contract terms with Ines and Petra", -1, "10:30", "Ines Albrecht", "Helio Dairy: second plant", minutes=60),
    Plan(
        "demonstration",
        "Dashboard for the facility team",
        -1,
        "14:00",
        "Olivia Marsh",
        "Alder & Finch: eleven hotels",
        minutes=45,
        place="Video call",
    ),
    Plan("call", "Walk Dr. Frei through the security page", -2, "14:00", "Dr. Beat Frei", "Lakeside Clinics: hot water monitoring"),
    Plan(
        "meeting",
        "Site visit in Manchester",
        -4,
        "11:00",
        "Samir Haddad",
        "Kestrel: cold store metering",
        note="Train 7:15, back 18:02",
        minutes=180,
        place="Trafford Park, gate 4",
    ),
    Plan("deadline", "Offer to the port authority", -8, "12:00", "Edda Kruse", "Port of Ostmark: quay 4 and 5"),
    Plan("call", "First call with Edda", 6, "11:30", "Edda Kruse", "Port of Ostmark: quay 4 and 5", is_done=True),
    Plan("meeting", "Tour of the dye house", 10, "13:00", "Lucía Romero", "Castell: dye house pilot", is_done=True),
    Plan(
        "meeting",
        "Walk through the Lichtenberg hub",
        20,
        "09:30",
        "Boris Petrov",
        "Northgate: 120 sensors for the Berlin hubs",
        is_done=True,
    ),
    Plan("call", "Scope with Peter Lang", 6, "15:00", "Peter Lang", "Alder & Finch: eleven hotels", is_done=True),
    Plan("call", "Terms with Jonas", 4, "10:00", "Jonas Weber", "Helio Dairy: second plant", is_done=True),
    Plan("call", "Ask Gijs about the frost date", 1, "09:00", "Gijs van Dam", "Greenline: greenhouse irrigation", TOM),
    Plan("meeting", "Dry dock walk with Karl", 0, "16:00", "Karl Boone", "Solent: dry dock supply", TOM),
    Plan("task", "Site list from Priya", -2, "09:30", "Priya Nair", "Bramble Schools: fourteen sites", TOM),
    Plan("meeting", "Handover to the installers", 9, "10:00", "Liam Byrne", "Ardent Pharma: clean utilities", TOM, is_done=True),
)


class Jotting(NamedTuple):
    """A note on a person or a deal; in HTML where it begins with a tag."""

    text: str
    days: int
    clock: str
    person: str = ""
    deal: str = ""
    author: Colleague = ANNA
    is_pinned: bool = False


JOTTINGS = (
    Jotting(
        "<p>Who decides:</p><ul><li><b>Boris</b>: the sensors</li><li><b>Carla</b>: the price</li>"
        "<li><b>Henrik</b> signs above 40,000 and wants to see the Helio story first</li></ul>",
        20,
        "11:50",
        deal="Northgate: 120 sensors for the Berlin hubs",
        is_pinned=True,
    ),
    Jotting(
        f"<p>@{TOM.name}, your dry dock clamps are the ones that Boris asks for. Could you send me the drawing?</p>",
        6,
        "17:05",
        deal="Northgate: 120 sensors for the Berlin hubs",
    ),
    Jotting("Prefers mail to calls before ten.", 31, "09:15", person="Boris Petrov"),
    Jotting(
        "Petra asked for two instalments: half at signing, half after the acceptance test.", 4, "10:25", deal="Helio Dairy: second plant"
    ),
    Jotting(
        "Dye house runs at 60 °C: check the clamp rating with the lab before we promise dates.",
        10,
        "15:10",
        deal="Castell: dye house pilot",
    ),
    Jotting(
        "Eleven hotels, but they start with two in London. Peter wants to read values from his own system.",
        6,
        "15:40",
        deal="Alder & Finch: eleven hotels",
    ),
    Jotting("Renewal is waiting for the new budget year. Ulla is on our side.", 26, "14:00", deal="Vantaa Paper: service contract"),
    Jotting(
        "Legionella rules are the reason they buy: lead with the temperature alarm.",
        12,
        "16:30",
        deal="Lakeside Clinics: hot water monitoring",
    ),
    Jotting("Gijs pays by harvest: invoice in June or not at all.", 17, "12:10", deal="Greenline: greenhouse irrigation", author=TOM),
    Jotting("Yard closes for two weeks at Christmas, nothing can be fitted then.", 13, "16:05", deal="Solent: dry dock supply", author=TOM),
)


def load(users: dict[str, User], people: dict[str, Person], deals: dict[str, Deal], *, now: datetime) -> None:
    """Write all of them down."""
    for plan in PLANS:
        _plan(plan, users[plan.owner.email], people.get(plan.person), deals.get(plan.deal), now)
    for jotting in JOTTINGS:
        _jot_down(jotting, deals.get(jotting.deal) or people[jotting.person], users[jotting.author.email], now)
    site_plan = SimpleUploadedFile("Site plan Lichtenberg.pdf", files.content("Site plan Lichtenberg.pdf"))
    deal = deals["Northgate: 120 sensors for the Berlin hubs"]
    kept = filing.keep(record=deal, upload=site_plan, by=users[ANNA.email])
    StoredFile.objects.filter(pk=kept.pk).update(created_at=on(20, "12:05", now=now))


def _jot_down(jotting: Jotting, record: Deal | Person, author: User, now: datetime) -> None:
    words = {"html" if jotting.text.startswith("<") else "text": jotting.text}
    at = on(jotting.days, jotting.clock, now=now)
    note = notebook.write(record=record, author=author, now=at, **words)
    if jotting.is_pinned:
        notebook.pin(note=note, is_pinned=True, now=at)


def _give_kind(activity: Activity, kind: str) -> None:
    if kind in Activity.Kind.values:
        activity.kind = Activity.Kind(kind)
    else:
        own, _new = ActivityKind.objects.get_or_create(name=kind.capitalize(), defaults={"icon": "presentation"})
        kinds.give(activity, f"{kinds.CUSTOM}{own.pk}")


def _plan(plan: Plan, owner: User, person: Person | None, deal: Deal | None, now: datetime) -> None:
    due_at = on(plan.days, plan.clock, now=now) if plan.days else later_today(plan.clock, now=now)
    activity = Activity(owner=owner, subject=plan.subject, note=plan.note, due_at=due_at)
    activity.duration_minutes, activity.location = plan.minutes, plan.place
    _give_kind(activity, plan.kind)
    organisation = person.organisation if person else None
    agenda.save(activity=activity, person=person, organisation=organisation, deal=deal)
    if plan.is_done:
        agenda.set_done(activity=activity, is_done=True, now=due_at)
