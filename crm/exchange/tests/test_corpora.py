"""Files that other programs wrote go in as a person would expect, or are refused with a sentence."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.accounts.models import User
from crm.exchange.models import ImportJob
from crm.exchange.tests.conftest import as_guessed, attempt, run, upload
from crm.records.models import Deal, FieldChange, Organisation, Person
from tests.corpora import corpus, found

pytestmark = pytest.mark.django_db
ROOT = found("csv")
FILES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("*/*") if path.is_file()) if ROOT else []
OWN = "own/"
KEILA = "pentacent+keila/test_keila_contacts_import_"
REDMINE = "redmine+redmine/test_fixtures_files_"
ROUNDCUBE = "roundcube+roundcubemail/tests_src_Csv2vcard_"
MAUTIC = "mautic+mautic/"
PEOPLE = {  # how many are there afterwards
    f"{OWN}google-contacts-2024.csv": 59,
    f"{OWN}google-contacts-utf16.csv": 59,
    f"{OWN}google-contacts.csv": 150,
    f"{OWN}hostile.csv": 5,
    f"{OWN}hubspot-all-contacts.csv": 400,
    f"{OWN}outlook-cp1252.csv": 40,
    f"{OWN}pipedrive-deals.csv": 300,
    f"{OWN}pipedrive-people-cs-semicolon.csv": 59,
    f"{OWN}pipedrive-people.csv": 500,
    f"{OWN}salesforce-contacts.csv": 200,
    f"{MAUTIC}app_bundles_LeadBundle_DataFixtures_ORM_fakecompanydata.csv": 0,  # organisations
    f"{MAUTIC}app_bundles_LeadBundle_DataFixtures_ORM_fakeleaddata.csv": 50,
    f"{MAUTIC}app_bundles_LeadBundle_Tests_Fixtures_contacts.csv": 2,
    f"{MAUTIC}tests__data_10contacts.csv": 10,
    f"{KEILA}excel.csv": 201,
    f"{KEILA}external_ids.csv": 3,
    f"{KEILA}external_ids_duplicate.csv": 2,
    f"{KEILA}libreoffice.csv": 201,
    f"{KEILA}malformed1.csv": 3,
    f"{KEILA}malformed2.csv": 1,
    f"{KEILA}rfc_4180.csv": 201,
    f"{KEILA}rfc_4180_upsert.csv": 4,
    f"{KEILA}rfc_4180_with_status.csv": 4,
    f"{KEILA}with_data.csv": 2,
    f"{REDMINE}import_users.csv": 3,
    f"{ROUNDCUBE}all.csv": 0,  # a country called “Work Country” keeps its row out
    f"{ROUNDCUBE}all.vcf": 0,
    f"{ROUNDCUBE}email.csv": 4,
    f"{ROUNDCUBE}email.vcf": 4,
    f"{ROUNDCUBE}gmail.csv": 0,  # a number called “pager”
    f"{ROUNDCUBE}gmail.vcf": 0,
    f"{ROUNDCUBE}outlook.csv": 1,
    f"{ROUNDCUBE}outlook.vcf": 1,
    f"{ROUNDCUBE}tb_plain.csv": 0,
    f"{ROUNDCUBE}tb_plain.vcf": 0,
}
REFUSED = {  # at the upload
    f"{REDMINE}import_issues_no_data_row.csv": "no rows under the headings",
    f"{REDMINE}invalid-Shift_JIS.csv": "no rows under the headings",
    f"{REDMINE}unclosed_quoted_field.csv": "A quotation mark is opened in row 2 and never closed",
}
NOBODY = "No column holds a name or an email address"  # tables of other things, refused at their columns


@pytest.mark.parametrize("name", FILES or [""])
def test_every_file_goes_in_or_is_refused_with_a_sentence(name: str, alice: User, alice_client: Client):
    content = (corpus("csv") / name).read_bytes()
    if name in REFUSED:
        answer = alice_client.post("/import/", {"file": SimpleUploadedFile("x.csv", content)})
        assert (answer.status_code, REFUSED[name] in answer.content.decode()) == (422, True)
        return
    job = upload(alice_client, content, Path(name).name)
    assert alice_client.get(f"/import/{job.pk}/columns/").status_code == 200
    if name not in PEOPLE:
        answer = alice_client.post(f"/import/{job.pk}/columns/", as_guessed(job))
        assert (answer.status_code, NOBODY in answer.content.decode()) == (422, True)
        return
    tried = attempt(alice_client, job)
    assert not Person.objects.exists()
    assert not Organisation.objects.exists()
    counts = [tried.created_count, tried.merged_count, tried.skipped_count, tried.faulty_count, tried.organisation_count]
    done = run(alice_client, job)
    assert counts == [done.created_count, done.merged_count, done.skipped_count, done.faulty_count, done.organisation_count]
    assert done.rows.count() == done.row_count
    assert Person.objects.count() == PEOPLE[name]
    assert not FieldChange.objects.exists()
    assert alice_client.get(f"/import/{job.pk}/").status_code == 200


@pytest.fixture
def taken_in(alice_client: Client):
    def take(name: str, **chosen: str) -> ImportJob:
        job = upload(alice_client, (corpus("csv") / name).read_bytes(), Path(name).name)
        return run(alice_client, attempt(alice_client, job, **chosen))

    return take


def test_umlauts_and_other_scripts_stay_whole(taken_in):
    taken_in("own/outlook-cp1252.csv")
    assert Person.objects.get(email="z0@example.test").name == "Zoë Müller"
    assert Organisation.objects.get().name == "Bücher GmbH"
    taken_in("own/google-contacts-utf16.csv")
    assert Person.objects.get(email="person1@example-1.test", organisation__name="株式会社サンプル")


def test_people_of_pipedrive_have_their_parts(taken_in):
    taken_in("own/pipedrive-people.csv")
    person = Person.objects.with_address(["person11@example-11.test"]).get()
    assert (person.phone, person.organisation is not None) == ("+44 20 7946 0011", True)
    assert person.created_at.year == 2025
    assert Person.objects.filter(organisation__name="Acme, Inc.").exists()


def test_deals_of_pipedrive_have_value_status_contact_and_organisation(taken_in):
    taken_in("own/pipedrive-deals.csv")
    deal = Deal.objects.get(title="=cmd|' /C calc'!A0 Ltd deal 6")
    assert (str(deal.value), deal.currency, deal.status) == ("1250.50", "USD", "lost")
    assert deal.person
    assert (deal.person.email, str(deal.organisation)) == ("person6@example-6.test", "=cmd|' /C calc'!A0 Ltd")
    assert Deal.objects.get(title="-Minus & Co deal 8").value == deal.value
    assert Deal.objects.filter(status="open", closed_at=None).count() == 93


def test_contacts_of_salesforce_have_their_address_and_what_they_work_as(taken_in):
    taken_in("own/salesforce-contacts.csv")
    person = Person.objects.get(email="person1@example-1.test")
    assert (person.address, person.city, person.country, person.job_title) == ("1 Mill Lane\nUnit 1", "Leeds", "GB", "Buyer")


def test_a_hostile_file_does_no_harm(taken_in, alice_client: Client):
    job = taken_in("own/hostile.csv")
    page = alice_client.get(f"/import/{job.pk}/created/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert Person.objects.get(email="c@x.test").name == "Nullbyte"
    assert [point.value for point in Person.objects.get(email="d@x.test").points.all()] == ["e@x.test"]
    lines = b"".join(alice_client.get(f"/import/{job.pk}/problems.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "no email address" in lines
    assert list(job.rows.filter(outcome="faulty").values_list("number", flat=True)) == [5, 9, 11]


@pytest.mark.parametrize("ending", ["csv", "vcf"])
def test_roundcubes_full_contact_goes_in_without_what_cannot_be_kept(taken_in, ending):
    taken_in(f"{ROUNDCUBE}all.{ending}", leaves_bad="1")
    person = Person.objects.get()
    emails = {person.email, *person.points.filter(kind="email").values_list("value", flat=True)}
    assert person.name == "Display Name"
    assert emails == {"home@example.com", "work@example.com", "other@example.com"}
    assert (str(person.organisation), person.job_title, person.city) == ("Company", "Job Title", "Work City")
    assert person.points.filter(kind="address", label="home").get().value.startswith("Home Street")
    assert person.points.filter(kind="phone", label="mobile").exists()
