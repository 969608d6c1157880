"""A deal's page shows the mail of everybody who takes part, a lead's page that with its address; icons are the sender's alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.accounts.models import User, Visibility
from crm.records import leads
from crm.records.models import Deal, Lead, Person
from mail import on_records, tasks
from mail.models import Message, Recipient
from mail.tests.incoming import received
from mail.tests.posting import a_deal, sent
from tracking import preferences

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def boris(alice: User) -> Person:
    return Person.objects.create(owner=alice, name="Boris Ivanov", email="boris@client.test")


@pytest.fixture
def carla(alice: User) -> Person:
    """Has a second address."""
    person = Person.objects.create(owner=alice, name="Carla Stein", email="carla@client.test")
    person.points.create(kind="email", value="Carla@Home.test", folded="carla@home.test")
    return person


@pytest.fixture
def deal(alice: User, boris: Person, carla: Person) -> Deal:
    deal = a_deal(alice, person=boris)
    deal.participants.add(carla)
    return deal


@pytest.fixture
def lead(alice: User) -> Lead:
    return Lead.objects.create(owner=alice, title="Asks", person_name="Hanne Lund", email="Hanne@fjord.test")


def subjects(user: User, record: Any) -> list[str]:
    return [line.text for line in on_records.lines(record, user, None).lines]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def composer(client: Client, **query: Any) -> Any:
    return client.get("/mail/compose/", query, headers=HTMX).context["start"]


def test_a_deal_shows_the_mail_of_its_contact_of_participants_and_what_was_linked(alice: User, deal: Deal, draft: Draft) -> None:
    received(alice, from_email="boris@client.test", subject="From the contact", hours_ago=5)
    received(alice, from_email="carla@client.test", subject="From Carla", hours_ago=4)
    received(alice, from_email="CARLA@home.test", subject="From her second address", hours_ago=3)
    received(alice, from_email="somebody@else.test", subject="About something else", hours_ago=2)
    linked = received(alice, from_email="notary@else.test", subject="Linked by hand", hours_ago=1)
    linked.thread.deals.add(deal)
    sent(draft(to="carla@home.test", subject="To Carla"))
    assert subjects(alice, deal) == ["To Carla", "Linked by hand", "From her second address", "From Carla", "From the contact"]
    deal.participants.clear()
    assert subjects(alice, deal) == ["Linked by hand", "From the contact"]


def test_colleagues_see_of_it_what_is_shared_without_the_icons(alice: User, bob: User, charlie: User, deal: Deal, draft: Draft) -> None:
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    sent(draft(to="carla@client.test", subject="Between us"), opened=True)
    shared = sent(draft(to="carla@home.test", subject="For all"), opened=True)
    Message.objects.filter(pk=shared.pk).update(is_shared=True)
    assert subjects(bob, deal) == ["For all"]
    address = f"/timeline/?deal={deal.pk}&kind=mails"
    assert client_of(alice).get(address).content.decode().count("data-tracked-mail") == 2
    assert "data-tracked-mail" not in client_of(bob).get(address).content.decode()
    assert client_of(charlie).get(address).status_code == 404


def test_a_hidden_copy_to_a_participant_is_its_senders_alone(alice: User, bob: User, deal: Deal, draft: Draft) -> None:
    message = sent(draft(to="else@other.test", bcc="carla@client.test", subject="Silent"))
    Message.objects.filter(pk=message.pk).update(is_shared=True)
    assert (subjects(alice, deal), subjects(bob, deal)) == (["Silent"], [])


def test_a_person_shows_the_mail_of_all_their_addresses(alice: User, carla: Person) -> None:
    received(alice, from_email="carla@home.test", subject="From home")
    assert subjects(alice, carla) == ["From home"]


def test_the_composer_of_a_deal_offers_the_participants(alice: User, charlie: User, deal: Deal, alice_client: Client) -> None:
    deal.participants.add(Person.objects.create(owner=alice, name="No Address"))
    hidden = Person.objects.create(owner=charlie, name="Hidden", email="hidden@x.test", visibility=Visibility.OWNER)
    deal.participants.add(hidden)
    start = composer(alice_client, deal=deal.pk)
    assert start.to == "Boris Ivanov <boris@client.test>"
    assert [str(one) for one in start.offered] == ["Carla Stein <carla@client.test>"]
    page = alice_client.get("/mail/compose/", {"deal": deal.pk}, headers=HTMX).content.decode()
    assert 'data-add-recipient="Carla Stein &lt;carla@client.test&gt;"' in page
    assert "Hidden" not in page


def test_an_empty_address_field_suggests_the_deals_people_first(deal: Deal, alice_client: Client) -> None:
    found = alice_client.get(reverse("mail:people"), {"deal": deal.pk}).json()["people"]
    assert [person["email"] for person in found] == ["boris@client.test", "carla@client.test", "Carla@Home.test"]


def test_a_leads_page_writes_to_its_address_and_shows_the_mail_with_it(alice: User, bob: User, lead: Lead, alice_client: Client) -> None:
    assert composer(alice_client, lead=lead.pk).to == "Hanne Lund <Hanne@fjord.test>"
    message = received(alice, from_email="hanne@FJORD.test", subject="How much?")
    assert "How much?" in alice_client.get(f"/timeline/?lead={lead.pk}&kind=mails").content.decode()
    assert subjects(bob, lead) == []
    Message.objects.filter(pk=message.pk).update(is_shared=True)
    assert subjects(bob, lead) == ["How much?"]


def test_an_outsider_neither_reads_nor_writes_by_way_of_a_lead(charlie: User, lead: Lead) -> None:
    for page in ("/mail/panel/", "/mail/compose/"):
        assert client_of(charlie).get(page, {"lead": lead.pk}).status_code == 404


def test_mail_with_a_leads_address_belongs_to_the_contact_that_it_becomes(alice: User, lead: Lead, draft: Draft) -> None:
    sent(draft(to="hanne@fjord.test", subject="Welcome"))
    deal = a_deal(alice)
    person = Person(name="Hanne Lund", owner=alice)
    fresh = Deal(owner=alice, title="Sensors", stage=deal.stage)
    made = leads.convert_lead(lead=lead, deal=fresh, person=person, organisation=None, actor=alice, now=timezone.now())
    assert subjects(alice, made) == subjects(alice, person) == ["Welcome"]
    tasks.link_contacts()
    assert Recipient.objects.get(email="hanne@fjord.test").person == person


def test_mail_is_linked_by_a_further_address_too(alice: User, carla: Person, draft: Draft) -> None:
    sent(draft(to="carla@home.test"))
    Person.objects.filter(pk=carla.pk).update(updated_at=timezone.now() + timedelta(minutes=1))
    tasks.link_contacts()
    assert Recipient.objects.get(email="carla@home.test").person == carla


def test_nobody_is_suggested_for_a_deal_that_one_may_not_see(bob: User, boris: Person, deal: Deal, client: Client):
    client.force_login(bob)
    suggested = client.get(reverse("mail:people"), {"deal": deal.pk}).json()["people"]
    assert {one["name"] for one in suggested} == {"Boris Ivanov", "Carla Stein"}
    Deal.objects.filter(pk=deal.pk).update(visibility=Visibility.OWNER)
    assert client.get(reverse("mail:people"), {"deal": deal.pk}).json() == {"people": []}
