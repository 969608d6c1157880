"""Rules of an import: what it changes, what it leaves, what it says."""

import stat
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry, Role, User
from crm.consent import ledger
from crm.consent.models import Consent
from crm.exchange import mapping, purging, reading, running, uploading
from crm.exchange.models import ImportJob
from crm.exchange.tests.conftest import as_guessed, attempt, run, upload
from crm.records.models import CustomField, Deal, FieldChange, Lead, Note, Organisation, Person, Tag, TimelineEntry
from crm.records.pipeline import default_pipeline
from notifications.models import Card

pytestmark = pytest.mark.django_db
TABLE = "Name,Email,Phone,Company,City\nBoris Ivanov,boris@client.test,+49 30 1,Client,Berlin\nCarla,carla@client.test,,Client,\n"


def person(owner: User, **fields: object) -> Person:
    return Person.objects.create(owner=owner, **{"name": "Boris", "email": "boris@client.test", **fields})


def test_new_people_belong_to_the_importer_and_their_timeline_says_where_they_come_from(imported, alice):
    job = imported(TABLE, "fair.csv")
    boris = Person.objects.get(email="boris@client.test")
    assert (job.status, job.created_count, job.organisation_count) == ("done", 2, 1)
    assert boris.organisation
    assert (boris.owner, boris.visibility, boris.organisation.domain) == (alice, alice.default_visibility, "client.test")
    assert set(TimelineEntry.objects.filter(kind="created").values_list("text", flat=True)) == {"Imported from fair.csv"}


def test_the_importer_is_told_by_a_card_and_the_audit_log_keeps_a_line(imported, alice):
    job = imported(TABLE, "fair.csv")
    card = Card.objects.get(user=alice, kind="import")
    assert (card.title, card.url) == ("2 rows of “fair.csv” are imported", f"/import/{job.pk}/")
    assert AuditEntry.objects.get(action="records_imported").details["created"] == 2


def test_an_update_overwrites_notes_each_change_and_erases_nothing(imported, alice):
    before = person(alice, city="Bonn", job_title="Buyer", phone="+49 228 5")
    job = imported(TABLE.replace("Berlin", "Köln"))
    before.refresh_from_db()
    assert (job.updated_count, job.created_count) == (1, 1)
    assert (before.name, before.city, before.job_title) == ("Boris Ivanov", "Köln", "Buyer")
    assert [before.phone, *before.points.values_list("value", flat=True)] == ["+49 228 5", "+49 30 1"]
    assert set(FieldChange.objects.filter(person=before).values_list("field", flat=True)) == {"name", "city", "phones", "organisation"}


def test_empty_cells_erase_nothing(imported, alice):
    before = person(alice, name="Carla", email="carla@client.test", city="Bonn", phone="1")
    imported(TABLE)
    before.refresh_from_db()
    assert (before.city, before.phone) == ("Bonn", "1")


def test_filling_leaves_what_is_there(imported, alice):
    before = person(alice, city="Bonn")
    imported(TABLE, fills_only="1")
    before.refresh_from_db()
    assert (before.name, before.city, before.phone) == ("Boris", "Bonn", "+49 30 1")


@pytest.mark.parametrize(
    ("mode", "created", "updated", "skipped", "there"),
    [("update", 1, 1, 0, 2), ("skip", 1, 0, 1, 2), ("only", 0, 1, 1, 1), ("create", 2, 0, 0, 3)],
)
def test_those_that_are_here_are_treated_as_chosen(imported, alice, mode, created, updated, skipped, there):
    person(alice)
    job = imported(TABLE, mode=mode)
    assert (job.created_count, job.updated_count, job.skipped_count, Person.objects.count()) == (created, updated, skipped, there)


def test_somebody_is_known_by_any_of_their_addresses_whatever_the_capitals(imported, alice):
    boris = person(alice, email="other@client.test")
    boris.points.create(kind="email", value="BORIS@client.test", folded="boris@client.test")
    assert imported(TABLE).updated_count == 1


