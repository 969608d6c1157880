"""Mail belongs to people by their addresses, to organisations by the domain; nobody becomes a contact by writing."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.records.models import Organisation, Person
from mail import linking, on_records, tasks
from mail.models import Message
from mail.tests.incoming import received
from mail.tests.posting import a_deal, sent

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]


def about(user: User, record: Person | Organisation) -> list[str]:
    return [line.text for line in on_records.lines(record, user, None).lines]


def test_nothing_is_created_by_mail_that_comes_in_and_one_click_makes_a_contact(alice: User, alice_client: Client):
    acme = Organisation.objects.create(owner=alice, name="Acme", domain="acme-tools.test")
    message = received(alice, from_name="Greta Holm", from_email="Greta@acme-tools.test", is_read=True)
    page = alice_client.get(f"/mail/threads/{message.thread_id}/")
    assert page.context["strangers"] == [("greta@acme-tools.test", "Greta Holm")]
    assert not Person.objects.exists()

    alice_client.post(f"/mail/threads/{message.thread_id}/contact/", {"email": "greta@acme-tools.test"})
    person = Person.objects.get()
    assert (person.name, person.email, person.organisation, person.owner) == ("Greta Holm", "greta@acme-tools.test", acme, alice)
    page = alice_client.get(f"/mail/threads/{message.thread_id}/")
    assert (page.context["people"], page.context["strangers"]) == ([person], [])
    assert about(alice, person) == ["Question"]


def test_a_domain_that_no_organisation_has_makes_none(alice: User, alice_client: Client):
    message = received(alice, from_email="greta@gmail.com")
    Organisation.objects.create(owner=alice, name="Google", domain="gmail.com")
    alice_client.post(f"/mail/threads/{message.thread_id}/contact/", {"email": "greta@gmail.com"})
    assert Person.objects.get().organisation is None


@pytest.mark.parametrize("email", ["", "nobody@elsewhere.test", "alice@acme.test", "known@client.test", "x" * 400])
def test_an_address_that_is_no_stranger_of_the_conversation_makes_no_contact(alice: User, account, alice_client: Client, email: str):
    Person.objects.create(owner=alice, name="Known", email="known@client.test")
    message = received(alice, from_email="known@client.test")
    response = alice_client.post(f"/mail/threads/{message.thread_id}/contact/", {"email": email}, headers={"HX-Request": "true"})
    assert "not in the conversation" in response.content.decode()
    assert Person.objects.count() == 1


def test_mail_of_a_domain_shows_on_its_organisation_though_nobody_there_is_a_contact(alice: User, draft: Draft):
    acme = Organisation.objects.create(owner=alice, name="Acme", domain="acme-tools.test")
    received(alice, from_email="x@ACME-tools.test", subject="From them", hours_ago=1)
    received(alice, from_email="x@notacme-tools.test", subject="From others")
    sent(draft(to="y@acme-tools.test", subject="To them"))
    assert about(alice, acme) == ["To them", "From them"]


def test_a_provider_of_private_addresses_is_nobodys_domain(alice: User):
    organisation = Organisation.objects.create(owner=alice, name="A freelancer", domain="gmail.com")
    received(alice, from_email="x@gmail.com")
    assert about(alice, organisation) == []


def test_earlier_mail_is_linked_to_a_new_contact_of_those_who_may_see_them(alice: User, bob: User, charlie: User, draft: Draft):
    own = sent(draft(to="carla@helio.test"))
    theirs = [received(user, to="Carla@helio.test") for user in (bob, charlie)]
    carla = Person.objects.create(owner=alice, name="Carla", email="carla@Helio.test")
    tasks.link_contacts()
    tasks.link_contacts()  # twice without harm
    linked = [message.recipients.get().person for message in (own, *theirs)]
    assert linked == [carla, carla, None]  # Charlie may not see her
    assert about(alice, carla) == ["Offer"]


def test_who_is_linked_to_somebody_stays_so(alice: User):
    first = Person.objects.create(owner=alice, name="First", email="carla@helio.test")
    message = received(alice, to="carla@helio.test")
    message.recipients.update(person=first)
    assert linking.attach(Person.objects.create(owner=alice, name="Second", email="carla@helio.test")) == 0
    assert message.recipients.get().person == first


def test_deals_are_picked_by_name_and_several_stay_linked(alice: User, bob: User, charlie: User, alice_client: Client):
    thread = received(alice).thread
    address = f"/mail/threads/{thread.pk}/deals/"
    one, two, hidden = a_deal(alice, title="One"), a_deal(bob, title="Two"), a_deal(charlie, title="Hidden")
    alice_client.post(address, {"deal": "One", "deal-pk": one.pk})
    alice_client.post(address, {"deal": "two"})
    assert (
        "Pick one of the deals"
        in alice_client.post(address, {"deal": "Hidden", "deal-pk": hidden.pk}, headers={"HX-Request": "true"}).content.decode()
    )
    assert alice_client.post(address, {"link": hidden.pk}).status_code == 404
    assert set(thread.deals.all()) == {one, two}
    alice_client.post(address, {"unlink": one.pk})
    assert list(thread.deals.all()) == [two]
