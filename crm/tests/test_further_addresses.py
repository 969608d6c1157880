"""Whoever has several addresses is found by each of them: in mail, consent, policy, and in what recipients may ask for."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.consent import decisions, ledger
from crm.consent.models import Consent, Remembered
from crm.privacy import erasing, exporting, mails
from crm.privacy.tests.conftest import BODY, company
from crm.privacy.tests.delivered import deliver
from crm.records.fields import writing
from crm.records.fields.values import Point
from crm.records.models import ContactPoint, CustomField, CustomValue, FieldChange, Lead, Organisation, Person, StoredFile
from mail import linking, on_records
from mail.models import Message, Recipient
from mail.tests.conftest import account, draft, queued, server
from mail.tests.incoming import received
from tracking.models import Copy, Event
from tracking.tests.conftest import spool

__all__ = ["account", "company", "draft", "queued", "server", "spool"]
pytestmark = pytest.mark.django_db
HOME = "Boris@Home.test"


@pytest.fixture
def boris(alice: User, spool: Any) -> Person:
    person = Person.objects.create(owner=alice, name="Boris Ivanov", email="boris@client.test", country="DE")
    points = [Point("boris@client.test"), Point(HOME, "home")]
    writing.change(record=person, values={"emails": points}, actor=alice, now=timezone.now())
    return person


def test_mail_to_and_from_each_address_is_the_contacts(alice: User, boris: Person, draft: Callable[..., Message]):
    written = draft(to="boris@home.test", subject="To home")
    assert written.recipients.get().person == boris
    Message.objects.filter(pk=written.pk).update(folder="sent")
    received(alice, from_email="BORIS@home.test", subject="From home")
    assert {line.text for line in on_records.lines(boris, alice, None).lines} == {"To home", "From home"}


def test_an_organisations_own_address_is_found_too(alice: User, spool: Any):
    acme = Organisation.objects.create(owner=alice, name="Acme", email="acme@gmail.com")
    ContactPoint.objects.create(organisation=acme, kind="email", value="b@gmail.com", folded="b@gmail.com")
    for email in ("acme@gmail.com", "b@gmail.com"):
        received(alice, from_email=email, subject=email)
    assert {line.text for line in on_records.lines(acme, alice, None).lines} == {"acme@gmail.com", "b@gmail.com"}


def test_what_a_colleague_shares_is_readable_by_a_further_address(alice: User, bob: User, charlie: User, boris: Person):
    received(alice, from_email="boris@home.test", is_shared=True)
    assert Message.objects.readable_by(bob).count() == 1
    assert Message.objects.readable_by(charlie).count() == 0


def test_an_address_that_is_added_later_gathers_its_mail(alice: User, boris: Person):
    message = received(alice, from_email="x@y.test", to="boris@third.test")
    writing.change(
        record=boris, values={"emails": [Point("boris@client.test"), Point("boris@third.test")]}, actor=alice, now=timezone.now()
    )
    linking.attach_changed(since=boris.created_at)
    assert Recipient.objects.get(message=message).person == boris


def test_a_further_address_is_no_stranger_in_a_conversation(alice: User, boris: Person, alice_client: Client):
    message = received(alice, from_email="boris@home.test")
    page = alice_client.get(f"/mail/threads/{message.thread_id}/")
    assert (page.context["people"], page.context["strangers"]) == ([boris], [])


def test_each_address_is_suggested_and_can_be_written_to(alice: User, boris: Person, account: Any, alice_client: Client):
    def suggested(typed: str) -> list[str]:
        return [one["email"] for one in alice_client.get("/mail/compose/people/", {"q": typed}).json()["people"]]

    assert suggested("boris iv") == ["boris@client.test", HOME]
    assert suggested("boris@home") == [HOME]
    point = boris.points.get()
    assert HOME in alice_client.get("/mail/compose/", {"person": boris.pk, "point": point.pk}).content.decode()
    Person.objects.filter(pk=boris.pk).update(archived_at=timezone.now())
    assert suggested("boris iv") == []


def test_the_policy_of_a_country_holds_for_each_address(alice: User, boris: Person):
    assert decisions._countries(["boris@home.test", "boris@client.test"]) == {"boris@home.test": {"DE"}, "boris@client.test": {"DE"}}
    assert mails.language_of("boris@home.test") == "en"


def test_consent_is_entered_and_shown_for_each_address(alice: User, bob: User, charlie: User, boris: Person, alice_client: Client):
    entry = {"email": "boris@home.test", "state": "refused", "source": "hand", "at": "2026-11-20T10:00", "note": "By telephone"}
    assert alice_client.post(f"/people/{boris.pk}/consent/new/", entry).status_code in (302, 404)
    ledger.record(email="boris@home.test", state="refused", source="hand", at=timezone.now(), actor=alice, note="By telephone")
    assert {one.person for one in Consent.objects.all()} == {boris}
    assert Consent.objects.visible_to(bob).count() == Consent.objects.count()
    assert Consent.objects.visible_to(charlie).count() == 0
    page = alice_client.get(boris.get_absolute_url()).content.decode()
    assert "boris@home.test" in page
    assert "Refused" in page


@pytest.mark.parametrize("asked", ["boris@client.test", HOME])
def test_a_person_is_erased_by_any_of_their_addresses(
    asked: str, alice: User, ada: User, boris: Person, server: Any, queued: Callable[..., Message]
):
    [mail] = deliver(server, queued(to=HOME, track=True, body_html=BODY))
    assert mail.read() > 1
    received(alice, from_email="boris@client.test")
    ledger.record(email=HOME, state="refused", source="page", at=timezone.now())
    Lead.objects.create(owner=alice, title="Lead", email="boris@home.test", person_name="Boris Ivanov")
    carla = Person.objects.create(owner=alice, name="Carla", email="carla@client.test")
    erasing.erase_person(email=asked, note="", by=ada, now=timezone.now())
    assert [person.name for person in Person.objects.all()] == [carla.name]
    assert not ContactPoint.objects.exists()
    assert not Message.objects.exists()
    assert not Copy.objects.exists()
    assert not Event.objects.exists()
    assert not Consent.objects.exists()
    assert not FieldChange.objects.exists()
    assert Remembered.objects.get().state == "refused"
    assert Lead.objects.get().email == ""


def test_an_address_that_others_share_erases_nobody_else(alice: User, ada: User, boris: Person):
    office = Point("office@client.test", "other")
    carla = Person.objects.create(owner=alice, name="Carla Stein", email="carla@client.test")
    writing.set_points(carla, "email", [office])
    writing.set_points(boris, "email", [office])
    received(alice, from_email="office@client.test", subject="Of the office")
    erasing.erase_person(email="boris@client.test", note="", by=ada, now=timezone.now())
    assert Person.objects.get() == carla
    assert Message.objects.get().subject == "Of the office"


def test_the_export_holds_everything_about_them(alice: User, boris: Person, server: Any, queued: Callable[..., Message]):
    deliver(server, queued(to="boris@client.test", track=True, body_html=BODY))
    size = CustomField.objects.create(of="person", name="Shoe size", kind="number")
    CustomValue.objects.create(field=size, person=boris, number=43)
    StoredFile.objects.create(person=boris, uploaded_by=alice, name="offer.pdf", size=4, file=ContentFile(b"%PDF", "offer.pdf"))
    values = {"addresses": [Point("Weg 1, Ulm", "home")], "city": "Bonn"}
    writing.change(record=boris, values=values, actor=alice, now=timezone.now())
    found = {key: list(rows) for key, _heading, rows in exporting.sections(HOME, now=timezone.now())}
    [contact] = found["contact"]
    assert contact["emails"] == f"boris@client.test, {HOME} (Home)"
    assert (contact["addresses"], contact["city"], contact["Shoe size"]) == ("Weg 1, Ulm (Home)", "Bonn", "43")
    assert [row["name"] for row in found["files"]] == ["offer.pdf"]
    assert {"emails", "city", "addresses"} <= {row["field"] for row in found["changes"]}
    assert len(found["mails"]) == len(found["tracking"]) == 1
