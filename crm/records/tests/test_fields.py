"""Fields of records: understood, set, read, and each change of them noted."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.records.fields import book, parsing, reading, writing
from crm.records.fields.values import Money, Point
from crm.records.models import ContactPoint, CustomChoice, CustomField, Deal, FieldChange, Organisation, Person, Tag


def field(kind: str, key: str) -> book.Field:
    return book.by_key(kind)[key]


def custom(kind: str, *, of: str = "person", choices: tuple[str, ...] = ()) -> book.Field:
    added = CustomField.objects.create(of=of, name=f"My {kind}", kind=kind)
    for name in choices:
        CustomChoice.objects.create(field=added, name=name)
    return book.from_custom(added)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.5", "1234.5"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1,234", "1234"),
        ("1.234.567", "1234567"),
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("-7", "-7"),
        ("", None),
    ],
)
def test_numbers_are_read_as_people_of_any_country_write_them(text: str, number: str | None) -> None:
    assert parsing.number(text) == (None if number is None else Decimal(number))


@pytest.mark.parametrize("text", ["twelve", "1e400", "NaN", "--3", "1.2.3,4.5"])
def test_what_is_no_number_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(parsing.BadValue, match="number"):
        parsing.number(text)


def test_texts_become_values(alice: User, boris: Person) -> None:
    ways = parsing.Ways(user=alice)
    read = {
        key: parsing.parse(text, field("deal", key), ways)
        for key, text in {"value": "€ 1.200,50", "expected_close_on": "30.11.2026"}.items()
    }
    assert read == {"value": Money(Decimal("1200.50"), "EUR"), "expected_close_on": date(2026, 11, 30)}
    assert parsing.parse("BORIS ivanov", field("deal", "person"), ways) == boris
    assert parsing.parse("Germany", field("person", "country"), ways) == "DE"
    assert parsing.parse("a@b.example; c@d.example", field("person", "emails"), ways) == [Point("a@b.example"), Point("c@d.example")]


@pytest.mark.parametrize(("day_first", "expected"), [(True, date(2026, 4, 3)), (False, date(2026, 3, 4))])
def test_a_date_with_slashes_is_read_as_the_file_means_it(alice: User, day_first: bool, expected: date) -> None:
    assert parsing.parse("3/4/2026", field("deal", "expected_close_on"), parsing.Ways(user=alice, day_first=day_first)) == expected


@pytest.mark.parametrize(
    ("kind", "key", "text"),
    [
        ("person", "emails", "nobody"),
        ("person", "phones", "none"),
        ("person", "country", "Atlantis"),
        ("person", "organisation", "Nowhere Ltd"),
        ("person", "owner", "Santa"),
        ("person", "tags", "unheard of"),
        ("person", "name", "x" * 201),
        ("deal", "expected_close_on", "tomorrow"),
        ("deal", "value", "much"),
        ("deal", "value", "-5"),
        ("deal", "probability", "101"),
        ("deal", "stage", "Limbo"),
        ("deal", "currency", "Doubloon"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_sentence(alice: User, kind: str, key: str, text: str) -> None:
    with pytest.raises(parsing.BadValue, match=r"\.$"):
        parsing.parse(text, field(kind, key), parsing.Ways(user=alice))


def test_people_whom_one_does_not_see_cannot_be_named(charlie: User, boris: Person) -> None:
    with pytest.raises(parsing.BadValue):
        parsing.parse(boris.name, field("deal", "person"), parsing.Ways(user=charlie))


def test_several_addresses_are_kept_with_their_labels_and_without_doubles(alice: User, boris: Person) -> None:
    emails = [Point("b@one.example"), Point("b@two.example", "home"), Point("B@ONE.example"), Point("b@TWO.example")]
    writing.change(record=boris, values={"emails": emails}, actor=alice, now=timezone.now())
    fresh = Person.objects.get(pk=boris.pk)
    assert fresh.email == "b@one.example"
    assert reading.read(fresh, field("person", "emails")) == emails[:2]


def test_a_person_is_found_by_any_of_their_addresses(alice: User, boris: Person) -> None:
    writing.change(record=boris, values={"emails": [Point("b@one.example"), Point("B@two.example")]}, actor=alice, now=timezone.now())
    ContactPoint.objects.create(organisation=boris.organisation, kind="email", value="x@two.example", folded="x@two.example")
    for address in ("b@ONE.example", "b@two.EXAMPLE"):
        assert list(Person.objects.with_address([address])) == [boris]
    assert not Person.objects.with_address(["x@two.example"])
    assert list(Organisation.objects.with_address(["x@two.example"])) == [boris.organisation]


VALUES: dict[str, Any] = {"text": "blue", "number": Decimal("3.5"), "money": Money(Decimal("20.00"), "USD"), "date": date(2026, 11, 30)}


@pytest.mark.parametrize("kind", VALUES)
def test_a_custom_field_keeps_its_value(alice: User, boris: Person, kind: str) -> None:
    added = custom(kind)
    writing.change(record=boris, values={added.key: VALUES[kind]}, actor=alice, now=timezone.now())
    assert reading.read(Person.objects.get(pk=boris.pk), added) == VALUES[kind]
    writing.change(record=boris, values={added.key: None}, actor=alice, now=timezone.now())
    assert not reading.read(Person.objects.get(pk=boris.pk), added)


def test_custom_choices_and_links_keep_theirs(alice: User, boris: Person) -> None:
    one, several, friend = custom("choice", choices=("Red", "Blue")), custom("choices", choices=("A", "B", "C")), custom("person")
    ways = parsing.Ways(user=alice)
    values = {one.key: parsing.parse("blue", one, ways), several.key: parsing.parse("c, A", several, ways), friend.key: boris}
    writing.change(record=boris, values=values, actor=alice, now=timezone.now())
    fresh = Person.objects.get(pk=boris.pk)
    assert reading.snapshot(fresh, [one, several, friend]) == {one.key: "Blue", several.key: "C, A", friend.key: "Boris Ivanov"}


def test_each_change_is_noted_with_who_made_it(alice: User, boris: Person) -> None:
    tag = Tag.objects.create(name="Key account")
    now = timezone.now()
    writing.change(record=boris, values={"job_title": "Buyer", "tags": [tag], "name": boris.name}, actor=alice, now=now)
    rows = FieldChange.objects.filter(person=boris).order_by("field")
    assert [(row.field, row.before, row.after, row.actor_name) for row in rows] == [
        ("job_title", "", "Buyer", alice.name),
        ("tags", "", "Key account", alice.name),
    ]


def test_an_amount_without_currency_keeps_the_deals(alice: User, deal: Deal) -> None:
    writing.change(record=deal, values={"value": Money(Decimal(7))}, actor=alice, now=timezone.now())
    deal.refresh_from_db()
    assert (deal.value, deal.currency) == (Decimal(7), "EUR")
