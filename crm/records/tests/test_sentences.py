"""What timelines say to readers of another language than the one who did it."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from crm.accounts.models import User
from crm.records import history, pipeline
from crm.records.models import Deal, Person, Stage, TimelineEntry
from crm.records.sentences import SENTENCES, say, words

GAPS: dict[str, dict[str, Any]] = {
    "imported": {"name": "fair.csv"},
    "deal_created": {"stage": "Due", "value": "1250.50", "currency": "EUR"},
    "moved": {"old": "Due", "new": "Paid"},
    "won": {"days": 3, "reason": "Price"},
    "lost": {"reason": "Price"},
    "reopened": {"stage": "Due"},
    "converted": {"deal": "Fleet"},
    "from_lead": {"lead": "Asks"},
    "merged": {"name": "Boris"},
    "not_kept": {"words": "City: Oslo"},
}


def lines(record: Any, user: User) -> list[str]:
    return [line.text for _day, of_day in history.timeline_of(record, user).days for line in of_day]


def test_each_reader_reads_in_their_language(alice: User, deal: Deal, stages: list[Stage]) -> None:
    with translation.override("ru"):
        pipeline.move_deal(deal=deal, to=stages[3], actor=alice, now=timezone.now())
        pipeline.win_deal(deal=deal, actor=alice, now=timezone.now(), reason="{days}")
    told = lines(deal, alice)
    assert f"Moved from Contacted to {stages[3].name}" in told
    assert "Won: {days}" in told, "what people type is no gap"
    with translation.override("ru"):
        assert "Выиграна: {days}" in lines(deal, alice)


def test_the_page_of_an_english_reader_has_no_russian_line(alice: User, alice_client: Client, settings: Any) -> None:
    russian = User.objects.create_user("vera@acme.test", "pw", name="Vera", team=alice.team, language="ru")
    client = Client()
    client.force_login(russian)
    client.post("/people/new/", {"name": "Boris", "visibility": "everyone", "owner": russian.pk})
    boris = Person.objects.get()
    assert TimelineEntry.objects.get(person=boris).text != "Contact added"
    page = alice_client.get(boris.get_absolute_url()).content.decode()
    assert "Contact added" in page
    assert "Контакт добавлен" not in page


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_every_sentence_is_kept_whole_and_translated(key: str) -> None:
    said = say(key, **GAPS.get(key, {}))
    assert words(said.kept(), "") == str(said)
    with translation.override("ru"):
        assert any("а" <= letter.lower() <= "я" for letter in words(said.kept(), ""))


@pytest.mark.parametrize("kept", [None, [], ["of another version", {}], ["moved", {"from": "a"}]])
def test_what_is_not_known_stands_as_it_was_written(kept: Any) -> None:
    assert words(kept, "As it was") == "As it was"


def test_a_sentence_that_does_not_exist_is_not_kept() -> None:
    with pytest.raises(KeyError):
        say("nothing")
    with pytest.raises(TypeError):
        say("moved", old="a")
