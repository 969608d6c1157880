"""Search: everything that one may see, nothing else."""

import pytest
from django.test import Client
from django.utils import timezone

from crm import searching
from crm.accounts.models import User
from crm.records import leads, pipeline
from crm.records.models import Deal, Lead, Note, Organisation, Person
from crm.records.tests.queries import count_queries
from mail.models import Message, Recipient, Thread


@pytest.fixture
def northgate(alice: User) -> Organisation:
    """An organisation, a person and a deal of Alice's, all with the word Northgate."""
    organisation = Organisation.objects.create(owner=alice, name="Northgate Logistics", domain="northgate.test")
    person = Person.objects.create(owner=alice, name="Boris Petrov", email="boris@northgate.test", organisation=organisation)
    stage = pipeline.default_pipeline().stages.all()[0]
    Deal.objects.create(owner=alice, title="Northgate fleet", stage=stage, organisation=organisation, person=person, value=500)
    return organisation


def write(owner: User, subject: str, to: str) -> Message:
    thread = Thread.objects.create(owner=owner, subject=subject)
    message = Message.objects.create(thread=thread, owner=owner, subject=subject, folder="sent", sent_at=timezone.now())
    Recipient.objects.create(message=message, name="", email=to)
    return message


def found(user: User, text: str) -> dict[str, list[str]]:
    return {group.name: [result.title for result in group.results] for group in searching.find(user, text, limit=10).groups}


def test_all_kinds_are_found_by_one_word(alice: User, northgate: Organisation) -> None:
    write(alice, "Proposal", "clara@northgate.test")
    assert found(alice, "northgate") == {
        "people": ["Boris Petrov"],
        "organisations": ["Northgate Logistics"],
        "deals": ["Northgate fleet"],
        "mail": ["Proposal"],
    }


def test_team_mates_and_managers_find_records_but_nobody_finds_anothers_mail(
    alice: User, bob: User, mona: User, ada: User, northgate: Organisation
) -> None:
    write(alice, "Northgate proposal", "clara@northgate.test")
    for user in (bob, mona, ada):
        assert set(found(user, "northgate")) == {"people", "organisations", "deals"}, user


def test_an_outsider_finds_nothing(alice: User, charlie: User, northgate: Organisation) -> None:
    write(alice, "Northgate proposal", "clara@northgate.test")
    assert found(charlie, "northgate") == {}


def test_words_may_stand_in_subject_and_recipient(alice: User) -> None:
    write(alice, "Price list", "clara@helio.test")
    assert found(alice, "price clara") == {"mail": ["Price list"]}
    assert found(alice, "price boris") == {}


def test_a_thread_is_found_once_however_many_messages_match(alice: User) -> None:
    message = write(alice, "Price list", "clara@helio.test")
    again = Message.objects.create(thread=message.thread, owner=alice, subject="Re: Price list", folder="sent")
    Recipient.objects.create(message=again, email="clara@helio.test")
    assert found(alice, "price") == {"mail": ["Price list"]}


def test_nothing_asked_nothing_found(alice: User, northgate: Organisation, alice_client: Client) -> None:
    assert found(alice, "   ") == {}
    assert "Search everything" in alice_client.get("/search/").content.decode()


def test_the_page_says_what_matched_and_what_to_do_otherwise(northgate: Organisation, alice_client: Client) -> None:
    page = alice_client.get("/search/", {"q": "northgate"}).content.decode()
    assert northgate.get_absolute_url() in page
    assert "€500 · Qualified · <mark>Northgate</mark> Logistics" in page
    nothing = alice_client.get("/search/", {"q": "<b>zzz"}).content.decode()
    assert ("Nothing matches" in nothing, "<b>zzz" in nothing) == (True, False)


def test_the_box_gets_options(northgate: Organisation, alice_client: Client) -> None:
    piece = alice_client.get("/search/", {"q": "northgate"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in piece
    assert f'data-url="{northgate.get_absolute_url()}"' in piece
    assert "All results for" in piece


def test_more_than_fit_is_said(alice: User, alice_client: Client) -> None:
    Person.objects.bulk_create(Person(owner=alice, name=f"Same {number}") for number in range(searching.MOST + 1))
    assert "Show more" in alice_client.get("/search/", {"q": "same"}).content.decode()
    assert "There are more" in alice_client.get("/search/", {"q": "same", "kind": "people", "shown": str(searching.MOST)}).content.decode()


def test_a_search_takes_the_same_few_queries_whatever_it_finds(alice: User, northgate: Organisation, alice_client: Client) -> None:
    write(alice, "Northgate", "a@northgate.test")
    few = count_queries(alice_client, "/search/?q=northgate")
    for number in range(10):
        write(alice, f"Northgate {number}", "a@northgate.test")
        Person.objects.create(owner=alice, name=f"Northgate {number}", organisation=northgate)
    assert count_queries(alice_client, "/search/?q=northgate") == few


def test_what_a_lead_took_into_a_deal_that_one_may_not_see_names_no_deal(alice: User, bob: User) -> None:
    stage = pipeline.default_pipeline().stages.all()[0]
    lead = Lead.objects.create(owner=alice, title="Enquiry by phone")
    Note.objects.create(author=alice, text="They want forty bicycles", lead=lead)
    deal = Deal(owner=alice, title="Secret takeover", stage=stage, visibility="owner")
    leads.convert_lead(lead=lead, deal=deal, person=None, organisation=None, actor=alice, now=timezone.now())
    for text in ("bicycles", "enquiry"):
        [group] = searching.find(bob, text, limit=10).groups
        [result] = group.results
        assert "Secret" not in result.hint
        assert result.url == lead.get_absolute_url()