@pytest.mark.parametrize(("key", "known"), [("phones", {"phone": "0049 (30) 1"}), ("phones", {"phone": "+49-30-1"}), ("name", {})])
def test_other_keys(imported, alice, key, known):
    client = Organisation.objects.create(owner=alice, name="CLIENT")
    person(alice, name="boris ivanov", email="else@client.test", organisation=client, **known)
    assert imported(TABLE, key=key).updated_count == (0 if known.get("phone") == "0049 (30) 1" else 1)


def test_a_number_of_another_program_can_be_the_key(ada_client, ada):
    text = "Name,External ID\nBoris,007\n"
    job = run(ada_client, attempt(ada_client, upload(ada_client, text), columns={"External ID": "new:text"}))
    field = CustomField.objects.get(name="External ID")
    assert job.created_count == 1
    again = upload(ada_client, text.replace("Boris", "Boris Ivanov"))
    assert again.mapping == ["name", f"custom-{field.pk}"]
    assert run(ada_client, attempt(ada_client, again, key=f"custom-{field.pk}")).updated_count == 1
    assert Person.objects.get().name == "Boris Ivanov"


def test_nobody_finds_by_an_import_whom_they_cannot_see(imported, charlie):
    person(charlie)
    assert imported(TABLE).created_count == 2


def test_what_somebody_may_see_but_not_change_stays_and_its_row_says_so(imported, alice, bob):
    alice.custom_role = Role.objects.create(name="Importer", permissions=["import"])
    alice.save()
    before = person(bob)
    job = imported(TABLE)
    before.refresh_from_db()
    assert (before.name, job.faulty_count) == ("Boris", 1)
    assert "belongs to somebody else" in job.rows.get(outcome="faulty").problem


def test_rows_that_mean_the_same_are_one_and_say_so(imported):
    job = imported(TABLE + "Boris I.,BORIS@client.test,+49 30 2,,\n")
    boris = Person.objects.get(email="boris@client.test")
    assert (job.merged_count, boris.name, boris.city) == (1, "Boris I.", "Berlin")
    assert boris.points.get().value == "+49 30 2"
    assert job.rows.get(outcome="merged").problem == "It is the same as row 2."


def test_importing_the_same_file_again_changes_nothing(imported):
    imported(TABLE + "Nobody’s address,,,,\n")
    job = imported(TABLE + "Nobody’s address,,,,\n")
    assert (job.created_count, job.updated_count, Person.objects.count()) == (0, 3, 3)
    assert not FieldChange.objects.exists()


def test_a_try_writes_nothing_and_says_what_would_come(ada_client, ada):
    job = attempt(ada_client, upload(ada_client, TABLE.replace("City", "Tags") + "Bad,not an address,,,VIP\n"))
    page = ada_client.get(f"/import/{job.pk}/").content.decode()
    assert (job.created_count, job.faulty_count, job.organisation_count, job.report["tags"]) == (2, 1, 1, ["Berlin"])
    assert "“not an address” is no email address." in page
    assert job.report["faults"][0]["number"] == 4
    assert not any(model.objects.exists() for model in (Person, Organisation, Tag, TimelineEntry, FieldChange, Consent))


def test_faulty_rows_come_back_and_go_in_again_once_corrected(imported, alice_client):
    job = imported(TABLE + "=1+1,not an address,,,\n")
    text = b"".join(alice_client.get(f"/import/{job.pk}/problems.csv").streaming_content).decode()
    assert "'=1+1,not an address,,,,“not an address” is no email address." in text
    again = upload(alice_client, text.replace("not an address,", "good@client.test,"))
    assert again.headings == ["Name", "Email", "Phone", "Company", "City"]
    run(alice_client, attempt(alice_client, again))
    assert Person.objects.get(email="good@client.test").name == "=1+1"


def test_all_that_is_wrong_with_a_row_is_said_at_once(imported):
    job = imported("Name,Email,Country\nBoris,not an address,Atlantis\n")
    assert job.rows.get().problem == "“not an address” is no email address. “Atlantis” is no country that we know."


def test_an_amount_of_an_own_field_is_in_the_currency_of_the_company(imported):
    field = CustomField.objects.create(of="person", name="Budget", kind="money")
    text = "Name,Email,Budget\nBoris,boris@client.test,100\nCarla,carla@client.test,200 USD\n"
    imported(text)
    values = field.values.order_by("number")
    assert [(value.number, value.currency) for value in values] == [(Decimal(100), "EUR"), (Decimal(200), "USD")]
    imported(text.replace("100", "150").replace("200 USD", "250"))
    assert [(value.number, value.currency) for value in values.all()] == [(Decimal(150), "EUR"), (Decimal(250), "USD")]


