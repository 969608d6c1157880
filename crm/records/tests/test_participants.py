"""Who takes part in a deal, and what else its form holds."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Company, User, Visibility
from crm.records import following, history, pipeline
from crm.records.models import Deal, FieldChange, Person, Tag
from notifications.models import Card

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def ines(alice: User) -> Person:
    return Person.objects.create(owner=alice, name="Ines Albrecht", email="ines@acme-tools.example")


@pytest.fixture
def carla(alice: User) -> Person:
    return Person.objects.create(owner=alice, name="Carla Stein")


def form(deal: Deal, **values: Any) -> dict[str, Any]:
    plain = {"title": deal.title, "value": "12500", "currency": "EUR", "stage": deal.stage_id, "owner": deal.owner_id}
    return {**plain, "person": "Boris Ivanov", "organisation": "Acme Tools", "visibility": "team", **values}


def told(deal: Deal, user: User) -> list[str]:
    return [line.text for _day, of_day in history.timeline_of(deal, user).days for line in of_day]


def test_the_form_adds_and_takes_out_participants_and_the_timeline_says_so(
    alice: User, deal: Deal, ines: Person, carla: Person, alice_client: Client
) -> None:
    alice_client.post(f"/deals/{deal.pk}/edit/", form(deal, participants=[ines.pk, carla.pk]))
    assert set(deal.participants.all()) == {ines, carla}
    shown = alice_client.get(f"/deals/{deal.pk}/edit/").content.decode()
    assert f'name="participants" value="{ines.pk}" checked' in shown
    alice_client.post(f"/deals/{deal.pk}/edit/", form(deal, participants=[carla.pk]))
    assert list(deal.participants.all()) == [carla]
    noted = FieldChange.objects.filter(deal=deal, field="participants").order_by("pk").values_list("before", "after")
    assert (noted[0][0], set(noted[0][1].split(", "))) == ("", {"Ines Albrecht", "Carla Stein"})
    assert noted[1][1] == "Carla Stein"
    assert any("→ Carla Stein" in line for line in told(deal, alice))


def test_without_script_a_participant_is_added_by_the_name_alone(deal: Deal, ines: Person, alice_client: Client) -> None:
    alice_client.post(f"/deals/{deal.pk}/edit/", form(deal, **{"participants-typed": "ines albrecht"}))
    assert list(deal.participants.all()) == [ines]
    answer = alice_client.post(f"/deals/{deal.pk}/edit/", form(deal, **{"participants": ines.pk, "participants-typed": "Nobody"}))
    page = answer.content.decode()
    assert (answer.status_code, "Nobody of that name was found." in page) == (422, True)
    assert 'value="Nobody"' in page
    assert "<span>Ines Albrecht</span>" in page


def test_a_participant_whom_the_editor_cannot_see_stays(charlie: User, deal: Deal, alice_client: Client) -> None:
    hidden = Person.objects.create(owner=charlie, name="Hidden", visibility=Visibility.OWNER)
    deal.participants.add(hidden)
    alice_client.post(f"/deals/{deal.pk}/edit/", form(deal, participants=[hidden.pk]))
    assert list(deal.participants.all()) == [hidden]
    page = alice_client.get(deal.get_absolute_url()).content.decode()
    assert "1 more whom you do not see" in page
    assert "Hidden" not in page


def test_nobody_hidden_is_added_by_their_number(charlie: User, deal: Deal, alice_client: Client) -> None:
    hidden = Person.objects.create(owner=charlie, name="Hidden", visibility=Visibility.OWNER)
    alice_client.post(f"/deals/{deal.pk}/edit/", form(deal, participants=[hidden.pk]))
    alice_client.post(f"/deals/{deal.pk}/participants/", {"person": "Hidden", "person-pk": hidden.pk})
    assert not deal.participants.exists()


def test_the_contact_is_no_participant_besides(deal: Deal, boris: Person, alice_client: Client) -> None:
    alice_client.post(f"/deals/{deal.pk}/edit/", form(deal, participants=[boris.pk]))
    assert not deal.participants.exists()


def test_on_the_deals_page_people_are_added_and_taken_out_in_place(deal: Deal, ines: Person, carla: Person, alice_client: Client) -> None:
    values = {"person": ines.name, "person-pk": ines.pk}
    answer = alice_client.post(f"/deals/{deal.pk}/participants/", values, headers=FRAGMENT)
    assert (answer.status_code, "Write to Ines Albrecht" in answer.content.decode()) == (200, True)
    alice_client.post(f"/deals/{deal.pk}/participants/", {"person": carla.name})
    assert set(deal.participants.all()) == {ines, carla}
    alice_client.post(f"/deals/{deal.pk}/participants/", {"remove": ines.pk})
    assert list(deal.participants.all()) == [carla]
    assert FieldChange.objects.filter(deal=deal, field="participants").count() == 3


def test_an_unknown_name_is_refused_in_place(deal: Deal, alice_client: Client) -> None:
    answer = alice_client.post(f"/deals/{deal.pk}/participants/", {"person": "Nobody"}, headers=FRAGMENT)
    assert (answer.status_code, "Nothing of that name was found." in answer.content.decode()) == (422, True)


def test_probability_visibility_and_tags_are_saved_and_noted(alice: User, deal: Deal, alice_client: Client) -> None:
    hot = Tag.objects.create(name="Hot")
    alice_client.post(f"/deals/{deal.pk}/edit/", form(deal, probability="80", visibility="everyone", tags="hot"))
    deal.refresh_from_db()
    assert (deal.probability, deal.visibility, list(deal.tags.all())) == (80, "everyone", [hot])
    assert told(deal, alice) == ["Probability: 80 · Tags: Hot · Seen by: The owner's team → Everyone in the company"]


def test_a_new_deal_gets_its_participants_and_tags(alice: User, deal: Deal, ines: Person, alice_client: Client) -> None:
    Tag.objects.create(name="Hot")
    alice_client.post("/deals/new/", form(deal, title="Another", participants=[ines.pk], tags="Hot, Brand new"))
    made = Deal.objects.get(title="Another")
    assert (list(made.participants.all()), [tag.name for tag in made.tags.all()]) == ([ines], ["Brand new", "Hot"])


@pytest.mark.parametrize("value", ["101", "-1", "half"])
def test_a_probability_that_is_none_is_told_in_a_sentence(value: str, deal: Deal, alice_client: Client) -> None:
    answer = alice_client.post(f"/deals/{deal.pk}/edit/", form(deal, probability=value))
    assert (answer.status_code, "probability" in str(answer.context["form"].errors)) == (422, True)


def test_the_page_says_whose_probability_it_is(deal: Deal, alice_client: Client) -> None:
    assert "the stage’s" in alice_client.get(deal.get_absolute_url()).content.decode()
    Deal.objects.update(probability=70)
    page = alice_client.get(deal.get_absolute_url()).content.decode()
    assert "70 %" in page
    assert "its own" in page


def test_a_new_deal_begins_with_the_companys_currency_and_the_teams_visibility(alice: User, alice_client: Client) -> None:
    Company.objects.create(pk=1, currency="CHF")
    alice.team.default_visibility = Visibility.EVERYONE  # type: ignore[union-attr]
    alice.team.save()  # type: ignore[union-attr]
    shown = alice_client.get("/deals/new/").context["form"]
    assert (shown["currency"].value(), shown["visibility"].value()) == ("CHF", "everyone")


def test_whoever_hands_a_deal_over_that_they_do_not_see_then_lands_on_the_board(bob: User, deal: Deal, alice_client: Client) -> None:
    answer = alice_client.post(f"/deals/{deal.pk}/edit/", form(deal, owner=bob.pk, visibility="owner"), follow=True)
    assert (answer.status_code, answer.redirect_chain[-1][0]) == (200, "/deals/")


def test_whom_a_reader_may_not_see_is_named_in_no_list_no_file_and_no_change(
    alice: User, charlie: User, deal: Deal, ines: Person, alice_client: Client
) -> None:
    hidden = Person.objects.create(owner=charlie, name="Hidden Herta", visibility=Visibility.OWNER)
    pipeline.change_participants(deal=deal, participants=[ines, hidden], actor=charlie, now=timezone.now())
    shown = {"columns": "title,participants", "sort": "participants"}
    for answer in (
        alice_client.get("/deals/list/", shown),
        alice_client.get("/lists/deal/export/", {**shown, "whole": "1"}),
        alice_client.get(deal.get_absolute_url()),
    ):
        text = (b"".join(answer) if answer.streaming else answer.content).decode()
        assert ("Ines Albrecht" in text, "Hidden Herta" in text) == (True, False)


def test_a_change_that_tells_of_hidden_people_alone_is_no_line(alice: User, charlie: User, mona: User, deal: Deal) -> None:
    hidden = Person.objects.create(owner=charlie, name="Hidden Herta", visibility=Visibility.OWNER)
    pipeline.change_participants(deal=deal, participants=[hidden], actor=charlie, now=timezone.now())
    assert (told(deal, alice), len(told(deal, mona))) == ([], 1)


def test_a_card_for_followers_names_nobody_who_takes_part(alice: User, charlie: User, deal: Deal) -> None:
    following.follow(record=deal, user=alice)
    hidden = Person.objects.create(owner=charlie, name="Hidden Herta", visibility=Visibility.OWNER)
    pipeline.change_participants(deal=deal, participants=[hidden], actor=charlie, now=timezone.now())
    assert Card.objects.get(user=alice).detail == "Participants"


@pytest.mark.parametrize(("operator", "value"), [("named", "Herta"), ("any_of", None), ("filled", None)])
def test_no_filter_finds_a_deal_by_somebody_hidden(
    operator: str, value: str | None, charlie: User, deal: Deal, alice_client: Client
) -> None:
    hidden = Person.objects.create(owner=charlie, name="Hidden Herta", visibility=Visibility.OWNER)
    deal.participants.add(hidden)
    asked = {"field": "participants", "is": operator, "value": [hidden.pk] if operator == "any_of" else value}
    answer = alice_client.get("/lists/deal/check/", {"filter": json.dumps({"all": [asked]})}).json()
    assert (answer["fault"], answer["count"]) == ("", 0)
