"""What the demo company added to its records: custom fields, tags, a kind of activity."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from crm.accounts.models import User
from crm.records.fields import book, writing
from crm.records.models import ActivityKind, CustomChoice, CustomField, Deal, Organisation, Person, Tag
from crm.records.setup import fields, kinds, tags

LANGUAGES = ("English", "German", "French", "Spanish")
SPOKEN = {
    "Boris Petrov": "German",
    "Carla Stein": "German",
    "Henrik Vogel": "German",
    "Ines Albrecht": "German",
    "Lucía Romero": "Spanish",
    "Marc Vidal": "Spanish",
    "Olivia Marsh": "English",
    "Dr. Beat Frei": "French",
    "Owen Price": "English",
}
EMPLOYEES = {"Northgate Logistics": 1_240, "Helio Dairy": 380, "Castell Textiles": 145, "Alder & Finch Hotels": 620, "Quayside Markets": 18}
RENEWALS = {
    "Vantaa Paper: service contract": (1, 15),
    "Helio Dairy: first plant": (3, 31),
    "Ardent Pharma: clean utilities": (6, 30),
}  # month and day of the year after the deal was made
TAGS = (
    ("Reference", Tag.Colour.GREEN, ("Helio Dairy", "Jonas Weber", "Helio Dairy: first plant")),
    ("At risk", Tag.Colour.RED, ("Vantaa Paper: service contract",)),
)


def load(admin: User, people: Mapping[str, Person], sales: Mapping[str, Deal]) -> None:
    """Set all of it up as the administrator, and fill it in for some records, by name."""
    firms = {firm.name: firm for firm in Organisation.objects.all()}
    _fields(admin, people, firms, sales)
    records: dict[str, Any] = {**people, **firms, **sales}
    for name, colour, tagged in TAGS:
        tag = tags.save_tag(tag=Tag(name=name, colour=colour), actor=admin)
        for one in tagged:
            records[one].tags.add(tag)
    kinds.save_kind(kind=ActivityKind(name="Site visit", icon="map-pin"), actor=admin)


def _fields(admin: User, people: Mapping[str, Person], firms: Mapping[str, Organisation], sales: Mapping[str, Deal]) -> None:
    add, kind = fields.add_field, CustomField.Kind
    language = add(of="person", name="Preferred language", kind=kind.CHOICE, choices=LANGUAGES, actor=admin)
    employees = add(of="organisation", name="Employees", kind=kind.NUMBER, choices=(), actor=admin)
    renewal = add(of="deal", name="Renewal date", kind=kind.DATE, choices=(), actor=admin)
    spoken = {choice.name: choice for choice in CustomChoice.objects.filter(field=language)}
    for name, choice in SPOKEN.items():
        writing.set_custom(people[name], book.from_custom(language), spoken[choice])
    for name, count in EMPLOYEES.items():
        writing.set_custom(firms[name], book.from_custom(employees), Decimal(count))
    for title, (month, day) in RENEWALS.items():
        writing.set_custom(sales[title], book.from_custom(renewal), date(sales[title].created_at.year + 1, month, day))
