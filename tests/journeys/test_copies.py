"""Several recipients: a copy for each, so that an opening has a name; or one for all, which names nobody."""

import re
import uuid
from typing import Any

import pytest

from scripts.demo_process import Demo
from tests.journeys import delivered
from tests.journeys.browser import sign_in
from tests.journeys.test_main_job import ANNA, BORIS, CC, PASSWORD, compose

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]
CARD = ".tracked-card:popover-open"


def write_to_both(page: Any, demo: Demo, subject: str) -> Any:
    """A new mail to Boris, with Carla in Cc; answers its form."""
    page.goto(f"{demo.site}/mail/sent/")
    page.get_by_role("button", name="Compose").click()
    page.locator(".composer.is-ready").wait_for()
    compose(page, subject, cc=CC)
    return page.locator("[data-composer]").last


def row_of(page: Any, subject: str) -> Any:
    row = page.locator("[data-mail-row]").filter(has_text=subject)
    row.locator("[data-tracked-kind=opens]").wait_for()
    return row


def test_each_copy_s_opening_has_a_name_and_the_sender_can_correct_it(demo: Demo, context: Any) -> None:
    subject = f"Apart {uuid.uuid4().hex[:8]}"
    page = context.new_page()
    sign_in(page, demo, ANNA, PASSWORD)
    form = write_to_both(page, demo, subject)
    assert form.get_by_role("button", name="Tell recipients apart").get_attribute("aria-pressed") == "true"
    form.get_by_role("button", name="Send", exact=True).click()
    boris, carla = (delivered.wait_for_mail(demo, who, subject) for who in (BORIS, CC))
    for name in ("From", "To", "Cc", "Date", "Message-ID"):
        assert boris[name] == carla[name]
    assert delivered.pixel_of(boris) != delivered.pixel_of(carla)
    assert set(delivered.links_of(boris)).isdisjoint(delivered.links_of(carla))
    row = row_of(page, subject)
    assert page.locator("[data-mail-row]").filter(has_text=subject).count() == 1

    delivered.load(delivered.pixel_of(carla))
    row.locator("[data-tracked-kind=opens].is-seen").wait_for()
    row.locator("[data-tracked-kind=opens]").hover()
    words = " ".join(page.locator(CARD).inner_text().split())
    assert re.search(r"carla\.jensen@halvorsen\.test’s copy today \d\d:\d\d", words), words
    assert "Boris Petrov’s copy not opened, or images blocked" in words
    assert "A forwarded copy cannot be told apart from its owner’s." in words

    page.locator(CARD).get_by_role("link", name="Every request and why").click()
    drawer = page.get_by_role("dialog", name="Openings and clicks")
    drawer.get_by_text("Thunderbird").wait_for()
    drawer.get_by_role("button", name="This was me").click()
    drawer.get_by_text("You said that this was you").wait_for()
    row.locator("[data-tracked-kind=opens]:not(.is-seen)").wait_for(state="attached")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Sales Assistant").click()
    page.locator("#assistant-drawer [data-card]").first.wait_for()
    assert page.locator("#assistant-drawer").get_by_text(subject).count() == 0


def test_a_shared_copy_is_opened_by_someone_and_the_choice_sticks(demo: Demo, context: Any) -> None:
    subject = f"Shared {uuid.uuid4().hex[:8]}"
    page = context.new_page()
    sign_in(page, demo, ANNA, PASSWORD)
    form = write_to_both(page, demo, subject)
    form.get_by_role("button", name="Tell recipients apart").click()
    form.get_by_text("All 2 recipients get one and the same copy").wait_for()
    form.get_by_role("button", name="Send", exact=True).click()
    boris, carla = (delivered.wait_for_mail(demo, who, subject) for who in (BORIS, CC))
    assert delivered.pixel_of(boris) == delivered.pixel_of(carla)
    row = row_of(page, subject)

    delivered.load(delivered.pixel_of(boris))
    row.locator("[data-tracked-kind=opens].is-seen").wait_for()
    row.locator("[data-tracked-kind=opens]").hover()
    words = " ".join(page.locator(CARD).inner_text().split())
    assert "Someone opened it: several share this copy, so nobody can say who." in words
    assert "Boris" not in words
    assert "carla" not in words
    page.get_by_role("button", name="Sales Assistant").click()
    page.locator("#assistant-drawer").get_by_text(f"Someone opened “{subject}”").wait_for()
    page.locator("#assistant-drawer").get_by_role("button", name="Close").click()

    page.get_by_role("button", name="Compose").click()
    again = page.locator("[data-composer]").last.get_by_role("button", name="Tell recipients apart")
    assert again.get_attribute("aria-pressed") == "false"
    again.click()
    compose(page, f"{subject} again")
    page.locator("[data-composer]").last.get_by_role("button", name="Send", exact=True).click()
    delivered.wait_for_mail(demo, BORIS, f"{subject} again")  # leaves the choice as the next journey finds it
