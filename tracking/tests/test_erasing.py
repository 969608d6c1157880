"""What tracking knows about one address: told to the person whose it is, and erased."""

import json
from datetime import date, timedelta

import pytest
from django.utils import timezone

from crm.records.models import Person, TimelineEntry
from notifications.models import Card
from tracking import edge, erasing, exporting, replies, retention
from tracking.instrument import add_copy
from tracking.models import Answer, Bygone, Copy, Event, Preferences, TrackedLink, TrackedMail
from tracking.tests.promised import HOME, TARGET, drain, follows, opens, sent
from tracking.tests.seen import hit
from tracking.tests.test_icons import button, cards
from tracking.tests.test_minimising import dump

NOW = timezone.now()
AGO = NOW - timedelta(hours=1)


@pytest.fixture(autouse=True)
def own_spool(db, spool):
    return spool


@pytest.fixture
def boris(mail: TrackedMail) -> Copy:
    """Opened, followed, answered, told; beside Carla's, which was opened as well."""
    Preferences.objects.update_or_create(user=mail.owner, defaults={"open_tracking": True, "link_tracking": True, "notify_activity": True})
    TrackedLink.objects.create(mail=mail, number=0, target=TARGET, text="Prices")
    boris, carla = sent(mail, AGO), sent(mail, AGO, name="Carla Conti")
    opens(carla)
    drain()
    opens(boris)
    follows(boris)
    drain()
    replies.note(mail=mail, key="1@client.test", at=NOW, name="Boris Petrov", copy=boris)
    return boris


def erase(email: str = "Boris@client.test") -> dict[str, int]:
    return erasing.erase(email=email, now=NOW)


def test_everything_of_the_address_goes_and_what_others_did_stays(alice_client, mail, boris):
    Person.objects.filter(email="boris@client.test").update(name="Boris Unheard")
    Answer.objects.update(name="Boris Unheard")
    assert erase() == {"hits": 2, "answers": 1, "copies": 1}

    assert (Event.objects.count(), Answer.objects.count(), Copy.objects.count()) == (1, 0, 1)
    mail.refresh_from_db()
    assert (mail.open_count, mail.click_count, mail.first_replied_at) == (1, 0, None)
    assert [(card.title, card.detail) for card in Card.objects.all()] == [
        ("Carla Conti’s copy of “Proposal for Q1” was opened", "Opened once")
    ]
    assert list(TimelineEntry.objects.values_list("person__email", flat=True)) == ["carla@client.test"]
    assert button(alice_client, mail) == "is-seen: Opened once"
    assert "Boris" not in "".join(cards(alice_client, mail))


def test_a_card_that_may_name_them_goes_though_its_owner_wants_no_cards_any_more(mail, boris):
    assert "Boris" in Card.objects.get().title
    Preferences.objects.update(notify_activity=False)
    erase()

    assert not Card.objects.exists()


def test_nothing_of_it_is_left_in_any_table_of_tracking(mail, boris):
    Copy.objects.filter(pk=boris.pk).update(person=None)
    Person.objects.filter(email="boris@client.test").delete()
    erase()

    assert "Boris Petrov" not in dump()
    assert "boris@client.test" not in dump()


def test_its_links_go_on_working_and_nobody_notes_who_asks(mail, boris):
    erase()
    before = dump().count(HOME)

    assert opens(boris) is edge.PIXEL
    assert ("Location", TARGET) in follows(boris).headers
    assert drain() == 0
    assert dump().count(HOME) == before
    assert Event.objects.count() == 1


def test_a_mail_to_them_alone_is_as_if_it_had_not_been_opened(alice_client, alice, mail, boris):
    Copy.objects.exclude(pk=boris.pk).delete()
    Copy.objects.update(last_open_on=date(2026, 3, 3))
    TrackedMail.objects.update(last_open_on=date(2026, 3, 3))
    erase()

    mail.refresh_from_db()
    assert (mail.open_count, mail.first_opened_at, mail.last_open_on) == (0, None, None)
    assert button(alice_client, mail) == ": Not opened, or images blocked"
    assert not Card.objects.exists()