def test_a_bad_value_can_be_left_out_instead(imported):
    job = imported("Name,Email,Country\nBoris,boris@client.test,Atlantis\n", leaves_bad="1")
    assert (job.created_count, Person.objects.get().country) == (1, "")
    assert "“Atlantis” is no country that we know." in next(iter(job.hints))


def test_several_addresses_numbers_and_labels_become_points(imported):
    heads = "Name,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Home Phone"
    imported(f"{heads}\nA,* Home,a@x.test ::: b@x.test,Handy,1,2\n")
    one = Person.objects.get()
    assert (one.email, one.email_label, one.phone, one.phone_label) == ("a@x.test", "home", "1", "mobile")
    assert set(one.points.values_list("value", "label")) == {("b@x.test", "home"), ("2", "home")}


def test_groups_of_google_become_tags_without_the_one_that_everybody_is_in(ada_client):
    job = upload(ada_client, "Name,Group Membership\nA,* myContacts ::: Friends ::: VIP\n")
    run(ada_client, attempt(ada_client, job))
    assert set(Person.objects.get().tags.values_list("name", flat=True)) == {"Friends", "VIP"}


def test_an_owner_is_found_by_name_or_address(imported, bob):
    imported("Name,Owner\nA,Bob Berg\nB,Bob (bob@acme.test)\nC,Nobody Known\n")
    assert list(Person.objects.order_by("pk").values_list("owner__name", flat=True)) == ["Bob Berg", "Bob Berg", "Alice Ahrens"]


def test_an_owner_of_another_team_gets_nothing_unless_the_importer_sees_everything(imported, ada_client, charlie):
    file = "Name,Owner\nA,Charlie Clark\n"
    job = imported(file)
    assert Person.objects.get().owner.name == "Alice Ahrens"
    assert "Charlie Clark is in another team: new ones become yours, others stay whose they are." in str(job.hints)
    run(ada_client, attempt(ada_client, upload(ada_client, file.replace("A,", "B,"))))
    assert Person.objects.get(name="B").owner.name == "Charlie Clark"


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("Vorname;Name;Firma\nJürgen;Groß;Müller\n", "Jürgen Groß", "Müller"),
        ("Prénom;Nom;Société\nZoë;Côté;Perrin\n", "Zoë Côté", "Perrin"),
        ("Jméno;Příjmení;Společnost\nJiří;Dvořák;Škoda\n", "Jiří Dvořák", "Škoda"),
        ("Имя;Фамилия;Компания\nИван;Петров;Ромашка\n", "Иван Петров", "Ромашка"),
    ],
)
@pytest.mark.parametrize("is_old", [False, True])
def test_headings_and_encodings_of_other_languages(imported, text, first, second, is_old):
    encoding = "cp1251" if "Имя" in text else "cp1250" if "Jiří" in text else "cp1252"
    imported(text.encode(encoding if is_old else "utf-8"))
    one = Person.objects.get()
    assert (one.name, str(one.organisation)) == (first, second)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "nothing in the file"),
        (b"PK\x03\x04rest", "This is a workbook"),
        (b"%PDF-1.7 rest", "This is no text"),
        (b"Name,Email\n", "no rows under the headings"),
        (b'Name,Email\nA,"b\n', "opened in row 2 and never closed"),
        (b"Name\n" + b"A\n" * 100_001, "more than 100000 rows"),
        (b"x" * (20 * 1024 * 1024 + 1), "larger than 20 MB"),
        (b'Name,Note\nA,"' + b"x" * 200_000 + b'"\n', "a cell of it is too long"),
    ],
    ids=["nothing", "a workbook", "a document", "a head alone", "an open quote", "too many rows", "too large", "a long cell"],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(alice_client, content, sentence):
    answer = alice_client.post("/import/", {"file": SimpleUploadedFile("x.csv", content), "kind": ""})
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not ImportJob.objects.exists()


