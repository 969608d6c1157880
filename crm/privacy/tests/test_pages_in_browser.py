"""The recipient's pages and the administrators' in a real browser: no script, no overflow, nothing serious for axe, by keyboard."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as ours
from django.core import mail as outbox

from crm.consent import ledger
from crm.privacy.models import Request
from crm.privacy.tests.delivered import link_in, mailed
from mail.tests.conftest import sign_in
from tests.accessibility import faults

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect = pytest.importorskip("playwright.sync_api").expect
LOOKS = [(1440, "light"), (390, "dark")]


@pytest.fixture
def browse(chromium, live_server, settings):
    """Opens contexts of a browser at the test's own site."""
    settings.SITE_HOST, contexts = live_server.url.partition("//")[2], []

    def open_one(width: int = 390, scheme: str = "light", **options: Any) -> Any:
        options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme, **options}
        contexts.append(chromium.new_context(base_url=live_server.url, **options))
        contexts[-1].route("**/live/**", lambda route: route.fulfill(status=204))
        page = contexts[-1].new_page()
        page.base_url = live_server.url
        return page

    yield open_one
    for context in contexts:
        context.close()


def wrong(page: Any, name: str) -> list[Any]:
    """What is wrong with the page as it stands; SCREENSHOTS may name a folder that it is kept in."""
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(os.environ["SCREENSHOTS"], f"{name}.png")), full_page=True)
    page.wait_for_load_state("load")
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*faults(page), *["too wide"] * wide]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_recipients_pages_hold_in_every_look(browse, copy, width, scheme):
    page = browse(width, scheme)
    page.goto(copy.page)
    assert wrong(page, f"page-{width}") == []
    page.get_by_role("button", name="Send me what is stored about me").click()
    page.get_by_role("button", name="Allow it").click()
    page.get_by_role("button", name="Do not track my reading").click()
    assert wrong(page, f"refused-{width}") == []
    for number, letter in enumerate(mailed()):
        page.goto(link_in(letter))
        assert wrong(page, f"link-{number}-{width}") == []
    page.goto("/p/ask/nothing-of-ours/")
    assert wrong(page, f"used-{width}") == []


def test_everything_works_without_script_and_by_keyboard(browse, copy):
    page = browse(java_script_enabled=False)
    page.goto(copy.page)
    page.get_by_role("button", name="Do not track my reading").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your reading is not tracked.")).to_be_visible()
    assert ledger.in_force(["boris@client.test"])["boris@client.test"].state == "refused"
    page.get_by_role("button", name="Allow it").press("Enter")
    (letter,) = mailed()
    page.goto(link_in(letter))
    page.get_by_role("button", name="Yes, you may").press("Enter")
    expect(page.get_by_text("Your yes is recorded.")).to_be_visible()
    page.goto(copy.page)
    page.get_by_role("button", name="Send me what is stored about me").press("Enter")
    page.goto(link_in(mailed()[-1]))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").press("Enter")
    assert download.value.suggested_filename == "data.zip"
    assert len(outbox.outbox) == 2


def test_a_shared_copy_asks_for_the_address(browse, delivered):
    (copy,) = delivered(cc="carla@other.test", tell_apart=False)
    page = browse()
    page.goto(copy.page)
    assert wrong(page, "shared") == []
    page.get_by_label("Your email address").fill("carla@other.test")
    page.get_by_role("button", name="Do not track my reading").click()
    expect(page.get_by_text("If this address got that mail")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_administrators_pages_hold_in_every_look(browse, copy, ada, width, scheme):
    page = browse(width, scheme)
    sign_in(page, ada)
    page.goto("/settings/privacy/requests/")
    assert wrong(page, f"requests-{width}") == []
    page.get_by_label("Email address").fill("boris@client.test")
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("link", name="Boris Ivanov")).to_be_visible()
    assert wrong(page, f"found-{width}") == []
    page.get_by_role("button", name="Erase the person").click()
    expect(page.get_by_role("heading", name="Erase this person?")).to_be_visible()
    assert "boris" not in page.url
    assert wrong(page, f"confirm-{width}") == []
    page.get_by_label("Note").fill("asked by phone")
    page.get_by_role("button", name="Erase the person").click()
    page.wait_for_url(f"**/{Request.objects.get().pk}/")
    assert wrong(page, f"receipt-{width}") == []
    assert ours.SITE_URL not in page.content()
