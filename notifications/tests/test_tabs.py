"""Live events in a real browser: many tabs, one stream."""

import time
from typing import Any

import pytest

from notifications.tests.live_site import running

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("tabs")]
playwright_api = pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running("embedded", tmp_path_factory.mktemp("tabs")) as site:
        yield site


@pytest.fixture
def window(chromium, site, request):
    """A signed-in browser of a user of its own, `window.email`."""
    email = f"{request.node.name.replace('_', '-')[:40]}@acme.test"
    context = chromium.new_context(base_url=f"http://localhost:{site.port}")
    context.add_cookies([{"name": "candor_session", "value": site.tell(f"sign-in {email}"), "url": f"http://localhost:{site.port}"}])
    context.email = email
    context.problems = []
    context.on("console", lambda message: context.problems.append(message.text) if message.type == "error" else None)
    yield context
    assert context.problems == []
    context.close()


def open_tab(window: Any, address: str = "/privacy/") -> Any:
    tab = window.new_page()
    tab.goto(address)
    tab.wait_for_selector("body[data-live=reads], body[data-live=listens]")
    return tab


def wait_for_count(tab: Any, expected: object) -> None:
    playwright_api.expect(tab.get_by_role("button", name="Notifications", exact=True)).to_have_text(str(expected), timeout=3000)


def reading(tabs: list[Any]) -> list[Any]:
    return [tab for tab in tabs if tab.evaluate("document.body.dataset.live") == "reads"]


def test_eight_tabs_share_one_stream_and_all_stay_live(window, site):
    tabs = [open_tab(window) for _ in range(8)]
    assert len(reading(tabs)) == 1
    for number in range(1, 4):
        written = float(site.tell(f"card {window.email} news-{number}"))
        for tab in tabs:
            wait_for_count(tab, number)
        assert time.time() - written < 1.5
    begun = time.monotonic()
    tabs[3].goto("/assistant/")
    assert time.monotonic() - begun < 3


def test_another_tab_takes_over_when_the_reading_one_is_closed(window, site):
    tabs = [open_tab(window) for _ in range(3)]
    leader = reading(tabs)[0]
    others = [tab for tab in tabs if tab is not leader]
    leader.close()
    site.tell(f"card {window.email} after")
    for tab in others:
        wait_for_count(tab, 1)
    others[0].wait_for_timeout(300)
    assert len(reading(others)) == 1


def test_each_tab_hears_an_event_once(window, site):
    tabs = [open_tab(window) for _ in range(3)]
    for tab in tabs:
        tab.evaluate("window.heard = []; document.addEventListener('live:note', (e) => window.heard.push(e.detail.text))")
    for number in range(3):
        site.tell(f"push {window.email} {number}")
    late = open_tab(window)
    late.evaluate("window.heard = []; document.addEventListener('live:note', (e) => window.heard.push(e.detail.text))")
    site.tell(f"push {window.email} last")
    late.wait_for_timeout(900)
    assert [tab.evaluate("window.heard") for tab in tabs] == [["0", "1", "2", "last"]] * 3
    assert late.evaluate("window.heard") == ["last"]


def test_a_page_that_is_gone_back_to_is_live_again(window, site):
    tab = open_tab(window)
    tab.goto("/assistant/")
    site.tell(f"card {window.email} meanwhile")
    wait_for_count(tab, 1)
    tab.go_back()
    wait_for_count(tab, 1)
    site.tell(f"card {window.email} then")
    wait_for_count(tab, 2)


def test_a_card_slides_into_the_open_drawer_and_folds(window, site):
    tab = open_tab(window)
    tab.get_by_role("button", name="Sales Assistant", exact=True).click()
    drawer = tab.get_by_role("dialog", name="Sales Assistant")
    playwright_api.expect(drawer.get_by_text("Nothing to tell yet")).to_be_visible()
    site.tell(f"card {window.email} Proposal")
    playwright_api.expect(drawer.locator("[data-card]")).to_have_count(1, timeout=2000)
    site.tell(f"card {window.email} Proposal")
    playwright_api.expect(drawer.get_by_text("2×")).to_be_visible(timeout=2000)
    assert drawer.locator("[data-card]").count() == 1


def test_marking_all_as_seen_empties_the_bell_in_every_tab(window, site):
    tabs = [open_tab(window, "/assistant/") for _ in range(2)]
    site.tell(f"card {window.email} Proposal")
    for tab in tabs:
        wait_for_count(tab, 1)
    tabs[0].get_by_role("button", name="Mark all as seen").click()
    for tab in tabs:
        wait_for_count(tab, "")
        playwright_api.expect(tab.locator(".is-unseen")).to_have_count(0)


def test_opening_a_card_from_the_bell_marks_it_seen(window, site):
    tab = open_tab(window, "/assistant/")
    other = open_tab(window)
    site.tell(f"card {window.email} Proposal")
    wait_for_count(tab, 1)
    tab.get_by_role("button", name="Notifications", exact=True).click()
    tab.locator("[data-bell-item]").click()
    tab.wait_for_url("**/privacy/")
    wait_for_count(tab, "")
    wait_for_count(other, "")


def test_the_drawer_is_left_by_escape_and_focus_returns(window):
    tab = open_tab(window)
    button = tab.get_by_role("button", name="Sales Assistant", exact=True)
    button.click()
    drawer = tab.get_by_role("dialog", name="Sales Assistant")
    playwright_api.expect(drawer.get_by_text("Nothing to tell yet")).to_be_visible()
    playwright_api.expect(drawer).to_be_focused()
    for _ in range(12):
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement === document.body || Boolean(document.activeElement.closest('#assistant-drawer'))")
    tab.keyboard.press("Escape")
    playwright_api.expect(drawer).to_be_hidden()
    playwright_api.expect(button).to_be_focused()


def test_older_cards_join_their_day(window, site):
    site.tell(f"cards {window.email} 45")
    tab = open_tab(window, "/assistant/")
    assert tab.locator("[data-card]").count() == 40
    tab.get_by_role("link", name="Show older").click()
    playwright_api.expect(tab.locator("[data-card]")).to_have_count(45)
    days = tab.locator("[data-day]").evaluate_all("sections => sections.map(section => section.dataset.day)")
    assert len(days) == len(set(days))
    assert tab.get_by_role("link", name="Show older").count() == 0
