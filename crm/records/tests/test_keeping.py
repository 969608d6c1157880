"""The archive, followers and quick tags."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Role, User
from crm.records import archive, following, history
from crm.records.fields import writing
from crm.records.models import Deal, FieldChange, Lead, Organisation, Person, Tag
from notifications import switches
from notifications.models import Card


def test_an_archived_contact_leaves_suggestions_and_comes_back(alice: User, boris: Person, alice_client: Client) -> None:
    alice_client.post(f"/records/person/{boris.pk}/archive/")
    boris.refresh_from_db()
    assert boris.archived_at
    assert "Boris" not in alice_client.get("/pick/person/", {"q": "boris"}).content.decode()
    page = alice_client.get(boris.get_absolute_url()).content.decode()
    assert "In the archive since" in page
    alice_client.post(f"/records/person/{boris.pk}/restore/")
    boris.refresh_from_db()
    assert boris.archived_at is None
    assert "Boris" in alice_client.get("/pick/person/", {"q": "boris"}).content.decode()
    told = [line.text for _day, lines in history.timeline_of(boris, alice).days for line in lines]
    assert told[:2] == ["Brought back from the archive", "Archived"]


def test_archiving_twice_is_said_once(alice: User, deal: Deal) -> None:
    now = timezone.now()
    assert archive.archive(record=deal, actor=alice, now=now)
    assert not archive.archive(record=deal, actor=alice, now=now + timedelta(seconds=1))
    assert archive.restore(record=deal, actor=alice, now=now)
    assert not archive.restore(record=deal, actor=alice, now=now)


def test_an_archived_name_that_is_typed_makes_no_second_one(alice: User, acme: Organisation, alice_client: Client) -> None:
    archive.archive(record=acme, actor=alice, now=timezone.now())
    alice_client.post("/people/new/", {"name": "Kim", "organisation": "Acme Tools", "owner": alice.pk})
    assert Person.objects.get().organisation == acme


def test_the_page_before_deleting_recommends_the_archive(boris: Person, alice_client: Client) -> None:
    page = alice_client.get(f"/people/{boris.pk}/delete/").content.decode()
    assert "Archive instead" in page
    assert f"/records/person/{boris.pk}/archive/" in page


@pytest.mark.parametrize("verb", ["archive", "restore", "tags", "follow"])
def test_strangers_find_none_of_it(verb: str, charlie: User, boris: Person, client: Client) -> None:
    User.objects.filter(pk=charlie.pk).update(custom_role=Role.objects.create(name="Reads", permissions=[]))
    client.force_login(charlie)
    assert client.post(f"/records/person/{boris.pk}/{verb}/", {"add": "x", "follow": "1"}).status_code == 404
    assert client.post(f"/records/nothing/{boris.pk}/{verb}/").status_code == 404
    assert not Tag.objects.exists()


def test_followers_get_one_quiet_card_for_what_others_change(alice: User, bob: User, boris: Person, client: Client) -> None:
    client.force_login(bob)
    client.post(f"/records/person/{boris.pk}/follow/", {"follow": "1"})
    assert bob in boris.followers.all()
    now = timezone.now()
    writing.change(record=boris, values={"job_title": "Buyer"}, actor=alice, now=now)
    writing.change(record=boris, values={"job_title": "Boss", "city": "Ulm"}, actor=alice, now=now)
    [card] = Card.objects.filter(user=bob)
    assert (card.kind, card.is_quiet, card.title, card.url) == (
        "followed",
        True,
        "Alice Ahrens changed Boris Ivanov",
        boris.get_absolute_url(),
    )
    assert card.detail == "Job title: Boss · City: Ulm"
    client.post(f"/records/person/{boris.pk}/follow/", {"follow": "0"})
    assert not Card.objects.exists()


def test_nobody_is_told_of_their_own_changes_of_hidden_records_or_against_their_will(
    alice: User, bob: User, charlie: User, boris: Person
) -> None:
    for user in (alice, bob, charlie):
        following.follow(record=boris, user=user)
    switches.switch(user=bob, on=[], now=timezone.now())
    writing.change(record=boris, values={"job_title": "Buyer"}, actor=alice, now=timezone.now())
    assert not Card.objects.exists()


def test_tags_are_put_on_and_taken_off_on_the_page(alice: User, boris: Person, alice_client: Client) -> None:
    Tag.objects.create(name="Fair", colour="blue")
    address = f"/records/person/{boris.pk}/tags/"
    piece = alice_client.post(address, {"add": "fair"}, headers={"HX-Request": "true"}).content.decode()
    assert "tag-blue" in piece
    alice_client.post(address, {"add": "New one"})
    assert [tag.name for tag in boris.tags.all()] == ["Fair", "New one"]
    alice_client.post(address, {"remove": boris.tags.get(name="Fair").pk})
    assert [tag.name for tag in boris.tags.all()] == ["New one"]
    assert FieldChange.objects.filter(person=boris, field="tags").count() == 3


def test_tags_are_suggested_while_one_types(alice_client: Client, alice: User) -> None:
    for name in ("Trade fair", "Fair", "Other"):
        Tag.objects.create(name=name)
    assert [tag.name for tag in alice_client.get("/tags/options/", {"q": "fair"}).context["tags"]] == ["Fair", "Trade fair"]
    assert "Create “fairs”" in alice_client.get("/tags/options/", {"q": "fairs"}).content.decode()


def test_deals_and_leads_show_their_tags_and_followers_too(alice: User, bob: User, deal: Deal, alice_client: Client) -> None:
    for record in (deal, Lead.objects.create(owner=alice, title="Sixty sensors")):
        record.tags.add(Tag.objects.get_or_create(name="Key account")[0])
        following.follow(record=record, user=bob)
        page = alice_client.get(record.get_absolute_url()).content.decode()
        assert "Take off the tag Key account" in page
        assert f'<span class="follower">{bob.name}</span>' in page
        assert "css/contacts.css" in page, "where their looks are"


def test_an_archived_deal_says_so_and_offers_its_way_back(deal: Deal, alice_client: Client) -> None:
    alice_client.post(f"/records/deal/{deal.pk}/archive/")
    page = alice_client.get(deal.get_absolute_url()).content.decode()
    assert "In the archive since" in page
    assert f'action="/records/deal/{deal.pk}/restore/"' in page


def test_who_only_sees_a_deal_may_follow_it(charlie: User, client: Client, deal: Deal) -> None:
    User.objects.filter(pk=charlie.pk).update(custom_role=Role.objects.create(name="Reads", permissions=[]))
    client.force_login(charlie)
    Deal.objects.filter(pk=deal.pk).update(visibility="everyone")
    page = client.get(deal.get_absolute_url()).content.decode()
    assert f'action="/records/deal/{deal.pk}/follow/"' in page
    assert f"/deals/{deal.pk}/edit/" not in page
