"""Our own side: signed-in browsers of ours and the places that a sender works from, against those of recipients."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tracking import hits, places, recording
from tracking.instrument import add_copy
from tracking.models import Event, KnownPlace
from tracking.ourselves import OurSide
from tracking.verdicts import Viewer

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
OFFICE, ELSEWHERE, CARRIER = "8.8.4.4", "9.9.9.9", "100.64.7.7"


@pytest.fixture(autouse=True)
def no_memory(monkeypatch):
    """A process that has noted nobody yet."""
    monkeypatch.setattr(places._Process, "seen", {})


def come_from(user, address, *days):
    for day in days:
        places.learn(user=user, address=address, now=NOW - timedelta(days=day))


def ours(user, now=NOW):
    return OurSide.load({user.pk}, now=now)


def test_the_sender_is_told_from_a_colleague_a_recipient_and_a_stranger(alice, bob, charlie):
    charlie.is_active = False
    charlie.save()
    side = ours(alice)

    def viewer(viewer_id, recipient="boris@client.test"):
        return side.viewer(viewer_id, owner_id=alice.pk, recipient=recipient)

    assert viewer(alice.pk) == viewer(alice.pk, "alice@acme.test") == Viewer.OWNER
    assert viewer(bob.pk) == Viewer.COLLEAGUE
    assert viewer(bob.pk, "") == Viewer.COLLEAGUE  # a shared copy names nobody
    assert viewer(bob.pk, "BOB@acme.test") == Viewer.RECIPIENT
    assert viewer(None) == viewer(charlie.pk) == viewer(99_999) == Viewer.NOBODY


def test_a_batch_of_hits_costs_the_same_number_of_queries_as_one(alice, mail, django_assert_num_queries):
    copies = [add_copy(mail=mail, email=f"one{number}@client.test") for number in range(5)]
    batch = [hits.Hit(hits.new_id(), "open", copy.public_id, 0, NOW.timestamp(), "GET", "x", OFFICE, {}, alice.pk) for copy in copies]

    with django_assert_num_queries(2):
        side = OurSide.load({alice.pk}, now=NOW)
        for hit in batch:
            side.viewer(hit.viewer_id, owner_id=alice.pk, recipient="a@client.test")
            side.is_own_network(hit.address, owner_id=alice.pk, recipient="a@client.test")


def test_an_opening_by_a_colleague_who_received_the_copy_is_a_persons_and_his_look_at_anothers_is_not(mail, bob):
    his, anothers = add_copy(mail=mail, email=bob.email), add_copy(mail=mail, email="anna@client.test")
    for copy in (his, anothers):
        hit = hits.Hit(hits.new_id(), "open", copy.public_id, 0, NOW.timestamp(), "GET", "Thunderbird/140", ELSEWHERE, {}, bob.pk)
        recording.record([hit], now=NOW)

    found = dict(Event.objects.values_list("copy__email", "verdict"))
    assert found == {"bob@acme.test": "human", "anna@client.test": "self"}


def test_two_days_make_a_place_and_one_does_not(alice):
    come_from(alice, OFFICE, 1)
    assert not ours(alice).is_own_network(OFFICE, owner_id=alice.pk, recipient="boris@client.test")
    come_from(alice, OFFICE, 0, 0)

    side = ours(alice)
    assert side.is_own_network(OFFICE, owner_id=alice.pk, recipient="boris@client.test")
    assert side.is_own_network("::ffff:8.8.4.4", owner_id=alice.pk, recipient="boris@client.test")
    assert not side.is_own_network(ELSEWHERE, owner_id=alice.pk, recipient="boris@client.test")
    assert not side.is_own_network("", owner_id=alice.pk, recipient="boris@client.test")
    assert KnownPlace.objects.get().days == 2


def test_a_place_is_the_users_alone(alice, bob):
    come_from(bob, OFFICE, 1, 0)

    assert not OurSide.load({alice.pk, bob.pk}, now=NOW).is_own_network(OFFICE, owner_id=alice.pk, recipient="boris@client.test")


@pytest.mark.parametrize("recipient", ["bob@acme.test", "BOB@ACME.TEST", "new.intern@acme.test"])
def test_a_recipient_of_our_own_company_opens_in_our_own_office(alice, bob, recipient):
    come_from(alice, OFFICE, 1, 0)

    assert not ours(alice).is_own_network(OFFICE, owner_id=alice.pk, recipient=recipient)


def test_two_users_of_one_private_provider_are_no_company(alice, settings):
    alice.email = "alice@gmail.com"
    alice.save()
    come_from(alice, OFFICE, 1, 0)

    assert ours(alice).is_own_network(OFFICE, owner_id=alice.pk, recipient="boris@gmail.com")
    assert not ours(alice).is_own_network(OFFICE, owner_id=alice.pk, recipient="Alice@Gmail.com")


def test_a_shared_copy_seen_from_the_senders_own_place_is_the_senders(alice):
    come_from(alice, OFFICE, 1, 0)

    assert ours(alice).is_own_network(OFFICE, owner_id=alice.pk, recipient="")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.7.7", CARRIER, "fe80::1", "fd00::1", "64:ff9b::7f00:1", "", "x"]
)
def test_an_address_that_others_share_is_nobodys_place(alice, address):
    come_from(alice, address, 2, 1, 0)

    assert not KnownPlace.objects.exists()


def test_of_ipv6_the_network_of_the_house_is_known_not_the_devices_daily_address(alice):
    come_from(alice, "2a00:1450:4001:80b:1111:2222:3333:4444", 1)
    come_from(alice, "2a00:1450:4001:80b:aaaa:bbbb:cccc:dddd", 0)
    side = ours(alice)

    assert side.is_own_network("2a00:1450:4001:80b::1", owner_id=alice.pk, recipient="b@client.test")
    assert not side.is_own_network("2a00:1450:4001:80c::1", owner_id=alice.pk, recipient="b@client.test")


def test_a_place_is_noted_once_a_day_without_asking_the_database_again(alice, django_assert_num_queries):
    come_from(alice, OFFICE, 0)
    with django_assert_num_queries(0):
        come_from(alice, OFFICE, 0, 0, 0)


def test_days_are_the_users_own(alice):
    alice.time_zone = "Pacific/Auckland"  # where 9:30 and 13:30 in Greenwich are two days
    for hour in (9, 13):
        places.learn(user=alice, address=OFFICE, now=NOW.replace(hour=hour))

    assert KnownPlace.objects.get().days == 2


def test_a_place_is_forgotten_after_two_months(alice):
    come_from(alice, OFFICE, 70, 61)
    come_from(alice, ELSEWHERE, 70, 59)

    assert not ours(alice).is_own_network(OFFICE, owner_id=alice.pk, recipient="b@client.test")
    assert ours(alice).is_own_network(ELSEWHERE, owner_id=alice.pk, recipient="b@client.test")
    places.forget(now=NOW)
    assert [place.network for place in KnownPlace.objects.all()] == [ELSEWHERE]


def test_a_removed_place_is_not_learned_again(alice):
    come_from(alice, OFFICE, 2, 1)
    places.remove(place=KnownPlace.objects.get())
    come_from(alice, OFFICE, 0)

    assert not ours(alice).is_own_network(OFFICE, owner_id=alice.pk, recipient="b@client.test")


def test_the_companys_own_networks_are_everybodys_and_may_be_private(alice, bob, settings):
    settings.OWN_NETWORKS = ["203.0.113.0/24", "10.0.0.0/8"]
    side = OurSide.load({alice.pk, bob.pk}, now=NOW)

    for owner in (alice, bob):
        assert side.is_own_network("203.0.113.77", owner_id=owner.pk, recipient="b@client.test")
        assert side.is_own_network("10.1.2.3", owner_id=owner.pk, recipient="b@client.test")
        assert not side.is_own_network("203.0.113.77", owner_id=owner.pk, recipient="bob@acme.test")
        assert not side.is_own_network("198.51.100.1", owner_id=owner.pk, recipient="b@client.test")


def test_a_page_teaches_where_its_reader_works_and_a_strangers_request_teaches_nothing(alice, alice_client, settings):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    for client, peer, forwarded in (
        (alice_client, "10.0.0.1", f"1.1.1.1, {OFFICE}"),
        (alice_client, "127.0.0.1", ELSEWHERE),
        (Client(), "10.0.0.1", ELSEWHERE),
    ):
        client.get("/privacy/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})

    assert [(place.user, place.network) for place in KnownPlace.objects.all()] == [(alice, OFFICE)]


def test_the_facts_of_a_hit_tell_of_the_own_network(alice, mail):
    come_from(alice, OFFICE, 1, 0)
    copy = add_copy(mail=mail, email="boris@client.test")
    for address in (OFFICE, ELSEWHERE):
        hit = hits.Hit(hits.new_id(), "open", copy.public_id, 0, NOW.timestamp(), "GET", "Thunderbird/140", address, {}, None)
        recording.record([hit], now=NOW)

    assert dict(Event.objects.values_list("address", "is_own_network")) == {OFFICE: True, ELSEWHERE: False}


def test_a_user_sees_their_own_places_alone_and_removes_one(alice, bob, alice_client):
    come_from(alice, OFFICE, 1, 0)
    come_from(alice, ELSEWHERE, 0)
    come_from(bob, "1.0.0.1", 1, 0)
    KnownPlace.objects.update(last_on=timezone.now().date())
    page = alice_client.get("/settings/places/").content.decode()
    assert [OFFICE in page, ELSEWHERE in page, "1.0.0.1" in page, page.count("Seen once")] == [True, True, False, 1]

    office, others = KnownPlace.objects.get(network=OFFICE), KnownPlace.objects.get(user=bob)
    assert alice_client.post(f"/settings/places/{others.pk}/remove/").status_code == 404
    alice_client.post(f"/settings/places/{office.pk}/remove/")
    assert OFFICE not in alice_client.get("/settings/places/").content.decode().partition('class="panel"')[2]
    assert not OurSide.load({alice.pk}, now=timezone.now()).is_own_network(OFFICE, owner_id=alice.pk, recipient="b@client.test")