def test_untidy_tables_are_read(imported):
    text = 'sep=;\n\nName;Email;Email;Notes\n\nA;a@x.test;b@x.test;"one\ntwo"\n;;;\nB;c@x.test;;;surplus\n'
    job = imported(text)
    assert (job.created_count, [row.number for row in job.rows.all()]) == (2, [5, 7])
    assert Note.objects.get().text == "one\ntwo"
    assert Person.objects.get(name="A").points.get().value == "b@x.test"


def test_dates_and_amounts_are_read_as_chosen(imported):
    text = 'Deal title,Value,Currency,Expected close date\nOne,"1,250",USD,03/04/2026\n'
    job = imported(text, day_first="", decimal_comma="1")
    deal = Deal.objects.get()
    assert job.kind == "deal"
    assert (str(deal.value), deal.currency, str(deal.expected_close_on)) == ("1.25", "USD", "2026-03-04")


def test_a_day_beyond_twelve_tells_the_order(alice_client):
    assert not upload(alice_client, "Title,Value,Close date\nA,1,03/25/2026\n").day_first
    assert upload(alice_client, "Title,Value,Close date\nA,1,25/03/2026\n").day_first


def test_deals_stand_below_those_that_are_there_and_are_moved_by_an_update(imported, alice):
    stages = list(default_pipeline().stages.all())
    client = Organisation.objects.create(owner=alice, name="Client")
    there = Deal.objects.create(owner=alice, title="Fleet", stage=stages[0], organisation=client, position=4)
    rows = f"Fleet,{stages[1].name},Client,won\nNew,{stages[0].name},Client,open\n"
    text = f"Deal - Title,Deal - Stage,Deal - Organization,Deal - Status\n{rows}"
    job = imported(text)
    there.refresh_from_db()
    assert (job.updated_count, there.stage, there.status) == (1, stages[1], "won")
    assert (Deal.objects.get(title="New").stage, Deal.objects.get(title="New").position) == (stages[0], 5)
    assert TimelineEntry.objects.filter(deal=there, kind="won").exists()


def test_leads_go_to_the_inbox(imported):
    imported("Lead - Title,Contact name,Email,Company\nBig one,Boris,boris@client.test,Client\n")
    lead = Lead.objects.get()
    assert (lead.title, lead.person_name, lead.email, lead.organisation_name) == ("Big one", "Boris", "boris@client.test", "Client")


CONSENT = "Name,Email,Tracking consent,Consent date,Consent source\nA,a@x.test,yes,2026-04-03,fair\nB,b@x.test,granted,2026-04-03,\n"


def test_consent_goes_into_the_ledger_once_and_a_refusal_of_their_own_stands(imported):
    ledger.record(email="b@x.test", state="refused", source="page", at=timezone.now())
    job = imported(CONSENT)
    entry = Consent.objects.get(email="a@x.test")
    assert (entry.state, entry.source, entry.note) == ("granted", "import", "fair · From the file people.csv")
    assert (job.consent_count, Consent.objects.filter(email="b@x.test", state="granted").exists()) == (1, False)
    assert any("refused by themselves" in hint for hint in job.hints)
    assert imported(CONSENT).consent_count == 0


def test_consent_needs_its_date_and_an_address(alice_client):
    job = upload(alice_client, CONSENT.replace("Consent date", "Whatever"))
    answer = alice_client.post(f"/import/{job.pk}/columns/", as_guessed(job, columns={"Tracking consent": "consent.state"}))
    assert (answer.status_code, "Consent needs three columns" in answer.content.decode()) == (422, True)


def test_consent_without_a_date_is_left_out_unless_somebody_chooses_it(alice_client):
    assert upload(alice_client, "Name,Email,Consent\nA,a@client.test,yes\n").mapping == ["name", "emails", ""]


def test_a_mapping_is_remembered_for_the_same_headings(imported, alice_client):
    imported(TABLE, columns={"City": "region"}, mode="skip")
    again = upload(alice_client, TABLE)
    assert (again.mapping[-1], again.mode) == ("region", "skip")


def test_a_column_cannot_be_what_another_one_is_already(alice_client):
    job = upload(alice_client, TABLE)
    answer = alice_client.post(f"/import/{job.pk}/columns/", as_guessed(job, columns={"City": "name"}))
    assert (answer.status_code, "“Name” is this already." in answer.content.decode()) == (422, True)


