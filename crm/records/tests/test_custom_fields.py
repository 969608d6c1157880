"""Custom fields: set up by administrators, filled in forms and on pages of records."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Max
from django.test import Client
from django.urls import reverse

from crm.accounts.models import AuditEntry, Role, User
from crm.records.fields import book, reading, writing
from crm.records.fields.values import Money
from crm.records.models import CustomChoice, CustomField, CustomValue, Deal, FieldChange, Organisation, Person, Stage


@pytest.fixture
def ada_client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def custom(kind: str, *, of: str = "person", name: str = "", choices: tuple[str, ...] = ()) -> book.Field:
    last = CustomField.objects.aggregate(last=Max("position"))["last"]
    added = CustomField.objects.create(of=of, name=name or f"My {kind}", kind=kind, position=(last or 0) + 1)
    for place, choice in enumerate(choices):
        CustomChoice.objects.create(field=added, name=choice, position=place)
    return book.from_custom(added)


def number(field: book.Field) -> int:
    """The pk of a custom field."""
    return int(field.key.removeprefix("custom-"))


def hold(record: Any, field: book.Field, value: Any) -> None:
    writing.set_custom(record, field, value)


def held(record: Any, field: book.Field) -> Any:
    return reading.read(type(record).objects.get(pk=record.pk), field)


def choice(field: book.Field, name: str) -> CustomChoice:
    return CustomChoice.objects.get(field=field.custom, name=name)


def post(client: Client, name: str, /, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"records:{name}", args=args), data)


def words(response: Any) -> str:
    return str(response.content.decode())


# Set up


def test_a_field_with_its_choices_is_added_at_the_end(ada_client: Client) -> None:
    custom("text")
    address = f"{reverse('records:custom_field_create')}?of=person"
    ada_client.post(address, {"name": " Preferred  language ", "kind": "choice", "choices": "English\n\n german\nGERMAN\nFrench"})
    added = CustomField.objects.get(name="Preferred language")
    assert [one.name for one in added.choices.all()] == ["English", "german", "French"]
    assert list(CustomField.objects.filter(of="person"))[-1] == added
    assert AuditEntry.objects.get().action == "field_added"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "Give it a name."),
        ({"name": "MY TEXT"}, "There is one of this name already."),
        ({"kind": "choice"}, "Name at least one choice."),
        ({"kind": "choices", "choices": "x" * 101}, "Keep each choice under 100 characters."),
        ({"kind": "colour"}, "not one of the available choices"),
    ],
)
def test_a_faulty_field_is_refused_and_what_was_typed_is_kept(ada_client: Client, values: dict[str, str], sentence: str) -> None:
    custom("text")
    answer = ada_client.post(
        f"{reverse('records:custom_field_create')}?of=person", {"name": "Typed", "kind": "text", "choices": "", **values}
    )
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert CustomField.objects.count() == 1


def test_a_name_of_another_kind_of_record_is_free_and_one_of_a_shipped_field_is_warned_of(ada_client: Client) -> None:
    custom("text", of="deal", name="City")
    address = f"{reverse('records:custom_field_create')}?of=person"
    answer = ada_client.post(address, {"name": "city", "kind": "text", "choices": ""}, follow=True)
    assert CustomField.objects.filter(of="person", name="city").exists()
    assert "There is a field “city” already that comes with Candor" in words(answer)


def test_the_kind_is_changed_only_while_nothing_is_held(ada_client: Client, boris: Person) -> None:
    field = custom("choice", choices=("A",))
    post(ada_client, "custom_field_edit", number(field), name="Renamed", kind="text")
    assert not CustomChoice.objects.exists()
    hold(boris, book.by_key("person")[field.key], "words")
    post(ada_client, "custom_field_edit", number(field), name="Again", kind="number")
    kept = CustomField.objects.get()
    assert (kept.name, kept.kind) == ("Again", "text")
    assert "its kind stays" in words(ada_client.get(reverse("records:custom_field_edit", args=[kept.pk])))


def test_an_archived_field_is_shown_nowhere_and_keeps_its_values(ada_client: Client, boris: Person) -> None:
    field = custom("text", name="Hobby")
    hold(boris, field, "Chess")
    post(ada_client, "custom_field_archive", number(field))
    assert "Chess" not in words(ada_client.get(boris.get_absolute_url()))
    assert "Hobby" not in words(ada_client.get(reverse("records:person_edit", args=[boris.pk])))
    post(ada_client, "custom_field_archive", number(field), restore=1)
    assert "Chess" in words(ada_client.get(boris.get_absolute_url()))


def test_a_field_is_deleted_once_its_name_is_typed(ada_client: Client, boris: Person, alice: User) -> None:
    field = custom("choices", name="Hobbies", choices=("Chess", "Golf"))
    hold(boris, field, [choice(field, "Chess"), choice(field, "Golf")])
    address = reverse("records:custom_field_delete", args=[number(field)])
    assert "1 record holds a value" in words(ada_client.get(address))
    assert ada_client.post(address, {"typed": "Hobby"}).status_code == 422
    assert ada_client.post(address).status_code == 422
    ada_client.post(address, {"typed": "hobbies"})
    assert not CustomField.objects.exists()
    assert not CustomValue.objects.exists()
    assert AuditEntry.objects.get().details == {"records": 1}


def test_choices_are_added_renamed_and_sorted(ada_client: Client) -> None:
    field = custom("choice", choices=("A", "B"))
    post(ada_client, "custom_choice_create", number(field), name="C")
    assert post(ada_client, "custom_choice_create", number(field), name="a").status_code == 422
    post(ada_client, "custom_choice_edit", choice(field, "A").pk, name="Aa")
    post(ada_client, "custom_choice_order", number(field), up=choice(field, "C").pk)
    assert [one.name for one in CustomChoice.objects.all()] == ["Aa", "C", "B"]


def test_a_choice_that_goes_is_replaced_and_each_change_noted(ada_client: Client, boris: Person, alice: User) -> None:
    field = custom("choices", choices=("A", "B", "C"))
    carla = Person.objects.create(owner=alice, name="Carla")
    a, b, c = (choice(field, name) for name in "ABC")
    hold(boris, field, [a, b])
    hold(carla, field, [a, c])
    assert "2 records hold it." in words(ada_client.get(reverse("records:custom_choice_delete", args=[a.pk])))
    post(ada_client, "custom_choice_delete", a.pk, replacement=b.pk)
    assert (held(boris, field), sorted(held(carla, field), key=str)) == ([b], [b, c])
    assert FieldChange.objects.get(person=boris).after == "B"
    assert FieldChange.objects.get(person=carla).actor_name == "Ada Adler"


def test_a_choice_that_goes_without_replacement_leaves_nothing(ada_client: Client, boris: Person) -> None:
    field = custom("choice", choices=("A", "B"))
    hold(boris, field, choice(field, "A"))
    post(ada_client, "custom_choice_delete", choice(field, "A").pk, replacement="")
    assert held(boris, field) is None
    assert [one.name for one in CustomChoice.objects.all()] == ["B"]


def test_a_choice_of_another_field_takes_no_place(ada_client: Client, boris: Person) -> None:
    field, other = custom("choice", choices=("A",)), custom("choice", name="Other", choices=("X",))
    hold(boris, field, choice(field, "A"))
    assert post(ada_client, "custom_choice_delete", choice(field, "A").pk, replacement=choice(other, "X").pk).status_code == 422


# Forms


def everything() -> dict[str, book.Field]:
    return {
        "text": custom("text"),
        "number": custom("number"),
        "money": custom("money"),
        "date": custom("date"),
        "choice": custom("choice", choices=("Red", "Blue")),
        "choices": custom("choices", choices=("A", "B", "C")),
        "person": custom("person"),
        "organisation": custom("organisation"),
    }


def filled(fields: dict[str, book.Field], acme: Organisation, friend: Person) -> dict[str, object]:
    key = {kind: field.key for kind, field in fields.items()}
    return {
        key["text"]: "some words",
        key["number"]: "1 234,5",
        f"{key['money']}_0": "1,200.50",
        f"{key['money']}_1": "USD",
        key["date"]: "2026-12-24",
        key["choice"]: choice(fields["choice"], "Blue").pk,
        key["choices"]: [choice(fields["choices"], "A").pk, choice(fields["choices"], "C").pk],
        key["person"]: friend.name,
        key["organisation"]: acme.name,
    }


def test_every_kind_is_filled_in_when_a_contact_is_added(alice_client: Client, acme: Organisation, boris: Person) -> None:
    fields = everything()
    post(alice_client, "person_create", name="Carla", owner=boris.owner_id, **filled(fields, acme, boris))
    carla = Person.objects.get(name="Carla")
    assert {kind: held(carla, field) for kind, field in fields.items()} == {
        "text": "some words",
        "number": Decimal("1234.5"),
        "money": Money(Decimal("1200.50"), "USD"),
        "date": date(2026, 12, 24),
        "choice": choice(fields["choice"], "Blue"),
        "choices": [choice(fields["choices"], "A"), choice(fields["choices"], "C")],
        "person": boris,
        "organisation": acme,
    }
    assert not FieldChange.objects.exists()  # a beginning is no change


def test_the_form_shows_what_is_held_and_notes_only_what_changes(
    alice_client: Client, alice: User, acme: Organisation, boris: Person
) -> None:
    fields = everything()
    carla = Person.objects.create(owner=alice, name="Carla")
    post(alice_client, "person_edit", carla.pk, name="Carla", owner=alice.pk, **filled(fields, acme, boris))
    FieldChange.objects.all().delete()
    page = words(alice_client.get(reverse("records:person_edit", args=[carla.pk])))
    for piece in ('value="some words"', 'value="1234.5"', 'value="1200.5"', 'value="2026-12-24"', 'value="Boris Ivanov"'):
        assert piece in page
    post(
        alice_client, "person_edit", carla.pk, name="Carla", owner=alice.pk, **{**filled(fields, acme, boris), fields["text"].key: "other"}
    )
    assert [(row.field, row.before, row.after) for row in FieldChange.objects.all()] == [(fields["text"].key, "some words", "other")]


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("number", "twelve", "“twelve” is no number."),
        ("number", "0.12345", "At most 4 decimals can be kept."),
        ("date", "tomorrow", "This is not a date."),
        ("choice", "999", "This choice is no longer there."),
        ("person", "Nobody Known", "Nothing of that name was found."),
    ],
)
def test_what_cannot_be_kept_is_told_beside_its_box(alice_client: Client, boris: Person, kind: str, value: str, sentence: str) -> None:
    field = custom(kind, choices=("A",) if kind == "choice" else ())
    answer = post(alice_client, "person_edit", boris.pk, name="Boris", owner=boris.owner_id, **{field.key: value})
    assert answer.status_code == 422
    assert sentence in words(answer)
    boris.refresh_from_db()
    assert boris.name == "Boris Ivanov"


@pytest.mark.parametrize(("amount", "sentence"), [("much", "is no number."), ("1.234", "at most two decimals")])
def test_amounts_are_checked_too(alice_client: Client, boris: Person, amount: str, sentence: str) -> None:
    field = custom("money")
    values = {f"{field.key}_0": amount, f"{field.key}_1": "EUR"}
    answer = post(alice_client, "person_edit", boris.pk, name="Boris", owner=boris.owner_id, **values)
    assert (answer.status_code, sentence in words(answer)) == (422, True)


def test_a_linked_record_that_the_editor_cannot_see_stays_until_they_choose_another(
    alice_client: Client, charlie: User, boris: Person, acme: Organisation
) -> None:
    field = custom("person")
    hidden = Person.objects.create(owner=charlie, name="Hidden Hanna")
    hold(boris, field, hidden)
    page = words(alice_client.get(boris.get_absolute_url()))
    assert ("Hidden Hanna" in page, hidden.get_absolute_url() in page) == (True, False)
    kept = {field.key: "Hidden Hanna", f"{field.key}-pk": hidden.pk}
    post(alice_client, "person_edit", boris.pk, name="Boris", owner=boris.owner_id, **kept)
    assert held(boris, field) == hidden
    Person.objects.create(owner=charlie, name="Other Otto")
    assert post(alice_client, "person_edit", boris.pk, name="Boris", owner=boris.owner_id, **{field.key: "Other Otto"}).status_code == 422


def test_organisations_and_deals_have_theirs(alice_client: Client, alice: User, acme: Organisation, stages: list[Stage]) -> None:
    size, renewal = custom("number", of="organisation"), custom("date", of="deal")
    post(alice_client, "organisation_edit", acme.pk, name="Acme", owner=alice.pk, **{size.key: "250"})
    deal = {"title": "Licences", "value": "5", "currency": "EUR", "stage": stages[0].pk, "owner": alice.pk}
    post(alice_client, "deal_create", **deal, **{renewal.key: "2027-01-01"})
    saved = Deal.objects.get()
    assert (held(acme, size), held(saved, renewal)) == (250, date(2027, 1, 1))
    post(alice_client, "deal_edit", saved.pk, **deal, **{"initial-stage": stages[0].pk, renewal.key: ""})
    assert held(saved, renewal) is None
    assert FieldChange.objects.get(deal=saved).field == renewal.key


# On the page


def test_a_page_shows_custom_fields_with_links_and_a_way_to_add(alice_client: Client, boris: Person, acme: Organisation) -> None:
    custom("text", name="Hobby")
    partner = custom("organisation", name="Partner")
    hold(boris, partner, acme)
    page = words(alice_client.get(boris.get_absolute_url()))
    assert "Hobby" in page
    assert f'<a href="{acme.get_absolute_url()}">Acme Tools</a>' in page
    assert "Change Hobby" in page


HTMX = {"HX-Request": "true"}


def test_a_field_is_changed_in_place(alice_client: Client, boris: Person) -> None:
    field = custom("number", name="Children")
    address = reverse("records:field_edit", args=["person", boris.pk, field.key])
    assert "<form" in words(alice_client.get(address, headers=HTMX))
    assert "<html" in words(alice_client.get(address))  # a page where there is no script
    faulty = alice_client.post(address, {"value": "many"}, headers=HTMX)
    assert (faulty.status_code, "“many” is no number." in words(faulty)) == (422, True)
    saved = alice_client.post(address, {"value": "3"}, headers=HTMX)
    assert ("3" in words(saved), "<form" in words(saved), "records:changed" in saved.headers["HX-Trigger"]) == (True, False, True)
    assert FieldChange.objects.get(person=boris).after == "3"
    assert "<form" not in words(alice_client.get(f"{address}?shown", headers=HTMX))
    assert alice_client.post(address, {"value": ""}).headers["Location"] == boris.get_absolute_url()
    assert held(boris, field) is None


def test_ticks_are_all_taken_away_in_place(alice_client: Client, boris: Person) -> None:
    field = custom("choices", choices=("A", "B"))
    hold(boris, field, [choice(field, "A")])
    alice_client.post(reverse("records:field_edit", args=["person", boris.pk, field.key]), headers=HTMX)
    assert held(boris, field) == []


@pytest.mark.parametrize(
    ("kind", "key", "value", "kept"),
    [
        ("person", "job_title", "Buyer", "Buyer"),
        ("person", "country", "DE", "DE"),
        ("deal", "title", "Thirty licences", "Thirty licences"),
        ("deal", "expected_close_on", "2026-12-24", date(2026, 12, 24)),
        ("deal", "probability", "35", 35),
    ],
)
def test_simple_shipped_fields_are_changed_in_place_too(
    alice_client: Client, boris: Person, deal: Deal, kind: str, key: str, value: str, kept: object
) -> None:
    record: Any = {"person": boris, "deal": deal}[kind]
    assert alice_client.post(reverse("records:field_edit", args=[kind, record.pk, key]), {"value": value}).status_code == 302
    record.refresh_from_db()
    assert getattr(record, key) == kept
    assert FieldChange.objects.get().field == key


def test_the_value_of_a_deal_is_changed_with_its_currency(alice_client: Client, deal: Deal) -> None:
    address = reverse("records:field_edit", args=["deal", deal.pk, "value"])
    assert alice_client.post(address, {"value_0": "-1", "value_1": "EUR"}).status_code == 422
    alice_client.post(address, {"value_0": "9000", "value_1": "GBP"})
    deal.refresh_from_db()
    assert (int(deal.value), deal.currency) == (9000, "GBP")


def test_a_name_is_not_emptied(alice_client: Client, boris: Person) -> None:
    assert alice_client.post(reverse("records:field_edit", args=["person", boris.pk, "name"]), {"value": " "}).status_code == 422


@pytest.mark.parametrize("key", ["status", "owner", "tags", "stage", "created_at", "nothing", "custom-999"])
def test_fields_with_rules_of_their_own_are_not_changed_in_place(alice_client: Client, deal: Deal, key: str) -> None:
    assert alice_client.get(reverse("records:field_edit", args=["deal", deal.pk, key])).status_code == 404


def test_who_may_not_change_a_record_changes_no_field(client: Client, charlie: User, boris: Person, alice: User, bob: User) -> None:
    address = reverse("records:field_edit", args=["person", boris.pk, "job_title"])
    client.force_login(charlie)
    assert client.get(address).status_code == 404
    bob.custom_role = Role.objects.create(name="Reader", permissions=[])
    bob.save()
    client.force_login(bob)
    custom("text", name="Hobby")
    assert client.post(address, {"value": "Buyer"}).status_code == 404
    page = words(client.get(boris.get_absolute_url()))
    assert ("Hobby" in page, "Change Hobby" in page) == (True, False)


def test_a_field_of_another_kind_of_record_is_not_found(alice_client: Client, boris: Person) -> None:
    field = custom("text", of="deal")
    assert alice_client.get(reverse("records:field_edit", args=["person", boris.pk, field.key])).status_code == 404
    assert alice_client.get(reverse("records:field_edit", args=["planet", boris.pk, field.key])).status_code == 404


def test_changes_of_a_deleted_field_stay_in_the_timeline(ada_client: Client, alice_client: Client, boris: Person) -> None:
    field = custom("text", name="Hobby")
    alice_client.post(reverse("records:field_edit", args=["person", boris.pk, field.key]), {"value": "Chess"})
    CustomField.objects.all().delete()
    assert "Deleted field: Chess" in words(alice_client.get(boris.get_absolute_url()))
