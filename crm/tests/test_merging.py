"""Two contacts become one: nothing is lost, in whatever table it stands, and nobody learns what was another's alone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import models
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry, User
from crm.consent import ledger
from crm.consent.models import Consent
from crm.privacy.tests.conftest import BODY, company
from crm.privacy.tests.delivered import deliver
from crm.records import history, merging, notebook, timeline
from crm.records.fields import writing
from crm.records.fields.values import Point
from crm.records.models import (
    Activity,
    CustomChoice,
    CustomField,
    CustomValue,
    Deal,
    FieldChange,
    Lead,
    Merged,
    Note,
    NotTheSame,
    Organisation,
    Person,
    StoredFile,
    Tag,
    TimelineEntry,
)
from crm.records.pipeline import default_pipeline
from mail import on_records
from mail.models import Recipient
from mail.tests.conftest import account, draft, queued, server
from mail.tests.incoming import received
from notifications.models import Card
from tracking.models import Copy, Event
from tracking.tests.conftest import spool

__all__ = ["account", "company", "draft", "queued", "server", "spool"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(alice: User) -> Organisation:
    return Organisation.objects.create(owner=alice, name="Client Ltd", domain="client.test")


@pytest.fixture
def boris(alice: User, firm: Organisation) -> Person:
    """The one that stays."""
    return Person.objects.create(owner=alice, name="Boris Ivanov", email="boris@client.test", phone="+1 555 0100", organisation=firm)


@pytest.fixture
def second(alice: User, spool: Path) -> Person:
    """The one that goes."""
    person = Person.objects.create(
        owner=alice, name="B. Ivanov", email="b@home.test", phone="+1 555 0199", job_title="Buyer", city="Ulm", country="DE"
    )
    writing.set_points(person, "email", [Point("ivanov@old.test", "other")])
    return person


def merge(survivor: Any, goes: Any, user: User, **choices: str) -> Any:
    return merging.merge(survivor=survivor, goes=goes, choices=choices, actor=user, now=timezone.now())


def pointing_at(model: type[models.Model], pk: int) -> list[str]:
    """Every column of every table that holds a reference to the row."""
    found = []
    for other in apps.get_models(include_auto_created=True):
        for field in other._meta.concrete_fields:
            if field.is_relation and field.related_model is model and other._base_manager.filter(**{field.attname: pk}).exists():
                found.append(f"{other._meta.label}.{field.name}")
    return found


@pytest.fixture
def everything(alice: User, bob: User, boris: Person, second: Person, firm: Organisation, server: Any, queued: Any) -> dict[str, Any]:
    """Real mail with tracking, consent, and a row of everything else about the one that goes, clashes among them."""
    [mail] = deliver(server, queued(to=second.email, track=True, body_html=BODY))
    assert mail.read() > 1
    now = timezone.now()
    deal = Deal.objects.create(owner=alice, title="Licences", person=second, stage=default_pipeline().stages.all()[0])
    joined = Deal.objects.create(owner=alice, title="More", person=boris, stage=deal.stage)
    joined.participants.add(second)
    both = Deal.objects.create(owner=alice, title="Both", stage=deal.stage)
    both.participants.add(boris, second)
    size = CustomField.objects.create(of="person", name="Size", kind="text")
    likes = CustomField.objects.create(of="person", name="Likes", kind="choices")
    friend = CustomField.objects.create(of="person", name="Friend", kind="person")
    tea, coffee = (CustomChoice.objects.create(field=likes, name=name) for name in ("Tea", "Coffee"))
    for person, text, choices in ((boris, "small", [tea]), (second, "large", [tea, coffee])):
        CustomValue.objects.create(field=size, person=person, text=text)
        CustomValue.objects.bulk_create(CustomValue(field=likes, person=person, choice=choice) for choice in choices)
    other = Person.objects.create(owner=alice, name="Carla")
    CustomValue.objects.create(field=friend, person=other, to_person=second)
    for person in (boris, second):
        person.tags.add(*[Tag.objects.get_or_create(name=name)[0] for name in ("Fair", person.name)])
        person.followers.add(bob)
    second.followers.add(alice)
    notebook.write(record=second, text="Likes tea", author=alice, now=now)
    Activity.objects.create(owner=alice, subject="Call him", kind="call", person=second, due_at=now + timedelta(days=1))
    StoredFile.objects.create(person=second, uploaded_by=alice, name="offer.pdf", size=4, file=ContentFile(b"%PDF", "offer.pdf"))
    Lead.objects.create(owner=alice, title="Lead", person=second)
    writing.change(record=second, values={"job_title": "Chief buyer"}, actor=bob, now=now)
    ledger.record(email=second.email, state="granted", source="hand", at=now, actor=alice, note="By telephone")
    NotTheSame.objects.create(kind="person", lower=min(boris.pk, second.pk), higher=max(boris.pk, second.pk))
    return {"mail": mail, "deal": deal, "joined": joined, "both": both, "carla": other}


def test_nothing_is_lost_and_nothing_points_at_the_one_that_went(
    alice: User, bob: User, boris: Person, second: Person, everything: dict[str, Any]
):
    gone, kept_events = second.pk, Event.objects.count()
    assert len(pointing_at(Person, gone)) >= 12
    one = merge(boris, second, alice)
    assert pointing_at(Person, gone) == []
    assert not Person.objects.filter(pk=gone).exists()

    assert one.emails == ["boris@client.test", "b@home.test", "ivanov@old.test"]
    assert [point.value for point in one.points.all() if point.kind == "phone"] == ["+1 555 0199"]
    assert (one.name, one.job_title, one.city, one.country, one.organisation.name) == (
        "Boris Ivanov",
        "Chief buyer",
        "Ulm",
        "DE",
        "Client Ltd",
    )
    assert {tag.name for tag in one.tags.all()} == {"Fair", "Boris Ivanov", "B. Ivanov"}
    assert {user.name for user in one.followers.all()} == {alice.name, bob.name}
    assert {deal.title for deal in one.deals.all()} == {"Licences", "More"}
    assert {deal.title for deal in one.joined_deals.all()} == {"Both"}  # of "More" he is the contact already
    assert Note.objects.get().person == one
    assert Activity.objects.get().person == one
    assert StoredFile.objects.get().person == one
    assert Lead.objects.get().person == one
    assert FieldChange.objects.filter(person=one, field="job_title", after="Chief buyer", actor=bob).exists()
    assert Consent.objects.get().person == one
    assert ledger.in_force(["b@home.test"])["b@home.test"].note == "By telephone"
    assert {row.choice.name for row in one.custom_values.exclude(choice=None)} == {"Tea", "Coffee"}
    assert CustomValue.objects.get(field__name="Size").text == "small"
    assert CustomValue.objects.get(field__name="Friend").to_person == one
    assert Recipient.objects.get().person == one
    assert Copy.objects.get().person == one
    assert Event.objects.count() == kept_events
    assert not NotTheSame.objects.exists()


def test_what_could_not_be_kept_stands_in_the_timeline(alice: User, boris: Person, second: Person, everything: dict[str, Any]):
    one = merge(boris, second, alice, country="right", name="right")
    lines = {line.text for _day, of_day in history.timeline_of(one, alice).days for line in of_day}
    assert "Merged with B. Ivanov" in lines
    assert "Not kept of the two: Size: large" in lines
    assert any("Name: Boris Ivanov → B. Ivanov" in line for line in lines)
    entry = AuditEntry.objects.get(action="merged")
    assert (entry.actor, entry.about, entry.details) == (alice, "B. Ivanov", {"former": "B. Ivanov"})


def test_mail_and_tracking_stay_with_their_owner(
    alice: User, bob: User, mona: User, boris: Person, second: Person, everything: dict[str, Any], client: Client
):
    private = set(TimelineEntry.objects.filter(only_for=alice).values_list("pk", flat=True))
    assert private
    cards = set(Card.objects.filter(user=alice).values_list("pk", flat=True))
    one = merge(boris, second, bob)
    assert set(TimelineEntry.objects.filter(only_for=alice, person=one).values_list("pk", flat=True)) == private
    assert cards <= set(Card.objects.filter(user=alice).values_list("pk", flat=True)) | cards
    assert [line.text for line in on_records.lines(one, alice, None).lines] == ["Offer"]
    for user in (bob, mona):
        client.force_login(user)
        page = client.get(one.get_absolute_url()).content.decode()
        for words in ("was opened", "Opened", "Offer", "Email sent"):
            assert words not in page, (user, words)
        assert on_records.lines(one, user, None).lines == []


def test_the_page_counts_only_what_the_user_may_see(
    alice: User, bob: User, boris: Person, second: Person, everything: dict[str, Any], client: Client
):
    address = f"/records/person/{boris.pk}/merge/{second.pk}/"
    for user, conversations in ((alice, "1"), (bob, "0")):
        client.force_login(user)
        page = client.get(address).content.decode()
        assert (
            f'class="number">0</span><span role="cell" class="number">{conversations}</span>' in page.split("Mail conversations")[1][:150]
        )
        assert "Opened" not in page


def test_old_addresses_lead_to_the_one_that_stayed(
    alice: User, charlie: User, boris: Person, second: Person, alice_client: Client, client: Client
):
    third = Person.objects.create(owner=alice, name="Boris I.")
    former = [second.get_absolute_url(), boris.get_absolute_url()]
    one = merge(boris, second, alice)
    last = merge(third, one, alice)
    assert Merged.objects.count() == 2
    client.force_login(charlie)
    for address in former:
        assert alice_client.get(address).headers["Location"] == last.get_absolute_url()
        assert client.get(address).status_code == 404


def test_the_page_merges_as_chosen(alice: User, boris: Person, second: Person, alice_client: Client):
    address = f"/records/person/{boris.pk}/merge/{second.pk}/"
    assert "Chief" not in alice_client.get(address).content.decode()
    answer = alice_client.post(address, {"stays": "right", "name": "left", "emails": "right", "job_title": "right"})
    assert answer.headers["Location"] == second.get_absolute_url()
    one = Person.objects.get()
    assert (one.pk, one.name, one.job_title) == (second.pk, "Boris Ivanov", "Buyer")
    assert one.emails == ["b@home.test", "ivanov@old.test", "boris@client.test"]


def test_the_narrower_circle_and_the_older_date_are_kept(alice: User, boris: Person, second: Person):
    Person.objects.filter(pk=second.pk).update(
        visibility="owner", created_at=timezone.now() - timedelta(days=9), archived_at=timezone.now()
    )
    second.refresh_from_db()
    one = merge(boris, second, alice)
    one.refresh_from_db()
    assert (one.visibility, one.archived_at) == ("owner", None)
    assert one.created_at == second.created_at


def test_postal_addresses_of_both_are_kept(alice: User, boris: Person, second: Person):
    Person.objects.filter(pk=boris.pk).update(address="Weg 1", city="Bonn", country="DE")
    one = merge(boris, second, alice)
    assert (one.address, one.city) == ("Weg 1", "Bonn")
    assert [point.value for point in one.points.filter(kind="address")] == ["Ulm, DE"]


def test_organisations_become_one_with_their_people_and_deals(alice: User, boris: Person, firm: Organisation):
    other = Organisation.objects.create(owner=alice, name="Client Limited", domain="client.example", email="info@client.example")
    carla = Person.objects.create(owner=alice, name="Carla", organisation=other)
    deal = Deal.objects.create(owner=alice, title="Licences", organisation=other, stage=default_pipeline().stages.all()[0])
    timeline.log(kind="created", text="Organisation added", organisation=other)
    gone = other.pk
    one = merge(firm, other, alice)
    assert pointing_at(Organisation, gone) == []
    carla.refresh_from_db()
    deal.refresh_from_db()
    assert (carla.organisation, deal.organisation, one.email) == (one, one, "info@client.example")
    assert TimelineEntry.objects.filter(organisation=one, text="Not kept of the two: Domain: client.example").exists()


def test_one_and_the_same_cannot_be_merged(alice: User, boris: Person, firm: Organisation, alice_client: Client):
    with pytest.raises(merging.CannotMerge):
        merge(boris, boris, alice)
    assert alice_client.post(f"/records/person/{boris.pk}/merge/{boris.pk}/").status_code == 404
    assert alice_client.post(f"/records/deal/{boris.pk}/merge/{boris.pk}/").status_code == 404


def test_the_other_one_is_picked_by_name(alice: User, boris: Person, second: Person, alice_client: Client):
    address = f"/records/person/{boris.pk}/merge/"
    answer = alice_client.post(address, {"other": "B. Ivanov", "other-pk": second.pk})
    assert answer.headers["Location"] == f"{address}{second.pk}/"
    assert "This is the very same one" in alice_client.post(address, {"other": boris.name, "other-pk": boris.pk}).content.decode()
    assert "Nothing of that name" in alice_client.post(address, {"other": "Nobody"}).content.decode()


def test_mail_that_comes_to_a_former_address_belongs_to_the_one_contact(
    alice: User, boris: Person, second: Person, everything: dict[str, Any]
):
    one = merge(boris, second, alice)
    received(alice, from_email="B@home.test", subject="From home")
    received(alice, from_email="ivanov@old.test", subject="From the old one")
    subjects = {line.text for line in on_records.lines(one, alice, None).lines}
    assert {"From home", "From the old one"} <= subjects


def test_of_a_field_that_holds_one_value_both_cannot_be_kept(boris: Person, second: Person, alice_client: Client):
    alice_client.post(f"/records/person/{boris.pk}/merge/{second.pk}/", {"stays": "left", "name": "both", "job_title": "both"})
    boris.refresh_from_db()
    assert (boris.name, boris.job_title) == ("Boris Ivanov", "Buyer")
