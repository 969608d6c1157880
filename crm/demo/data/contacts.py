"""The demo company's customers and prospects. Domains end in .test, telephone numbers are those reserved for fiction."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crm.accounts.models import User
from crm.demo.company import ANNA, TOM, Colleague
from crm.records import contacts, tags
from crm.records.fields.values import Point
from crm.records.models import Label, Organisation, Person, Tag


class Place(NamedTuple):
    """A postal address; the country by its ISO 3166 code."""

    address: str
    postcode: str
    city: str
    country: str
    region: str = ""


class Firm(NamedTuple):
    """An organisation, the seller who owns it, how many days ago it was added, its people."""

    name: str
    domain: str
    phone: str
    place: Place
    owner: Colleague
    added: int
    people: tuple[tuple[str, str], ...]  # name, job title


FIRMS = (
    Firm(
        "Northgate Logistics",
        "northgate.test",
        "+49 30 23125 110",
        Place("Hafenstraße 14", "10317", "Berlin", "DE"),
        ANNA,
        96,
        (("Boris Petrov", "Head of Facilities"), ("Carla Stein", "Purchasing"), ("Henrik Vogel", "Managing Director")),
    ),
    Firm(
        "Helio Dairy",
        "heliodairy.test",
        "+49 40 66969 220",
        Place("Molkereiweg 3", "21107", "Hamburg", "DE"),
        ANNA,
        210,
        (("Ines Albrecht", "Plant Manager"), ("Jonas Weber", "Energy and Water"), ("Petra Kühn", "Finance")),
    ),
    Firm(
        "Castell Textiles",
        "castell.test",
        "+34 91 555 0142",
        Place("Carrer de Mallorca 210", "08008", "Barcelona", "ES", "Catalonia"),
        ANNA,
        61,
        (("Lucía Romero", "Sustainability Lead"), ("Marc Vidal", "Production"), ("Nuria Costa", "Legal")),
    ),
    Firm(
        "Alder & Finch Hotels",
        "alderfinch.test",
        "+44 20 7946 0133",
        Place("22 Bedford Row", "WC1R 4EB", "London", "GB"),
        ANNA,
        44,
        (("Olivia Marsh", "Operations Director"), ("Peter Lang", "Chief Engineer"), ("Ruth Adeyemi", "Procurement")),
    ),
    Firm(
        "Kestrel Foods",
        "kestrelfoods.test",
        "+44 161 496 0188",
        Place("Unit 5, Salford Quays", "M50 3AZ", "Manchester", "GB"),
        ANNA,
        33,
        (("Samir Haddad", "Site Manager"), ("Tessa Bloom", "Quality"), ("Umar Siddiqui", "Maintenance")),
    ),
    Firm(
        "Vantaa Paper",
        "vantaapaper.test",
        "+358 9 555 0171",
        Place("Tikkurilantie 8", "01300", "Vantaa", "FI"),
        ANNA,
        150,
        (("Ulla Mäkinen", "Process Engineer"), ("Ville Korhonen", "Mill Manager"), ("Aino Salo", "Purchasing")),
    ),
    Firm(
        "Moravia Brewing",
        "moraviabrewing.test",
        "+420 555 010 144",
        Place("Pivovarská 2", "602 00", "Brno", "CZ"),
        ANNA,
        27,
        (("Zdeněk Horák", "Head Brewer"), ("Adéla Nováková", "Finance")),
    ),
    Firm(
        "Lakeside Clinics",
        "lakeside.test",
        "+41 44 555 01 20",
        Place("Seestrasse 40", "8002", "Zürich", "CH"),
        ANNA,
        75,
        (("Dr. Beat Frei", "Technical Director"), ("Claudia Meier", "Procurement"), ("Dario Rossi", "Building Services")),
    ),
    Firm(
        "Port of Ostmark",
        "port-ostmark.test",
        "+49 381 555 0160",
        Place("Am Kai 1", "18147", "Rostock", "DE"),
        ANNA,
        18,
        (("Edda Kruse", "Infrastructure"), ("Frank Thoms", "Finance"), ("Gesa Brandt", "Quay Master")),
    ),
    Firm(
        "Greenline Nurseries",
        "greenline.test",
        "+31 20 555 0190",
        Place("Kwekerijpad 9", "1424", "De Kwakel", "NL"),
        TOM,
        52,
        (("Gijs van Dam", "Owner"), ("Hanna Bakker", "Greenhouse Manager")),
    ),
    Firm(
        "Solent Shipyards",
        "solent.test",
        "+44 23 8018 0155",
        Place("Dock Road", "SO14 3QN", "Southampton", "GB"),
        TOM,
        39,
        (("Ian Prescott", "Estates"), ("Judith Cole", "Compliance"), ("Karl Boone", "Yard Manager")),
    ),
    Firm(
        "Ardent Pharma",
        "ardentpharma.test",
        "+353 1 555 0119",
        Place("Grand Canal Street 7", "D02", "Dublin", "IE"),
        TOM,
        120,
        (("Liam Byrne", "Utilities Manager"), ("Maeve Doyle", "Purchasing"), ("Nora Quinn", "Validation")),
    ),
    Firm(
        "Bramble Schools Trust",
        "bramble.test",
        "+44 117 496 0107",
        Place("Queen Square 31", "BS1 4ND", "Bristol", "GB"),
        TOM,
        12,
        (("Owen Price", "Bursar"), ("Priya Nair", "Estates")),
    ),
    Firm(
        "Tatra Ceramics",
        "tatraceramics.test",
        "+421 2 555 0138",
        Place("Keramická 12", "821 04", "Bratislava", "SK"),
        TOM,
        84,
        (("Radka Kováčová", "Plant Manager"), ("Štefan Baláž", "Maintenance")),
    ),
    Firm(
        "Quayside Markets",
        "quayside.test",
        "+44 191 498 0126",
        Place("The Close", "NE1 3RF", "Newcastle", "GB"),
        TOM,
        8,
        (("Theo Grant", "Manager"), ("Una Fletcher", "Traders' Association")),
    ),
)
# more of some: values by keys of `records.fields.book`; the first address and number stay first
TAGS = {"Key account": Tag.Colour.PURPLE, "Decides": Tag.Colour.GREEN, "Newsletter": Tag.Colour.BLUE, "Trade fair": Tag.Colour.YELLOW}
MORE: dict[str, dict[str, Any]] = {
    "Boris Petrov": {
        "emails": [Point("boris.petrov@postbox.test", Label.HOME), Point("facilities@northgate.test", Label.OTHER)],
        "phones": [Point("+49 1555 010 2211", Label.MOBILE)],
        "tags": ["Decides", "Trade fair"],
    },
    "Carla Stein": {"phones": [Point("+49 1555 010 2212", Label.MOBILE)], "tags": ["Newsletter"]},
    "Ines Albrecht": {
        "emails": [Point("ines.albrecht@helio-group.test", Label.WORK)],
        "addresses": [Point("Werk 2, Hafenbecken 9, 21107 Hamburg", Label.WORK)],
        "tags": ["Decides"],
    },
    "Olivia Marsh": {"phones": [Point("+44 7700 900133", Label.MOBILE)], "tags": ["Decides", "Newsletter"]},
    "Liam Byrne": {"emails": [Point("liam@byrne.test", Label.HOME)], "tags": ["Trade fair"]},
    "Northgate Logistics": {
        "emails": [Point("info@northgate.test", Label.WORK), Point("invoices@northgate.test", Label.BILLING)],
        "phones": [Point("+49 30 23125 119", Label.FAX)],
        "addresses": [Point("Postfach 1204, 10317 Berlin", Label.BILLING)],
        "tags": ["Key account"],
    },
    "Helio Dairy": {"emails": [Point("office@heliodairy.test", Label.WORK)], "tags": ["Key account"]},
}
TWICE = ("Carla Stein", "carla@stein.test")  # was entered a second time, with her private address and the same mobile number
PLAIN = str.maketrans("üöäéěíáčšňřžýďťľôèñ", "uoaeeiacsnrzydtloen")


def address(name: str, domain: str) -> str:
    """The email address of a person of that firm."""
    words = [word for word in name.lower().translate(PLAIN).split() if not word.endswith(".")]
    return f"{words[0]}.{'-'.join(words[1:])}@{domain}"


def load(users: dict[str, User], *, now: datetime) -> dict[str, Person]:
    """Create all of them; answers the people by name."""
    Tag.objects.bulk_create(Tag(name=name, colour=colour) for name, colour in TAGS.items())
    people: dict[str, Person] = {}
    for number, firm in enumerate(FIRMS):
        owner, added_at = users[firm.owner.email], now - timedelta(days=firm.added, hours=number % 5)
        organisation = Organisation(name=firm.name, domain=firm.domain, owner=owner, created_at=added_at, **firm.place._asdict())
        organisation = contacts.save_organisation(
            organisation=organisation, actor=owner, now=added_at, values=_values(firm.name, "", firm.phone)
        )
        people |= _staff(firm, organisation, owner, added_at)
    _enter_twice(people[TWICE[0]], now)
    return people


def _staff(firm: Firm, organisation: Organisation, owner: User, added_at: datetime) -> dict[str, Person]:
    people = {}
    for place, (name, job) in enumerate(firm.people):
        person = Person(name=name, job_title=job, owner=owner, created_at=added_at)
        phone = f"{firm.phone[:-1]}{place + 1}" if place < 2 else ""
        values = _values(name, address(name, firm.domain), phone)
        people[name] = contacts.save_person(person=person, organisation=organisation, actor=owner, now=added_at, values=values)
    return people


def _values(name: str, email: str, phone: str) -> dict[str, Any]:
    """What stands in the tables beside a contact."""
    more = MORE.get(name, {})
    return {
        "emails": [*([Point(email)] if email else []), *more.get("emails", ())],
        "phones": [Point(phone), *more.get("phones", ())] if phone else [],
        "addresses": more.get("addresses", []),
        "tags": tags.named(more.get("tags", ())),
    }


def _enter_twice(person: Person, now: datetime) -> None:
    """Somebody at the fair did not look first."""
    name, email = TWICE
    second = Person(name=name, owner=person.owner, created_at=now - timedelta(days=5))
    values = {"emails": [Point(email, Label.HOME)], "phones": MORE[name]["phones"], "tags": tags.named(["Trade fair"])}
    contacts.save_person(person=second, organisation=person.organisation, actor=person.owner, now=second.created_at, values=values)
