"""The main job as a person does it: compose a tracked mail on a deal's page, see it opened and followed, be told at once."""

import re
import uuid
from typing import Any

import pytest

from scripts.demo_process import Demo
from tests.journeys import delivered
from tests.journeys.browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]

ANNA, TOM, MARTA, ADAM = (f"{name}@brightwater.test" for name in ("anna", "tom", "marta", "adam"))
PASSWORD = "candor-demo"
BORIS = "boris.petrov@northgate.test"
CC = "carla.jensen@halvorsen.test"


def compose(page: Any, subject: str, *, to: str = BORIS, cc: str = "") -> None:
    """Fill the composer that is open: two links by their words, as the editor writes them."""
    page.locator(".composer.is-ready").last.wait_for()
    form = page.locator("[data-composer]").last
    form.get_by_role("textbox", name="To", exact=True).fill(to)
    form.get_by_role("textbox", name="To", exact=True).press("Enter")
    if cc:
        form.get_by_role("textbox", name="Cc", exact=True).fill(cc)
        form.get_by_role("textbox", name="Cc", exact=True).press("Enter")
    form.get_by_role("textbox", name="Subject", exact=True).fill(subject)
    body = form.get_by_role("textbox", name="Message body", exact=True)
    body.click()
    page.keyboard.type("Hello Boris, here are the ")
    add_link(page, form, "proposal", "https://example.test/proposal?a=1&b=2#prices")
    page.keyboard.type(" and the ")
    add_link(page, form, "calendar", "https://example.test/calendar")
    page.keyboard.type(" for Thursday.")


def add_link(page: Any, form: Any, words: str, address: str) -> None:
    """Type the words, select them, link them."""
    page.keyboard.type(words)
    for _ in words:
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Control+k")
    page.keyboard.type(address)
    page.keyboard.press("Enter")
    page.keyboard.press("End")


def open_first_deal(page: Any, demo: Demo) -> None:
    page.goto(f"{demo.site}/deals/")
    page.locator("a[href^='/deals/']").filter(has_text=re.compile(r"\w")).first.wait_for()
    href = page.eval_on_selector_all(
        "a[href^='/deals/']", "links => links.map(a => a.getAttribute('href')).find(h => /^\\/deals\\/\\d+\\/$/.test(h))"
    )
    page.goto(demo.site + href)


def bell_count(page: Any) -> int:
    return int(page.locator("[data-bell-count]").inner_text() or 0)


def test_a_mail_from_a_deal_is_delivered_tracked_and_told(demo: Demo, context: Any, another_context: Any) -> None:
    subject = f"Proposal {uuid.uuid4().hex[:8]}"
    page = context.new_page()
    sign_in(page, demo, ANNA, PASSWORD)
    open_first_deal(page, demo)
    compose(page, subject, cc=CC)
    opens = page.get_by_role("button", name="Track email opening")
    links = page.get_by_role("button", name="Track link opening")
    assert opens.get_attribute("aria-pressed") == links.get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Send", exact=True).click()

    message = delivered.wait_for_mail(demo, BORIS, subject)
    assert delivered.wait_for_mail(demo, CC, subject)["Message-ID"] == message["Message-ID"]
    targets = delivered.links_of(message)
    assert len(targets) == 2
    assert all(target.startswith(f"{demo.tracking}/l/") for target in targets)
    assert demo.tracking not in delivered.text_of(message)

    page.goto(f"{demo.site}/mail/sent/")
    row = page.locator("[data-mail-row]").filter(has_text=subject)
    eye = row.locator("[data-tracked-kind=opens]")
    link = row.locator("[data-tracked-kind=clicks]")
    eye.wait_for()
    assert "is-seen" not in (eye.get_attribute("class") or "")
    eye.hover()
    row.get_by_text("Not opened, or images blocked").first.wait_for()
    before = bell_count(page)

    assert delivered.load(delivered.pixel_of(message))[0] == 200
    row.locator("[data-tracked-kind=opens].is-seen").wait_for()
    assert "is-seen" not in (link.get_attribute("class") or "")
    assert delivered.follow(targets[0]) == (302, "https://example.test/proposal?a=1&b=2#prices")
    row.locator("[data-tracked-kind=clicks].is-seen").wait_for()
    page.wait_for_function("before => Number(document.querySelector('[data-bell-count]').textContent) > before", arg=before)

    opacity = float(eye.evaluate("icon => getComputedStyle(icon).opacity"))
    assert opacity == 1
    eye.focus()
    page.locator(".tracked-card:popover-open, [data-tracked-card]").filter(
        has_text=re.compile("Opened once|Opened 1|opened")
    ).first.wait_for()
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Sales Assistant").click()
    page.locator("#assistant-drawer").get_by_text(subject).first.wait_for()
    page.keyboard.press("Escape")

    page.goto(f"{demo.site}/mail/sent/")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("option", name="Tracked emails").click()
    page.wait_for_url(re.compile(r"\?.*tracked"))
    page.locator("[data-mail-row]").filter(has_text=subject).wait_for()

    nobody_else_sees(demo, another_context, subject)


def nobody_else_sees(demo: Demo, context: Any, subject: str) -> None:
    """A colleague, a manager and an administrator: not on the deal, not in the feed, not in the search."""
    for email in (TOM, MARTA, ADAM):
        page = context.new_page()
        sign_in(page, demo, email, PASSWORD)
        for path in ("/deals/", "/mail/sent/?tracked=1", "/assistant/", f"/search/?q={subject}"):
            page.goto(demo.site + path)
            page.wait_for_load_state("networkidle") if path != "/assistant/" else page.wait_for_load_state()
            results = page.locator("main").inner_text().replace(f"“{subject}”", "")
            assert subject not in results, (email, path)
        context.clear_cookies()


def test_the_last_choice_is_the_default_of_the_next_mail(demo: Demo, context: Any) -> None:
    page = context.new_page()
    sign_in(page, demo, TOM, PASSWORD)
    for expected, click in (("true", True), ("false", False), ("false", True)):
        page.goto(f"{demo.site}/mail/inbox/")
        page.get_by_role("button", name="Compose").click()
        toggle = page.get_by_role("button", name="Track link opening")
        toggle.wait_for()
        assert toggle.get_attribute("aria-pressed") == expected
        if click:
            toggle.click()
        subject = f"Sticky {uuid.uuid4().hex[:8]}"
        compose(page, subject)
        page.get_by_role("button", name="Send", exact=True).click()
        message = delivered.wait_for_mail(demo, BORIS, subject)
        tracked = [link for link in delivered.links_of(message) if link.startswith(demo.tracking)]
        assert bool(tracked) is (toggle_state(expected, click) == "true")


def toggle_state(before: str, clicked: bool) -> str:
    return {"true": "false", "false": "true"}[before] if clicked else before


def test_what_cannot_be_sent_stays_and_says_why(demo: Demo, context: Any) -> None:
    subject = f"Refused {uuid.uuid4().hex[:8]}"
    page = context.new_page()
    sign_in(page, demo, ANNA, PASSWORD)
    page.get_by_role("button", name="Compose").click()
    compose(page, subject, to="refused@northgate.test")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Sending").first.wait_for()
    page.goto(f"{demo.site}/mail/outbox/")
    row = page.locator("[data-mail-row]").filter(has_text=subject)
    row.get_by_text("Not sent").first.wait_for()
    row.get_by_role("link").first.click()
    page.get_by_text("550").first.wait_for()
    page.get_by_role("button", name="Back to drafts").first.wait_for()
