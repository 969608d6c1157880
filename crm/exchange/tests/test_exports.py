"""The archive: what one may see, for oneself, and back again."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry, User
from crm.exchange import exporting, purging
from crm.exchange.models import ExportJob
from crm.exchange.tests.conftest import attempt, run, upload
from crm.lib import tables
from crm.records.fields import book, reading
from crm.records.models import ContactPoint, CustomField, Deal, Lead, Note, Organisation, Person, Tag
from crm.records.pipeline import default_pipeline

pytestmark = pytest.mark.django_db


def archive(user: User) -> zipfile.ZipFile:
    job = exporting.begin(owner=user, now=timezone.now())
    assert exporting.run(job.pk)
    job.refresh_from_db()
    with job.file.open("rb") as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def rows(found: zipfile.ZipFile, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(found.read(name).decode().removeprefix(tables.MARK))))


@pytest.fixture
def world(ada: User) -> None:
    size = CustomField.objects.create(of="person", name="Size", kind="number")
    acme = Organisation.objects.create(owner=ada, name="=Acme, Inc.", domain="acme.test", email="info@acme.test", visibility="everyone")
    boris = Person.objects.create(
        owner=ada, name="Boris Ivanov", email="boris@acme.test", email_label="home", phone="+49 30 1", organisation=acme,
        address="Mill Lane 1\nUnit 2", city="Köln", country="DE", job_title="Buyer",
    )  # fmt: skip
    boris.tags.set([Tag.objects.create(name="Big, loud"), Tag.objects.create(name="VIP")])
    boris.custom_values.create(field=size, number="12.5")
    points = [("email", "work", "b@acme.test"), ("phone", "mobile", "+49 170 2"), ("address", "home", "Elsewhere 3, Bonn")]
    for kind, label, value in points:
        ContactPoint.objects.create(person=boris, kind=kind, label=label, value=value, folded=value.lower())
    stage = default_pipeline().stages.all()[1]
    Deal.objects.create(
        owner=ada, title="Fleet", value="1250.50", currency="USD", stage=stage, person=boris, organisation=acme, status="won",
        closed_at=timezone.now(), closing_reason="Price", expected_close_on="2026-12-31", probability=40,
    )  # fmt: skip
    Lead.objects.create(owner=ada, title="Maybe", person_name="Carla", email="carla@x.test", source="Fair", value=10)
    Note.objects.create(author=ada, person=boris, text="=1+1")


def seen() -> dict[str, list[dict[str, str]]]:
    """All records in words, without the times of writing."""
    found = {}
    for kind, model in (("organisation", Organisation), ("person", Person), ("deal", Deal), ("lead", Lead)):
        fields = [field for field in book.of(kind) if field.key not in ("updated_at", "created_at", "closed_at")]
        found[kind] = [reading.snapshot(record, fields) for record in model.objects.order_by("pk")]  # type: ignore[attr-defined]
    return found


def test_what_is_exported_goes_in_again_as_it_was(world: None, ada: User, ada_client: Client):
    before, found = seen(), archive(ada)
    for model in (Deal, Lead, Person, Organisation):
        model.objects.all().delete()
    for name in ("organisations.csv", "people.csv", "deals.csv", "leads.csv"):
        job = run(ada_client, attempt(ada_client, upload(ada_client, found.read(name), name)))
        assert (job.status, job.created_count, job.faulty_count) == ("done", 1, 0), (name, list(job.rows.values_list("problem")))
    assert seen() == before


def test_nothing_in_it_is_a_formula(world: None, ada: User):
    found = archive(ada)
    for name in found.namelist():
        assert not [cell for row in rows(found, name) for cell in row if cell.startswith(tables.CALCULATES)], name
    assert rows(found, "notes.csv")[1][0] == "'=1+1"


def test_it_holds_what_the_user_sees_and_nothing_else(world: None, alice: User):
    found = archive(alice)
    assert len(rows(found, "organisations.csv")) == 2  # shared with everyone
    assert [len(rows(found, name)) for name in ("people.csv", "deals.csv", "leads.csv", "notes.csv")] == [1, 1, 1, 1]


def test_it_is_fetched_by_its_user_alone_for_a_day(alice: User, alice_client: Client, ada_client: Client):
    assert alice_client.post("/settings/export/").status_code == 302
    job = ExportJob.objects.get()
    exporting.run(job.pk)
    address = f"/settings/export/{job.pk}/"
    answer = alice_client.get(address)
    assert b"".join(answer.streaming_content).startswith(b"PK")  # type: ignore[attr-defined]
    assert ada_client.get(address).status_code == 404
    assert AuditEntry.objects.filter(action="records_exported", actor=alice).exists()
    purging.purge(now=timezone.now() + timedelta(hours=25))
    assert alice_client.get(address).status_code == 404