def test_members_are_offered_no_new_fields_but_their_unknown_tags_are_made_as_on_a_form(imported, alice_client):
    Tag.objects.create(name="VIP")
    job = upload(alice_client, "Name,Tags\nA,VIP; Other\n")
    assert "new:text" not in alice_client.get(f"/import/{job.pk}/columns/").content.decode()
    run(alice_client, attempt(alice_client, job))
    assert [tag.name for tag in Person.objects.get().tags.all()] == ["Other", "VIP"]


def test_the_file_can_be_read_in_another_way(alice_client):
    job = upload(alice_client, "Имя;Почта\nИван;ivan@x.test\n".encode("koi8_r"))
    form = {"kind": "lead", "encoding": "koi8_r", "delimiter": ";", "has_head": "on"}
    assert alice_client.post(f"/import/{job.pk}/reading/", form).status_code == 302
    job.refresh_from_db()
    assert (job.kind, job.headings, job.mapping) == ("lead", ["Имя", "Почта"], ["person_name", "email"])


def test_a_stopped_import_keeps_what_is_done_and_cannot_go_on(alice_client):
    job = attempt(alice_client, upload(alice_client, TABLE))
    running.begin(job=job, status=ImportJob.Status.RUNNING, now=timezone.now())
    assert alice_client.post(f"/import/{job.pk}/cancel/").status_code == 302
    assert not running.run(job.pk)
    job.refresh_from_db()
    assert (job.status, Person.objects.count()) == ("cancelled", 0)


def test_the_bar_asks_for_itself_until_there_is_a_result(alice_client):
    job = attempt(alice_client, upload(alice_client, TABLE))
    alice_client.post(f"/import/{job.pk}/start/")
    page = alice_client.get(f"/import/{job.pk}/progress/")
    assert ("hx-get" in page.content.decode(), "HX-Refresh" in page) == (True, False)
    running.run(job.pk)
    assert alice_client.get(f"/import/{job.pk}/progress/")["HX-Refresh"] == "true"


def test_a_job_in_the_hands_of_a_worker_is_nobody_elses_until_its_claim_is_stale(alice_client):
    job = attempt(alice_client, upload(alice_client, TABLE))
    now = timezone.now()
    running.begin(job=job, status=ImportJob.Status.RUNNING, now=now)
    ImportJob.objects.update(claim="somebody", claimed_at=now)
    assert not running.run(job.pk)
    assert running.waiting(now=now) == []
    assert running.waiting(now=now + timedelta(minutes=3)) == [job.pk]


def test_files_lie_under_names_that_nobody_guesses_for_their_user_alone_and_go_after_a_month(imported, alice_client):
    job = imported(TABLE)
    path = Path(job.file.path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "people" not in path.name
    purging.purge(now=timezone.now() + timedelta(days=31))
    assert not path.exists()
    assert alice_client.get("/import/").status_code == 200
    assert upload(alice_client, TABLE).mapping == job.mapping


def test_whoever_may_not_import_finds_no_page(client: Client, alice: User):
    alice.custom_role = Role.objects.create(name="Reader", permissions=[])
    alice.save()
    client.force_login(alice)
    assert client.get("/import/").status_code == 404
    assert "/import/" not in client.get("/people/").content.decode()


def test_what_runs_already_is_neither_set_up_nor_read_in_another_way(alice_client):
    job = attempt(alice_client, upload(alice_client, TABLE))
    stale = ImportJob.objects.get(pk=job.pk)
    assert running.begin(job=job, status=ImportJob.Status.RUNNING, now=timezone.now())
    chosen = {"mode": "create", "key": "", "fills_only": False, "leaves_bad": False, "day_first": True, "decimal_comma": False}
    assert not mapping.choose(job=stale, mapping=["", "", "", "", ""], chosen=chosen, now=timezone.now())
    uploading.read_again(job=stale, given=reading.Format("utf-8", has_head=False), kind="lead")
    job.refresh_from_db()
    assert (job.status, job.kind, job.has_head, job.mapping[0]) == ("running", "person", True, "name")
