"""Pages of records in a real browser: dragging, the keyboard, suggestions, pieces that fetch themselves anew, axe."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.records import pipeline, timeline
from crm.records.models import Activity, ClosingReason, Deal, Lead, Note, Organisation, Person, Pipeline, Stage
from tests.accessibility import faults

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright_api = pytest.importorskip("playwright.sync_api")


@pytest.fixture
def tab(chromium: Any, live_server: Any, no_stream: None, settings: Any, alice: User) -> Iterator[Any]:
    """A tab in which Alice is signed in; fails where the page had an error or broke the content policy."""
    settings.SITE_HOST = live_server.url.partition("//")[2]
    signed_in = Client()
    signed_in.force_login(alice)
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": "candor_session", "value": signed_in.cookies["candor_session"].value, "url": live_server.url}])
    tab = context.new_page()
    tab.problems = []
    tab.on("pageerror", lambda error: tab.problems.append(str(error)))
    tab.on("console", lambda line: tab.problems.append(line.text) if "Content Security Policy" in line.text else None)
    yield tab
    assert tab.problems == []
    context.close()


def titles(tab: Any, stage: Stage) -> list[str]:
    return [text.strip() for text in tab.locator(f".cards[data-stage='{stage.pk}'] .deal-title").all_text_contents()]


def make(owner: User, stage: Stage, *names: str) -> list[Deal]:
    return [Deal.objects.create(owner=owner, title=name, stage=stage, position=n, value=100) for n, name in enumerate(names)]


def drag(tab: Any, title: str, onto: str) -> None:
    """Pull a card by hand onto the lower part of another one."""
    start, end = (tab.locator(".card-deal", has_text=text).bounding_box() for text in (title, onto))
    tab.mouse.move(start["x"] + 40, start["y"] + 20)
    tab.mouse.down()
    for step in range(1, 11):
        tab.mouse.move(
            start["x"] + 40 + (end["x"] - start["x"]) * step / 10,
            start["y"] + 20 + (end["y"] + end["height"] - 30 - start["y"]) * step / 10,
        )
    tab.mouse.move(end["x"] + 40, end["y"] + end["height"] - 8)
    tab.mouse.up()


def test_a_card_is_dragged_into_another_stage(tab: Any, alice: User, stages: list[Stage]) -> None:
    make(alice, stages[0], "Ash", "Birch")
    make(alice, stages[1], "Cedar", "Dogwood")
    tab.goto("/deals/")
    with tab.expect_response("**/move/") as answer:
        drag(tab, "Ash", "Cedar")
    assert answer.value.status == 200
    playwright_api.expect(tab.locator(".column").nth(1).locator("[data-count]")).to_have_text("3")
    playwright_api.expect(tab.locator(".column").nth(0).locator("[data-sum]")).to_have_text("€100")
    shown = titles(tab, stages[1])
    assert "Ash" in shown
    kept = Deal.objects.filter(stage=stages[1]).order_by("position", "pk").values_list("title", flat=True)
    assert list(kept) == shown, "the page shows the order that was saved"


def test_a_move_that_is_refused_goes_back_and_says_why(tab: Any, alice: User, bob: User, stages: list[Stage]) -> None:
    [ash, _birch] = make(alice, stages[0], "Ash", "Birch")
    make(alice, stages[1], "Cedar")
    tab.goto("/deals/")
    pipeline.move_deal(deal=ash, to=stages[4], actor=bob, now=timezone.now())
    with tab.expect_response("**/move/") as answer:
        drag(tab, "Ash", "Cedar")
    assert answer.value.status == 409
    playwright_api.expect(tab.get_by_text("Somebody has moved “Ash” to Negotiation meanwhile.")).to_be_visible()
    playwright_api.expect(tab.locator(f".cards[data-stage='{stages[4].pk}'] .deal-title")).to_have_text("Ash")
    assert titles(tab, stages[1]) == ["Cedar"]


def test_a_move_without_a_server_goes_back(tab: Any, alice: User, stages: list[Stage]) -> None:
    make(alice, stages[0], "Ash", "Birch")
    make(alice, stages[1], "Cedar")
    tab.goto("/deals/")
    tab.route("**/move/", lambda route: route.abort())
    drag(tab, "Ash", "Cedar")
    playwright_api.expect(tab.get_by_text("The card is back where it was.")).to_be_visible()
    assert titles(tab, stages[0]) == ["Ash", "Birch"]


def test_a_card_is_moved_by_the_keyboard(tab: Any, alice: User, stages: list[Stage]) -> None:
    make(alice, stages[0], "Ash")
    tab.goto("/deals/")
    button = tab.get_by_role("button", name="Move Ash to …")
    button.focus()
    tab.keyboard.press("Enter")
    playwright_api.expect(tab.get_by_role("menu", name="Move to")).to_be_visible()
    playwright_api.expect(tab.get_by_role("menuitem", name="Contacted")).to_be_focused()
    tab.keyboard.press("Escape")
    playwright_api.expect(button).to_be_focused()
    tab.keyboard.press("Enter")
    tab.keyboard.press("ArrowDown")
    with tab.expect_response("**/move/"):
        tab.keyboard.press("Enter")
    playwright_api.expect(tab.locator(f".cards[data-stage='{stages[2].pk}'] .deal-title")).to_have_text("Ash")
    assert Deal.objects.get().stage == stages[2]


def test_a_card_is_carried_by_the_arrow_keys_and_each_place_is_announced(tab: Any, alice: User, stages: list[Stage]) -> None:
    make(alice, stages[0], "Ash", "Birch")
    make(alice, stages[1], "Cedar", "Dogwood")
    tab.goto("/deals/")
    said = tab.locator("[data-announce]")
    tab.get_by_role("link", name="Ash", exact=True).focus()
    tab.keyboard.press("ArrowDown")
    playwright_api.expect(tab.get_by_role("link", name="Birch", exact=True)).to_be_focused()
    tab.keyboard.press("ArrowUp")
    with tab.expect_response("**/move/") as answer:  # one for the whole series
        tab.keyboard.press("Shift+ArrowRight")
        playwright_api.expect(said).to_have_text("Ash: Contacted, 1 of 3")
        tab.keyboard.press("Shift+ArrowDown")
        playwright_api.expect(said).to_have_text("Ash: Contacted, 2 of 3")
    assert answer.value.status == 200
    playwright_api.expect(tab.get_by_role("link", name="Ash", exact=True)).to_be_focused()
    kept = Deal.objects.filter(stage=stages[1]).order_by("position", "pk").values_list("title", flat=True)
    assert list(kept) == titles(tab, stages[1]) == ["Cedar", "Ash", "Dogwood"]
    tab.keyboard.press("Shift+ArrowLeft")
    tab.keyboard.press("Shift+ArrowLeft")
    playwright_api.expect(said).to_have_text("Ash is at the edge of the board.")


def test_a_card_dropped_on_lost_is_asked_why_and_stays_where_the_answer_is_refused(tab: Any, alice: User, stages: list[Stage]) -> None:
    make(alice, stages[0], "Ash", "Birch")
    ClosingReason.objects.get_or_create(outcome="lost", name="Competitor")
    tab.goto("/deals/")
    zone, dialog = tab.locator(".drop-lost"), tab.get_by_role("dialog")
    for _round in range(2):
        drop(tab, "Ash", zone)
        playwright_api.expect(dialog).to_contain_text("Lost: Ash")
        if _round == 0:
            dialog.get_by_role("button", name="Cancel").click()
            assert titles(tab, stages[0]) == ["Ash", "Birch"]
    dialog.get_by_role("button", name="Mark as lost").click()
    playwright_api.expect(dialog).to_contain_text("Say why it was lost")
    dialog.get_by_label("Competitor").check()
    dialog.get_by_role("button", name="Mark as lost").click()
    playwright_api.expect(tab.get_by_text("Ash: The deal was marked as lost.")).to_be_visible()
    assert titles(tab, stages[0]) == ["Birch"]
    playwright_api.expect(tab.locator("[data-total] [data-sum]")).to_have_text("€100")
    lost = Deal.objects.get(title="Ash")
    assert (lost.status, lost.closing_reason) == ("lost", "Competitor")


def drop(tab: Any, title: str, onto: Any) -> None:
    """Pull a card by hand into a zone that shows while one pulls."""
    start = tab.locator(".card-deal", has_text=title).bounding_box()
    tab.mouse.move(start["x"] + 40, start["y"] + 20)
    tab.mouse.down()
    tab.mouse.move(start["x"] + 60, start["y"] + 60, steps=4)
    playwright_api.expect(tab.locator("body.is-dragging")).to_have_count(1)
    end = onto.bounding_box()
    for step in range(20):  # a hand takes its time
        tab.mouse.move(end["x"] + end["width"] / 2 + step, end["y"] + end["height"] / 2, steps=2)
        tab.wait_for_timeout(30)
    playwright_api.expect(onto.locator("[data-deal]")).to_have_count(1)
    tab.mouse.up()


def test_the_search_box_finds_while_one_types(tab: Any, acme: Organisation, boris: Person) -> None:
    tab.goto("/people/")
    tab.keyboard.press("/")
    tab.keyboard.type("bor")
    options = tab.get_by_role("option")
    playwright_api.expect(options.first).to_contain_text("Boris Ivanov")
    box = tab.get_by_role("combobox", name="Search", exact=True)
    playwright_api.expect(box).to_have_attribute("aria-expanded", "true")
    tab.keyboard.press("ArrowDown")
    playwright_api.expect(options.first).to_have_attribute("aria-selected", "true")
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"**{boris.get_absolute_url()}")


def test_enter_without_a_choice_opens_the_page_of_results(tab: Any, boris: Person) -> None:
    tab.goto("/people/")
    tab.keyboard.press("/")
    tab.keyboard.type("bor")
    playwright_api.expect(tab.get_by_role("option").first).to_be_visible()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search/?q=bor")


def test_a_list_is_searched_while_one_types(tab: Any, alice: User, boris: Person) -> None:
    Person.objects.create(owner=alice, name="Clara Weiss")
    tab.goto("/people/")
    tab.get_by_role("searchbox", name="Search people").type("clara")
    playwright_api.expect(tab.locator("tbody tr")).to_have_count(1)
    assert tab.url.endswith("?q=clara")


def test_an_organisation_is_picked_or_created_by_typing(tab: Any, acme: Organisation) -> None:
    tab.goto("/people/new/")
    tab.get_by_label("Name").fill("Clara Weiss")
    box = tab.get_by_role("combobox", name="Organisation")
    box.type("acm")
    tab.get_by_role("option", name="Acme Tools").click()
    playwright_api.expect(box).to_have_value("Acme Tools")
    tab.get_by_role("button", name="Save").click()
    tab.wait_for_url("**/people/*/")
    assert Person.objects.get().organisation == acme
    tab.goto("/people/new/")
    tab.get_by_label("Name").fill("Dora")
    tab.get_by_role("combobox", name="Organisation").type("Brand New")
    tab.get_by_role("option", name="Create “Brand New”").click()
    tab.get_by_role("button", name="Save").click()
    playwright_api.expect(tab.get_by_role("heading", name="Dora")).to_be_visible()
    assert Organisation.objects.filter(name="Brand New").exists()


def test_a_note_and_an_activity_show_up_without_a_reload(tab: Any, deal: Deal) -> None:
    tab.goto(deal.get_absolute_url())
    tab.evaluate("window.isSamePage = true")
    tab.get_by_role("tab", name="Note").click()
    tab.locator("[data-note-box] [contenteditable=true]").click()  # there once the editor is
    tab.keyboard.type("They want it before Christmas.")
    tab.keyboard.press("Control+Enter")
    playwright_api.expect(tab.locator("#timeline .note-text")).to_have_text("They want it before Christmas.")
    tab.get_by_role("tab", name="Activity").click()
    tab.get_by_label("Subject").last.fill("Call Boris")
    tab.get_by_role("button", name="Plan activity").click()
    playwright_api.expect(tab.locator("#focus .activity-subject-link")).to_have_text("Call Boris")
    tab.get_by_role("button", name="Done: Call Boris").click()
    playwright_api.expect(tab.locator("#timeline .line-activity")).to_contain_text("Done: Call Boris")
    playwright_api.expect(tab.get_by_text("Nothing is planned here.")).to_be_visible()
    assert tab.evaluate("window.isSamePage") is True


def test_the_timeline_fetches_itself_anew_when_something_was_opened(tab: Any, alice: User, deal: Deal) -> None:
    tab.goto(deal.get_absolute_url())
    timeline.log(kind="opened", text="Boris opened it", deal=deal, only_for=alice)
    tab.evaluate("document.dispatchEvent(new CustomEvent('live:tracking', {detail: {mail: 1}}))")
    playwright_api.expect(tab.locator("#timeline")).to_contain_text("Boris opened it")


def test_what_happens_while_the_timeline_is_fetched_is_not_missed(tab: Any, alice: User, deal: Deal) -> None:
    waiting: list[Any] = []
    tab.goto(deal.get_absolute_url())
    tab.route("**/timeline/**", lambda route: route.continue_() if waiting else waiting.append(route))
    tab.evaluate("document.body.dispatchEvent(new CustomEvent('records:changed'))")
    while not waiting:
        tab.wait_for_timeout(20)
    timeline.log(kind="opened", text="Boris opened it", deal=deal, only_for=alice)
    tab.evaluate("document.body.dispatchEvent(new CustomEvent('records:changed'))")
    waiting[0].fulfill(body='<div id="timeline"><p>Of before</p></div>')  # what the first request would have been told
    playwright_api.expect(tab.locator("#timeline")).to_contain_text("Boris opened it")
    playwright_api.expect(tab.locator("#timeline > nav")).to_have_count(1)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_no_page_has_a_serious_fault_for_those_who_cannot_see_or_point(
    scheme: str, width: int, tab: Any, alice: User, acme: Organisation, boris: Person, deal: Deal, call: Activity, note: Note
) -> None:
    Activity.objects.create(owner=alice, subject="Overdue", deal=deal, due_at=timezone.now() - timedelta(days=1))
    tab.set_viewport_size({"width": width, "height": 900})
    tab.emulate_media(color_scheme=scheme)
    deal.participants.add(Person.objects.create(owner=alice, name="Carla", email="carla@acme-tools.example"))
    Pipeline.objects.create(name="Renewals", position=1).stages.create(name="Due")
    lead = Lead.objects.create(owner=alice, title="Asks", person_name="Hanne", email="hanne@fjord.example", source="Website")
    record_pages = [record.get_absolute_url() for record in (acme, boris, deal, lead)]
    lists = [
        "/people/",
        "/organisations/",
        "/deals/",
        "/deals/list/",
        "/leads/",
        "/activities/",
        "/search/?q=acme",
        "/insights/",
        "/people/?q=zzz",
    ]
    forms = [
        "/people/new/",
        "/organisations/new/",
        "/deals/new/",
        f"/deals/{deal.pk}/edit/",
        "/leads/new/",
        f"/leads/{lead.pk}/convert/",
        "/activities/new/",
        f"/deals/{deal.pk}/delete/",
        f"/activities/{call.pk}/",
    ]
    for address in (*record_pages, *lists, *forms):
        tab.goto(address)
        tab.wait_for_load_state("load")
        playwright_api.expect(tab.locator(".htmx-request")).to_have_count(0)  # pieces that load by themselves are there
        assert faults(tab) == [], address
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{address} is wider than the screen"
