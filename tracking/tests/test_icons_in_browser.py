"""The icons in a real browser: cards on hover, focus and tap, inside the screen; fresh icons when something happened; axe."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from tests.accessibility import faults, violations
from tracking import draining, hits, settling
from tracking.instrument import add_copy, mark_dispatched, track
from tracking.models import Copy, Event, TrackedLink

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright_api = pytest.importorskip("playwright.sync_api")
EYE = "[data-tracked-kind=opens]"
LINK = "[data-tracked-kind=clicks]"
CARD = ".tracked-card:popover-open"
WIDTHS = [1440, 390]


@pytest.fixture
def sent(alice: User, spool: Any) -> Copy:
    """A copy of Alice's mail with one link."""
    mail = track(owner=alice, subject="Offer", url="/mail/7/", tracks_opens=True, tracks_links=True, now=timezone.now())
    TrackedLink.objects.create(mail=mail, number=0, target="https://x.test/prices", text="Prices")
    return add_copy(mail=mail)


@pytest.fixture(params=WIDTHS)
def page(request: Any, chromium: Any, live_server: Any, no_stream: None, settings: Any, alice: User, sent: Copy) -> Iterator[Any]:
    """A page of Alice's with the mail's icons at each edge; fails where it had an error or broke the content policy."""
    settings.SITE_HOST = live_server.url.partition("//")[2]
    signed_in = Client()
    signed_in.force_login(alice)
    context = chromium.new_context(
        reduced_motion="reduce", base_url=live_server.url, viewport={"width": request.param, "height": 700}, has_touch=request.param < 400
    )
    context.add_cookies([{"name": "candor_session", "value": signed_in.cookies["candor_session"].value, "url": live_server.url}])
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto("/privacy/")
    page.evaluate(
        """async (url) => {
            const main = document.querySelector("main"), html = async () => (await fetch(url)).text();
            main.innerHTML = `<div style="display:flex;justify-content:space-between"><p>${await html()}</p><p>${await html()}</p></div>`;
        }""",
        f"/tracking/{sent.mail_id}/icons/",
    )
    yield page
    assert problems == []
    context.close()


def happens(copy: Copy, kind: str) -> None:
    hit_id, now = hits.new_id(), timezone.now()
    hits.keep(hits.Hit(hit_id, kind, copy.public_id, 0, now.timestamp(), "GET", f"Thunderbird/{hit_id}", "203.0.113.9", {}, None))
    draining.drain(now=now)
    settling.settle(now=now + timedelta(seconds=11))


def tell(page: Any, copy: Copy) -> None:
    """What the live stream does in every open tab."""
    page.evaluate("(mail) => document.dispatchEvent(new CustomEvent('live:tracking', {detail: {mail}}))", copy.mail_id)


def is_inside(page: Any) -> bool:
    box = page.locator(CARD).bounding_box()
    return bool(box["x"] >= 0 and box["y"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"])


def opacity(page: Any, icon: str) -> str:
    return str(page.locator(f"{icon} svg").first.evaluate("(svg) => getComputedStyle(svg).opacity"))


def test_an_icon_turns_opaque_and_its_open_card_grows_by_itself(page, sent):
    expect = playwright_api.expect
    assert opacity(page, EYE) == "0.35"
    page.locator(EYE).first.click()
    expect(page.locator(CARD)).to_contain_text("Not opened, or images blocked A mail program that shows no images tells nothing.")
    for kind in ("open", "open", "click"):
        happens(sent, kind)
    tell(page, sent)

    expect(page.locator(f"{EYE}.is-seen")).to_have_count(2)
    expect(page.locator(CARD)).to_contain_text("Opened 2 times")
    expect(page.locator(f"{CARD} time")).to_have_count(2)
    expect(page.locator(f"{EYE} svg").first).to_have_css("opacity", "1")
    ids = page.locator(".tracked-card").evaluate_all("(cards) => cards.map((card) => card.id)")
    assert len(set(ids)) == 4
    page.locator(LINK).last.click()
    expect(page.locator(CARD)).to_contain_text("One link followed")
    expect(page.locator(CARD)).to_contain_text("https://x.test/prices")


def test_cards_stay_inside_the_screen_at_either_edge(page, sent):
    for icon in (page.locator(EYE).first, page.locator(LINK).last):
        icon.click()
        assert is_inside(page)
        assert icon.get_attribute("aria-expanded") == "true"
        icon.click()
        playwright_api.expect(page.locator(CARD)).to_have_count(0)
        assert icon.get_attribute("aria-expanded") == "false"


def test_a_card_opens_by_keyboard_and_closes_by_escape(page):
    page.locator(EYE).first.focus()
    page.keyboard.press("Tab")
    playwright_api.expect(page.locator(CARD).get_by_role("link", name="Every request and why")).to_be_focused()
    page.keyboard.press("Tab")
    playwright_api.expect(page.locator(CARD)).to_contain_text("No link followed yet")
    page.keyboard.press("Escape")
    playwright_api.expect(page.locator(CARD)).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    playwright_api.expect(page.locator(CARD)).to_contain_text("Not opened")


def test_a_card_opens_on_hover_and_goes_with_the_pointer_or_stays_when_clicked(page):
    expect = playwright_api.expect
    eye = page.locator(EYE).first
    eye.hover()
    expect(page.locator(CARD)).to_have_count(1)
    page.locator(CARD).hover()
    page.wait_for_timeout(300)  # longer than a card survives the pointer
    expect(page.locator(CARD)).to_have_count(1)
    page.mouse.move(300, 600)
    expect(page.locator(CARD)).to_have_count(0)
    eye.click()
    page.mouse.move(300, 600)
    page.wait_for_timeout(300)
    expect(page.locator(CARD)).to_have_count(1)
    page.mouse.click(300, 600)
    expect(page.locator(CARD)).to_have_count(0)


def test_the_card_leads_to_every_request_and_why_where_the_sender_knows_better(page, sent):
    expect = playwright_api.expect
    mark_dispatched(copy=sent, at=timezone.now() - timedelta(hours=1))
    happens(sent, "open")
    tell(page, sent)
    expect(page.locator(f"{EYE}.is-seen")).to_have_count(2)
    page.locator(EYE).first.click()
    page.locator(CARD).get_by_role("link", name="Every request and why").click()
    drawer = page.get_by_role("dialog", name="Openings and clicks")
    expect(drawer.get_by_text("A mail program as people use it")).to_be_visible()
    expect(page.locator(CARD)).to_have_count(0)
    assert violations(page, "#hits-drawer") == []

    drawer.get_by_role("button", name="This was me").focus()
    page.keyboard.press("Enter")
    expect(drawer.get_by_text("You said that this was you")).to_be_visible()
    expect(drawer.get_by_role("button", name="Take that back")).to_be_focused()
    tell(page, sent)
    expect(page.locator(f"{EYE}.is-seen")).to_have_count(0)
    expect(drawer.get_by_role("button", name="Take that back")).to_be_focused()  # though the list is fresh
    expect(page.locator(".htmx-request, .htmx-added, .htmx-settling")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(drawer.get_by_role("button", name="This was me")).to_be_focused()
    assert Event.objects.get().counts
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.locator(f"{EYE}:focus, .tracked-more:focus")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault(page, sent, theme):
    happens(sent, "open")
    tell(page, sent)
    playwright_api.expect(page.locator(f"{EYE}.is-seen")).to_have_count(2)
    page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme; }", theme)
    page.locator(EYE).first.click()
    page.wait_for_timeout(400)  # the icon has filled
    assert faults(page, "main") == []
