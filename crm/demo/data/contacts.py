"""The demo company's customers and prospects. Domains end in .test, telephone numbers are those reserved for fiction."""

from datetime import datetime, timedelta
from typing import NamedTuple

from crm.accounts.models import User
from crm.demo.company import ANNA, TOM, Colleague
from crm.records import contacts
from crm.records.models import Organisation, Person


class Firm(NamedTuple):
    """An organisation, the seller who owns it, how many days ago it was added, its people."""

    name: str
    domain: str
    phone: str
    address: str
    owner: Colleague
    added: int
    people: tuple[tuple[str, str], ...]  # name, job title


FIRMS = (
    Firm(
        "Northgate Logistics",
        "northgate.test",
        "+49 30 23125 110",
        "Hafenstraße 14, 10317 Berlin",
        ANNA,
        96,
        (("Boris Petrov", "Head of Facilities"), ("Carla Stein", "Purchasing"), ("Henrik Vogel", "Managing Director")),
    ),
    Firm(
        "Helio Dairy",
        "heliodairy.test",
        "+49 40 66969 220",
        "Molkereiweg 3, 21107 Hamburg",
        ANNA,
        210,
        (("Ines Albrecht", "Plant Manager"), ("Jonas Weber", "Energy and Water"), ("Petra Kühn", "Finance")),
    ),
    Firm(
        "Castell Textiles",
        "castell.test",
        "+34 91 555 0142",
        "Carrer de Mallorca 210, 08008 Barcelona",
        ANNA,
        61,
        (("Lucía Romero", "Sustainability Lead"), ("Marc Vidal", "Production"), ("Nuria Costa", "Legal")),
    ),
    Firm(
        "Alder & Finch Hotels",
        "alderfinch.test",
        "+44 20 7946 0133",
        "22 Bedford Row, London WC1R 4EB",
        ANNA,
        44,
        (("Olivia Marsh", "Operations Director"), ("Peter Lang", "Chief Engineer"), ("Ruth Adeyemi", "Procurement")),
    ),
    Firm(
        "Kestrel Foods",
        "kestrelfoods.test",
        "+44 161 496 0188",
        "Unit 5, Salford Quays, Manchester M50 3AZ",
        ANNA,
        33,
        (("Samir Haddad", "Site Manager"), ("Tessa Bloom", "Quality"), ("Umar Siddiqui", "Maintenance")),
    ),
    Firm(
        "Vantaa Paper",
        "vantaapaper.test",
        "+358 9 555 0171",
        "Tikkurilantie 8, 01300 Vantaa",
        ANNA,
        150,
        (("Ulla Mäkinen", "Process Engineer"), ("Ville Korhonen", "Mill Manager"), ("Aino Salo", "Purchasing")),
    ),
    Firm(
        "Moravia Brewing",
        "moraviabrewing.test",
        "+420 555 010 144",
        "Pivovarská 2, 602 00 Brno",
        ANNA,
        27,
        (("Zdeněk Horák", "Head Brewer"), ("Adéla Nováková", "Finance")),
    ),
    Firm(
        "Lakeside Clinics",
        "lakeside.test",
        "+41 44 555 01 20",
        "Seestrasse 40, 8002 Zürich",
        ANNA,
        75,
        (("Dr. Beat Frei", "Technical Director"), ("Claudia Meier", "Procurement"), ("Dario Rossi", "Building Services")),
    ),
    Firm(
        "Port of Ostmark",
        "port-ostmark.test",
        "+49 381 555 0160",
        "Am Kai 1, 18147 Rostock",
        ANNA,
        18,
        (("Edda Kruse", "Infrastructure"), ("Frank Thoms", "Finance"), ("Gesa Brandt", "Quay Master")),
    ),
    Firm(
        "Greenline Nurseries",
        "greenline.test",
        "+31 20 555 0190",
        "Kwekerijpad 9, 1424 De Kwakel",
        TOM,
        52,
        (("Gijs van Dam", "Owner"), ("Hanna Bakker", "Greenhouse Manager")),
    ),
    Firm(
        "Solent Shipyards",
        "solent.test",
        "+44 23 8018 0155",
        "Dock Road, Southampton SO14 3QN",
        TOM,
        39,
        (("Ian Prescott", "Estates"), ("Judith Cole", "Compliance"), ("Karl Boone", "Yard Manager")),
    ),
    Firm(
        "Ardent Pharma",
        "ardentpharma.test",
        "+353 1 555 0119",
        "Grand Canal Street 7, Dublin 2",
        TOM,
        120,
        (("Liam Byrne", "Utilities Manager"), ("Maeve Doyle", "Purchasing"), ("Nora Quinn", "Validation")),
    ),
    Firm(
        "Bramble Schools Trust",
        "bramble.test",
        "+44 117 496 0107",
        "Queen Square 31, Bristol BS1 4ND",
        TOM,
        12,
        (("Owen Price", "Bursar"), ("Priya Nair", "Estates")),
    ),
    Firm(
        "Tatra Ceramics",
        "tatraceramics.test",
        "+421 2 555 0138",
        "Keramická 12, 821 04 Bratislava",
        TOM,
        84,
        (("Radka Kováčová", "Plant Manager"), ("Štefan Baláž", "Maintenance")),
    ),
    Firm(
        "Quayside Markets",
        "quayside.test",
        "+44 191 498 0126",
        "The Close, Newcastle NE1 3RF",
        TOM,
        8,
        (("Theo Grant", "Manager"), ("Una Fletcher", "Traders' Association")),
    ),
)
PLAIN = str.maketrans("üöäéěíáčšňřžýďťľôèñ", "uoaeeiacsnrzydtloen")


def address(name: str, domain: str) -> str:
    """The email address of a person of that firm."""
    words = [word for word in name.lower().translate(PLAIN).split() if not word.endswith(".")]
    return f"{words[0]}.{'-'.join(words[1:])}@{domain}"


def load(users: dict[str, User], *, now: datetime) -> dict[str, Person]:
    """Create all of them; answers the people by name."""
    people = {}
    for number, firm in enumerate(FIRMS):
        owner = users[firm.owner.email]
        added_at = now - timedelta(days=firm.added, hours=number % 5)
        organisation = contacts.save_organisation(
            organisation=Organisation(
                name=firm.name, domain=firm.domain, phone=firm.phone, address=firm.address, owner=owner, created_at=added_at
            ),
            actor=owner,
            now=added_at,
        )
        for place, (name, job) in enumerate(firm.people):
            person = Person(name=name, job_title=job, email=address(name, firm.domain), owner=owner, created_at=added_at)
            person.phone = f"{firm.phone[:-1]}{place + 1}" if place < 2 else ""
            people[name] = contacts.save_person(person=person, organisation=organisation, actor=owner, now=added_at)
    return people
