"""The leads inbox: noting down, archiving, and what becomes of a lead that is converted."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Company, User, Visibility
from crm.records import history, leads
from crm.records.models import Activity, Deal, FieldChange, Lead, Note, Organisation, Person, Pipeline, Stage, Tag, TimelineEntry
from crm.records.tests.queries import count_queries


@pytest.fixture
def lead(alice: User) -> Lead:
    """Of somebody unknown."""
    return Lead.objects.create(
        owner=alice,
        title="Asks about sensors",
        value=5_000,
        person_name="Hanne Lund",
        email="hanne@fjordfisk.example",
        phone="+47 22 55 01 44",
        job_title="Quality",
        organisation_name="Fjordfisk",
        source="Website",
    )


def form(owner: User, **values: Any) -> dict[str, Any]:
    return {"title": "Asks about sensors", "value": "5000", "currency": "EUR", "owner": owner.pk, **values}


def converting(owner: User, stage: Stage, **values: Any) -> dict[str, Any]:
    return form(owner, stage=stage.pk, person="Hanne Lund", organisation="Fjordfisk", visibility="team", **values)


def told(record: Any, user: User) -> list[str]:
    return [line.text for _day, of_day in history.timeline_of(record, user).days for line in of_day]


def titles(client: Client, **query: str) -> list[str]:
    return [lead.title for lead in client.get("/leads/", query).context["page"]]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_somebody_unknown_is_noted_down_and_becomes_no_contact_yet(alice: User, alice_client: Client) -> None:
    values = form(alice, person="Hanne Lund", organisation="Fjordfisk", email="hanne@fjordfisk.example", source="Website")
    assert alice_client.post("/leads/new/", values).status_code == 302
    lead = Lead.objects.get()
    assert (lead.person_name, lead.organisation_name, lead.source) == ("Hanne Lund", "Fjordfisk", "Website")
    assert not Person.objects.exists()
    assert not Organisation.objects.exists()
    assert told(lead, alice) == ["Lead added"]


def test_a_known_contact_is_linked_and_brings_the_organisation(alice: User, boris: Person, alice_client: Client) -> None:
    alice_client.post("/leads/new/", form(alice, person=boris.name, **{"person-pk": boris.pk}))
    lead = Lead.objects.get()
    assert (lead.person, lead.person_name, lead.organisation) == (boris, "", boris.organisation)


def test_a_new_lead_begins_with_the_companys_currency_and_the_teams_visibility(alice: User, alice_client: Client) -> None:
    Company.objects.create(pk=1, currency="CHF")
    alice.team.default_visibility = Visibility.EVERYONE  # type: ignore[union-attr]
    alice.team.save()  # type: ignore[union-attr]
    shown = alice_client.get("/leads/new/").context["form"]
    assert (shown["currency"].value(), shown["visibility"].value()) == ("CHF", "everyone")


@pytest.mark.parametrize(
    ("values", "sentence"), [({"title": ""}, "Give the lead a title"), ({"email": "nobody"}, "This is not an email address.")]
)
def test_faults_are_told_in_sentences(values: dict[str, str], sentence: str, alice: User, alice_client: Client) -> None:
    answer = alice_client.post("/leads/new/", form(alice, **values))
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not Lead.objects.exists()


def test_what_was_typed_is_offered_again_and_changes_are_noted(alice: User, lead: Lead, alice_client: Client) -> None:
    shown = alice_client.get(f"/leads/{lead.pk}/edit/").content.decode()
    assert 'value="Hanne Lund"' in shown
    assert '<option value="Trade fair">' in shown
    values = form(alice, person="Hanne Lund", organisation="Fjordfisk AS", email=lead.email, phone=lead.phone, source="Referral")
    alice_client.post(f"/leads/{lead.pk}/edit/", {**values, "job_title": "Quality"})
    assert told(lead, alice) == ["Organisation’s name: Fjordfisk → Fjordfisk AS · Source: Website → Referral"]


def test_the_inbox_shows_the_newest_first_and_is_narrowed_by_owner_source_and_words(
    alice: User, bob: User, lead: Lead, alice_client: Client
) -> None:
    later = timezone.now() + timedelta(minutes=1)
    Lead.objects.create(owner=bob, title="Met at the fair", source="Trade fair", created_at=later)
    assert titles(alice_client) == ["Met at the fair", "Asks about sensors"]
    mine = {"field": "owner", "is": "any_of", "value": ["me"]}
    fair = {"field": "source", "is": "is", "value": "Trade fair"}
    assert titles(alice_client, filter=json.dumps({"all": [mine]})) == ["Asks about sensors"]
    assert titles(alice_client, filter=json.dumps({"all": [fair]})) == ["Met at the fair"]
    assert titles(alice_client, q="hanne fjord") == ["Asks about sensors"]
    assert titles(alice_client, sort="title") == ["Asks about sensors", "Met at the fair"]


def test_the_inbox_takes_the_same_few_queries_for_many(alice: User, lead: Lead, alice_client: Client) -> None:
    few = count_queries(alice_client, "/leads/")
    Lead.objects.bulk_create(Lead(owner=alice, title=f"Lead {n}") for n in range(40))
    assert count_queries(alice_client, "/leads/") == few


def test_empty_views_teach(alice_client: Client) -> None:
    for query, sentence in (({}, "No leads yet"), ({"status": "archived"}, "brought back from here"), ({"q": "x"}, "matches “x”")):
        assert sentence in alice_client.get("/leads/", query).content.decode()


def test_the_tab_counts_what_waits(alice: User, lead: Lead, alice_client: Client) -> None:
    Lead.objects.create(owner=alice, title="Old", archived_at=timezone.now())
    for page in ("/deals/", "/deals/list/", "/leads/"):
        assert 'Leads <span class="tab-count">1</span>' in alice_client.get(page).content.decode()


def test_an_archived_lead_leaves_the_inbox_and_comes_back(alice: User, lead: Lead, alice_client: Client) -> None:
    alice_client.post(f"/leads/{lead.pk}/archive/", {"archived": "1"})
    assert (titles(alice_client), titles(alice_client, status="archived")) == ([], ["Asks about sensors"])
    assert "Back to the inbox" in alice_client.get(f"/leads/{lead.pk}/").content.decode()
    alice_client.post(f"/leads/{lead.pk}/archive/", {"archived": "0"})
    assert titles(alice_client) == ["Asks about sensors"]
    assert told(lead, alice) == ["Back in the inbox", "Archived"]


def test_the_page_of_a_lead_plans_and_notes_like_any_other(alice: User, lead: Lead, alice_client: Client) -> None:
    page = alice_client.get(f"/leads/{lead.pk}/").content.decode()
    for words in ("/mail/compose", f"lead={lead.pk}", "Save note", "Plan activity", "Convert to a deal"):
        assert words in page, words
    alice_client.post("/notes/new/", {"lead": lead.pk, "text": "Salt water?"})
    alice_client.post("/activities/plan/", {"lead": lead.pk, "subject": "Call Hanne", "kind": "call", "due_at": "2026-12-01T10:00"})
    assert Note.objects.get().lead == lead
    assert Activity.objects.get().lead == lead


def test_an_edit_of_an_activity_keeps_it_with_its_lead(alice: User, lead: Lead, alice_client: Client) -> None:
    call = Activity.objects.create(owner=alice, lead=lead, subject="Call", kind="call", due_at=timezone.now())
    values = {"subject": "Call her", "kind": "call", "due_at": "2026-12-01T10:00", "owner": alice.pk}
    alice_client.post(f"/activities/{call.pk}/edit/", values)
    call.refresh_from_db()
    assert (call.subject, call.lead) == ("Call her", lead)


@pytest.mark.parametrize("page", ["", "edit/", "delete/", "convert/"])
def test_an_outsider_finds_no_lead(page: str, charlie: User, lead: Lead) -> None:
    client = client_of(charlie)
    assert client.get(f"/leads/{lead.pk}/{page}").status_code == 404
    assert titles(client) == []


def test_an_outsider_can_do_nothing(charlie: User, lead: Lead, stages: list[Stage]) -> None:
    client = client_of(charlie)
    for verb, values in (
        ("edit", form(charlie)),
        ("archive", {"archived": "1"}),
        ("convert", converting(charlie, stages[0])),
        ("delete", {}),
    ):
        assert client.post(f"/leads/{lead.pk}/{verb}/", values).status_code == 404, verb
    assert leads.waiting(Lead.objects.all()).count() == 1
    assert not Deal.objects.exists()


def test_the_conversion_is_filled_in_with_names_that_become_contacts(alice: User, lead: Lead, alice_client: Client) -> None:
    page = alice_client.get(f"/leads/{lead.pk}/convert/").content.decode()
    for words in (
        'value="Asks about sensors"',
        'value="Hanne Lund"',
        'value="Fjordfisk"',
        'value="5000.00"',
        "A new contact is created with",
    ):
        assert words in page, words


def test_a_conversion_makes_a_contact_an_organisation_and_a_deal_in_one_step(
    alice: User, lead: Lead, stages: list[Stage], alice_client: Client
) -> None:
    values = converting(alice, stages[1], next_subject="Call Hanne", next_kind="call", next_due_at="2026-12-01T10:00")
    answer = alice_client.post(f"/leads/{lead.pk}/convert/", values)
    deal = Deal.objects.get()
    assert answer.headers["Location"] == deal.get_absolute_url()
    assert (deal.title, deal.value, deal.stage, deal.visibility) == ("Asks about sensors", Decimal(5_000), stages[1], "team")
    person, organisation = Person.objects.get(), Organisation.objects.get()
    assert (deal.person, deal.organisation, person.organisation) == (person, organisation, organisation)
    assert (person.name, person.email, person.phone, person.job_title) == (lead.person_name, lead.email, lead.phone, "Quality")
    assert (organisation.name, organisation.domain) == ("Fjordfisk", "fjordfisk.example")
    assert (Activity.objects.get().deal, Activity.objects.get().person) == (deal, person)
    lead.refresh_from_db()
    assert (lead.deal, lead.converted_by, lead.person, lead.organisation) == (deal, alice, person, organisation)


def test_a_known_address_links_the_contact_who_has_it_as_a_further_one_too(
    alice: User, lead: Lead, boris: Person, acme: Organisation, stages: list[Stage], alice_client: Client
) -> None:
    boris.points.create(kind="email", value="Hanne@Fjordfisk.example", folded="hanne@fjordfisk.example")
    assert "Has this address already:" in alice_client.get(f"/leads/{lead.pk}/").content.decode()
    shown = alice_client.get(f"/leads/{lead.pk}/convert/").context["form"]
    assert shown.initial["person"] == boris
    alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stages[0]) | {"person": boris.name, "person-pk": boris.pk})
    assert Deal.objects.get().person == boris
    assert Person.objects.count() == 1


def test_a_contact_who_is_picked_learns_the_address_under_which_the_lead_came(
    alice: User, lead: Lead, boris: Person, stages: list[Stage], alice_client: Client
) -> None:
    alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stages[0]) | {"person": boris.name, "person-pk": boris.pk})
    assert list(Person.objects.with_address([lead.email])) == [boris]
    assert FieldChange.objects.filter(person=boris, field="emails").exists()


@pytest.mark.parametrize("values", [{"name": "fjordfisk"}, {"name": "Fish & Co", "domain": "fjordfisk.example"}])
def test_an_organisation_is_found_by_its_name_or_its_domain(values: dict[str, str], alice: User, lead: Lead, alice_client: Client) -> None:
    known = Organisation.objects.create(owner=alice, **values)
    assert alice_client.get(f"/leads/{lead.pk}/convert/").context["form"].initial["organisation"] == known


def test_a_hidden_contact_is_not_offered(charlie: User, lead: Lead, alice_client: Client) -> None:
    Person.objects.create(owner=charlie, name="Hidden", email=lead.email, visibility=Visibility.OWNER)
    page = alice_client.get(f"/leads/{lead.pk}/convert/")
    assert page.context["form"].initial["person"] == "Hanne Lund"
    assert "Hidden" not in page.content.decode()


def test_what_was_said_and_planned_shows_on_both(alice: User, bob: User, lead: Lead, stages: list[Stage], alice_client: Client) -> None:
    now = timezone.now()
    note = Note.objects.create(author=alice, lead=lead, text="Salt water?")
    call = Activity.objects.create(owner=alice, lead=lead, subject="Call", kind="call", due_at=now, done_at=now)
    leads.change_lead(lead=lead, contact=leads.Contact(person_name="Hanne Lund-Berg"), actor=alice, now=now)
    tag = Tag.objects.create(name="Salt")
    lead.tags.add(tag)
    lead.followers.add(bob)
    alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stages[0]))
    deal = Deal.objects.get()
    note.refresh_from_db()
    call.refresh_from_db()
    assert (note.deal, note.lead, call.deal, call.lead) == (deal, lead, deal, lead)
    assert (list(deal.tags.all()), list(deal.followers.all())) == ([tag], [bob])
    both = {"Salt water?", "Call", "Name: Hanne Lund → Hanne Lund-Berg · Organisation’s name: “Fjordfisk” removed"}
    assert both < set(told(lead, alice))
    assert both < set(told(deal, alice))
    assert "Converted into the deal “Asks about sensors”" in told(lead, alice)
    assert "Came from the lead “Asks about sensors”" in told(deal, alice)


def test_a_converted_lead_is_read_only_and_leads_to_its_deal(alice: User, lead: Lead, stages: list[Stage], alice_client: Client) -> None:
    alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stages[0]))
    deal = Deal.objects.get()
    page = alice_client.get(f"/leads/{lead.pk}/").content.decode()
    assert f'href="{deal.get_absolute_url()}"' in page
    assert "Alice Ahrens made a deal of this lead" in page
    assert not any(words in page for words in ("Convert to a deal", "/edit/", 'id="compose"'))
    assert f'href="{lead.get_absolute_url()}"' in alice_client.get(deal.get_absolute_url()).content.decode()
    assert (titles(alice_client), titles(alice_client, status="converted")) == ([], ["Asks about sensors"])


@pytest.mark.parametrize("verb", ["convert", "edit", "archive"])
def test_a_converted_lead_is_neither_converted_again_nor_changed(
    verb: str, alice: User, lead: Lead, stages: list[Stage], alice_client: Client
) -> None:
    alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stages[0]))
    answer = alice_client.post(f"/leads/{lead.pk}/{verb}/", converting(alice, stages[0], archived="1"), follow=True)
    assert "has been converted already." in answer.content.decode()
    assert Deal.objects.count() == 1
    lead.refresh_from_db()
    assert lead.archived_at is None


def test_two_who_convert_at_once_make_one_deal(alice: User, lead: Lead, stages: list[Stage]) -> None:
    stale = Lead.objects.get(pk=lead.pk)
    common: dict[str, Any] = {"person": None, "organisation": None, "actor": alice, "now": timezone.now()}
    leads.convert_lead(lead=lead, deal=Deal(owner=alice, title="One", stage=stages[0]), **common)
    with pytest.raises(leads.Converted):
        leads.convert_lead(lead=stale, deal=Deal(owner=alice, title="Two", stage=stages[0]), **common)
    assert Deal.objects.count() == 1


def test_a_next_step_without_a_time_is_asked_for_it_and_nothing_is_made(
    alice: User, lead: Lead, stages: list[Stage], alice_client: Client
) -> None:
    answer = alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stages[0], next_subject="Call", next_due_at=""))
    assert (answer.status_code, "Choose when it is due." in answer.content.decode()) == (422, True)
    assert not Person.objects.exists()
    assert not Deal.objects.exists()


def test_a_lead_goes_into_a_stage_of_any_pipeline(alice: User, lead: Lead, stages: list[Stage], alice_client: Client) -> None:
    stage = Pipeline.objects.create(name="Renewals", position=1).stages.create(name="Due")
    assert '<optgroup label="Renewals">' in alice_client.get(f"/leads/{lead.pk}/convert/").content.decode()
    alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stage))
    assert Deal.objects.get().stage == stage


def test_deleting_the_lead_leaves_its_story_with_the_deal(alice: User, lead: Lead, stages: list[Stage], alice_client: Client) -> None:
    leads.change_lead(lead=lead, contact=leads.Contact(person_name="Hanne"), actor=alice, now=timezone.now())
    Note.objects.create(author=alice, lead=lead, text="Salt water?")
    alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stages[0]))
    alice_client.post(f"/leads/{lead.pk}/delete/")
    deal = Deal.objects.get()
    assert {"Salt water?", "Name: Hanne Lund → Hanne · Organisation’s name: “Fjordfisk” removed"} < set(told(deal, alice))


def test_deleting_the_deal_leaves_the_lead_its_story(alice: User, lead: Lead, stages: list[Stage], alice_client: Client) -> None:
    Note.objects.create(author=alice, lead=lead, text="Salt water?")
    leads.archive_lead(lead=lead, actor=alice, now=timezone.now())
    alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stages[0]))
    alice_client.post(f"/deals/{Deal.objects.get().pk}/delete/")
    assert {"Salt water?", "Archived"} < set(told(lead, alice))
    assert "The deal was deleted since." in alice_client.get(f"/leads/{lead.pk}/").content.decode()


def test_deleting_asks_first_and_takes_the_leads_own_notes(alice: User, lead: Lead, alice_client: Client) -> None:
    Note.objects.create(author=alice, lead=lead, text="x")
    page = alice_client.get(f"/leads/{lead.pk}/delete/").content.decode()
    assert "1 note goes with it." in page
    alice_client.post(f"/leads/{lead.pk}/delete/")
    assert not Lead.objects.exists()
    assert not Note.objects.exists()


def test_whoever_hands_a_lead_over_that_they_do_not_see_then_lands_in_the_inbox(
    alice: User, bob: User, lead: Lead, alice_client: Client
) -> None:
    answer = alice_client.post(f"/leads/{lead.pk}/edit/", form(bob, visibility="owner"), follow=True)
    assert (answer.status_code, answer.redirect_chain[-1][0]) == (200, "/leads/")


def test_lead_and_deal_each_say_once_that_it_was_converted(alice: User, lead: Lead, stages: list[Stage], alice_client: Client) -> None:
    alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stages[0]))
    assert [line.deal or line.lead for line in TimelineEntry.objects.filter(kind="converted").order_by("pk")] == [lead, Deal.objects.get()]


def test_a_converted_lead_stays_as_it_was_whatever_is_sent(alice: User, lead: Lead, stages: list[Stage], alice_client: Client) -> None:
    alice_client.post(f"/leads/{lead.pk}/convert/", converting(alice, stages[0]))
    for address, values in (
        (f"/fields/lead/{lead.pk}/source/", {"value": "Other"}),
        (f"/records/lead/{lead.pk}/archive/", {}),
        (f"/records/lead/{lead.pk}/tags/", {"add": "Hot"}),
    ):
        assert alice_client.post(address, values).status_code == 404
    begun = alice_client.post("/lists/lead/bulk/", {"verb": "set", "pick": [lead.pk]})["Location"]
    alice_client.post(begun, {"field": "source", "value": "Other"})
    assert alice_client.get(begun).context["preview"].reasons == [(1, "closed")]
    alice_client.post(f"{begun}run/")
    lead.refresh_from_db()
    assert (lead.source, lead.archived_at, lead.tags.exists()) == ("Website", None, False)
