"""What the demo shows a newcomer: one browser, Candor in one tab, the recipient's own mailbox in the other."""

import uuid
from typing import Any

import pytest

from scripts.demo_process import Demo
from tests.journeys.test_main_job import BORIS, add_link

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]


def sign_in_by_the_demo_s_hint(page: Any, demo: Demo) -> None:
    """One click on the first of the demo's users."""
    page.goto(demo.site)
    page.get_by_role("button", name="Anna Lindqvist").click()
    page.wait_for_url("**/mail/*/")


def send_to_boris(page: Any, demo: Demo, subject: str) -> None:
    page.goto(f"{demo.site}/mail/sent/")
    page.get_by_role("button", name="Compose").click()
    page.locator(".composer.is-ready").wait_for()
    form = page.locator("[data-composer]").last
    form.get_by_role("textbox", name="To", exact=True).fill(BORIS)
    form.get_by_role("textbox", name="To", exact=True).press("Enter")
    form.get_by_role("textbox", name="Subject", exact=True).fill(subject)
    form.get_by_role("textbox", name="Message body", exact=True).click()
    page.keyboard.type("Dear Boris, see our ")
    add_link(page, form, "prices", f"http://brightwater.localhost:{demo.port}/site/pricing/")
    form.get_by_role("button", name="Send", exact=True).click()
    page.locator("[data-mail-row]").filter(has_text=subject).wait_for()  # Sent shows it by itself


def test_the_sender_s_own_browser_opens_boris_s_inbox_and_both_icons_turn_opaque(demo: Demo, context: Any) -> None:
    subject = f"Two tabs {uuid.uuid4().hex[:8]}"
    candor = context.new_page()
    sign_in_by_the_demo_s_hint(candor, demo)
    with context.expect_page() as opened:
        candor.get_by_role("link", name="Boris’s view").click()
    inbox = opened.value
    inbox.get_by_text("This is Boris Petrov’s own mailbox in the demo").wait_for()
    assert inbox.url.startswith(f"{demo.tracking}/inboxes/")

    send_to_boris(candor, demo, subject)
    row = candor.locator("[data-mail-row]").filter(has_text=subject)
    row.locator("[data-tracked-kind=opens]").wait_for()
    assert row.locator(".is-seen").count() == 0

    inbox.bring_to_front()
    inbox.get_by_role("link").filter(has_text=subject).click()  # it has come without a reload
    body = inbox.frame_locator("iframe")
    body.get_by_text("Dear Boris").wait_for()
    row.locator("[data-tracked-kind=opens].is-seen").wait_for(state="attached")
    assert row.locator("[data-tracked-kind=clicks].is-seen").count() == 0

    with context.expect_page() as followed:
        body.get_by_role("link", name="prices").click()
    followed.value.get_by_role("heading", name="Pricing").wait_for()
    assert followed.value.url == f"http://brightwater.localhost:{demo.port}/site/pricing/"
    candor.bring_to_front()
    row.locator("[data-tracked-kind=clicks].is-checking").wait_for()  # for some ten seconds: was it a person?
    assert row.locator("[data-tracked-kind=clicks].is-seen").count() == 0
    row.locator("[data-tracked-kind=clicks].is-seen").wait_for()
    assert row.locator(".is-checking").count() == 0


def test_reading_boris_s_mail_in_candor_itself_counts_as_nothing(demo: Demo, context: Any) -> None:
    subject = f"Own eyes {uuid.uuid4().hex[:8]}"
    candor = context.new_page()
    sign_in_by_the_demo_s_hint(candor, demo)
    send_to_boris(candor, demo, subject)
    row = candor.locator("[data-mail-row]").filter(has_text=subject)
    row.locator("[data-tracked-kind=opens]").wait_for()
    requests: list[str] = []
    candor.on("request", lambda request: requests.append(request.url))
    row.get_by_text(subject).click()
    candor.wait_for_url("**/mail/threads/**")
    candor.wait_for_load_state("load")
    assert not [url for url in requests if "/i/" in url or "/l/" in url]