def test_numbers_of_hits_that_are_no_longer_kept_go_too(mail, boris):
    TrackedMail.objects.update(created_at=AGO)
    retention.purge(before=NOW + timedelta(days=1))
    assert Bygone.objects.exists()
    erase()

    mail.refresh_from_db()
    assert mail.open_count == 1
    assert Bygone.objects.get().copy.email == "carla@client.test"


def test_an_answer_to_a_shared_copy_goes_where_the_name_is_theirs_alone(mail, alice, boris):
    mails = [TrackedMail.objects.create(owner=alice, tracks_opens=True, tracks_links=True) for _ in range(3)]
    for number, (one, name) in enumerate(zip(mails, ["Boris Petrov", "Carla Conti", "boris@client.test"], strict=True)):
        add_copy(mail=one)
        replies.note(mail=one, key=f"{number}@x.test", at=NOW, name=name)

    assert erase()["answers"] == 3
    assert Answer.objects.get().name == "Carla Conti"
    Person.objects.create(owner=alice, name="Carla Conti", email="another@client.test")
    assert erase("carla@client.test")["answers"] == 0


def test_an_address_that_is_not_known_erases_nothing(mail, boris):
    add_copy(mail=mail)
    before = dump()

    assert erase("nobody@client.test") == erase("") == {"hits": 0, "answers": 0, "copies": 0}
    assert dump() == before
    assert exporting.of("") == exporting.of("nobody@client.test") == []


def test_the_export_tells_all_that_is_kept_of_each_copy(mail, alice, boris):
    Event.objects.filter(copy=boris, kind="open").update(address="203.0.113.0")
    other = TrackedMail.objects.create(owner=alice, subject="Second", tracks_opens=True, tracks_links=True)
    coarse = sent(other, AGO, is_coarse=True, kept=0, kept_days=None)
    Copy.objects.filter(pk=coarse.pk).update(last_open_on=date(2026, 3, 3), stopped_at=NOW)
    first, second = json.loads(json.dumps(exporting.of("BORIS@client.test")))

    assert (first["subject"], first["email"], first["sent_at"]) == ("Proposal for Q1", "boris@client.test", AGO.isoformat())
    assert first["sender"] == {"name": "Alice Ahrens", "email": "alice@acme.test"}
    assert first["decision"]["words"] == "tracked: was not asked, and the company’s policy allows it"
    assert (first["decision"]["address_kept"], first["decision"]["address_kept_days"]) == ("The full address", 90)
    opening, click = first["hits"]
    assert (opening["what"], opening["by"], opening["client"], opening["address"]) == ("open", "A person", "Thunderbird", "203.0.113.0")
    assert (click["what"], click["link"], click["address"]) == ("click", TARGET, HOME)
    assert first["answered_at"] == [NOW.isoformat()]
    assert (second["last_open_on"], second["hits"], second["decision"]["only_day_of_last_opening"]) == ("2026-03-03", [], True)
    assert second["decision"]["stopped_at"] == NOW.isoformat()


def test_the_export_tells_of_nobody_else(mail, boris):
    assert "Carla" not in json.dumps(exporting.of("boris@client.test"))
    assert len(exporting.of("carla@client.test")) == 1


def test_the_export_tells_what_is_left_of_hits_that_are_no_longer_kept(mail, boris):
    hit(boris, AGO + timedelta(minutes=5), verdict="unknown")
    TrackedMail.objects.update(created_at=AGO)
    retention.purge(before=NOW + timedelta(days=1))
    told = exporting.of("boris@client.test")[0]

    assert told["hits"] == []
    assert [(one["what"], one["times"], one["by_a_person"]) for one in told["no_longer_kept"]] == [("open", 1, True), ("open", 1, False)]
