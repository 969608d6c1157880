"""Accounts, assistant, privacy, health and error pages in a real browser: no console error, no overflow, nothing serious for axe."""

from typing import Any

import pytest

from notifications.tests.live_site import running
from tests.accessibility import faults

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("pages")]
playwright_api = pytest.importorskip("playwright.sync_api")
OPEN_TO_ALL = [
    "/account/login/",
    "/account/password/reset/",
    "/account/password/reset/done/",
    "/account/password/reset/key/1-x/",
    "/account/signup/",
]
BEHIND_SIGN_IN = [
    "/settings/profile/",
    "/account/password/change/",
    "/account/logout/",
    "/settings/users/",
    "/settings/users/invite/",
    "/settings/users/{pk}/",
    "/settings/users/{pk}/hand-over/",
    "/settings/teams/",
    "/settings/teams/new/",
    "/settings/roles/",
    "/settings/roles/new/?copy=manager",
    "/settings/company/",
    "/account/security/",
    "/account/reauthenticate/",
    "/settings/health/",
    "/privacy/",
    "/settings/privacy/policy/",
    "/settings/privacy/policy/?try-email=anna@client.fr&try-user=1",
    "/settings/privacy/policy/rules/new/country/",
    "/settings/privacy/policy/rules/new/mailbox/",
    "/settings/privacy/policy/presets/france-italy/",
    "/settings/privacy/consent/",
    "/settings/privacy/consent/import/",
    "/settings/privacy/consent/set/",
    "/settings/privacy/record/",
    "/settings/audit/",
    "/settings/fields/",
    "/settings/fields/new/?of=deal",
    "/settings/tags/",
    "/settings/tags/new/",
    "/settings/pipelines/",
    "/settings/pipelines/1/",
    "/settings/pipelines/1/stages/new/",
    "/settings/reasons/",
    "/settings/reasons/new/lost/",
    "/settings/activity-kinds/",
    "/settings/activity-kinds/new/",
    "/people/new/",
    "/organisations/new/",
    "/duplicates/",
    "/settings/export/",
    "/import/",
    "/assistant/",
    "/settings/assistant/",
    "/settings/calendar/",
    "/activities/calendar/?mode=month",
    "/activities/calendar/?mode=week",
    "/activities/calendar/?mode=day",
    "/people/?columns=name,emails,tags,owner,next_activity,deal_count&list=all",
    "/bulk/",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running("embedded", tmp_path_factory.mktemp("pages")) as site:
        site.tell("make-admin ada@acme.test")
        for title in ("Boris opened “Proposal”", "Carla opened “Price list”"):
            site.tell(f"card ada@acme.test {title}")
        yield site


def browse(chromium: Any, site: Any, email: str = "", **options: Any) -> Any:
    context = chromium.new_context(base_url=f"http://localhost:{site.port}", **options)
    if email:
        context.add_cookies([{"name": "candor_session", "value": site.tell(f"sign-in {email}"), "url": f"http://localhost:{site.port}"}])
    return context


def complaints(page: Any) -> list[str]:
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_every_page_holds_in_every_look(chromium, site, width, theme):
    looks = {"viewport": {"width": width, "height": 900}, "color_scheme": theme, "reduced_motion": "reduce"}
    for email, addresses in (("", OPEN_TO_ALL), ("ada@acme.test", BEHIND_SIGN_IN)):
        context = browse(chromium, site, email, **looks)
        page = context.new_page()
        console = complaints(page)
        for address in addresses:
            page.goto(address.format(pk=1))
            page.wait_for_load_state("load")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
            assert faults(page) == [], address
        assert console == []
        context.close()


def test_signing_in_and_out_by_hand(chromium, site):
    context = browse(chromium, site)
    page = context.new_page()
    page.goto("/privacy/")
    page.get_by_label("Email").fill("ada@acme.test")
    page.get_by_label("Password").fill("pw")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/privacy/")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    playwright_api.expect(page.get_by_text("You are signed out.")).to_be_visible()
    context.close()


def test_the_look_is_chosen_in_the_profile_and_kept(chromium, site):
    context = browse(chromium, site, "ada@acme.test", color_scheme="light")
    page = context.new_page()
    page.goto("/settings/profile/")
    page.get_by_label("Dark", exact=True).check()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.goto("/privacy/")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    context.close()


def test_a_request_that_fails_says_so_and_keeps_the_page(chromium, site):
    context = browse(chromium, site, "ada@acme.test")
    page = context.new_page()
    page.goto("/assistant/")
    page.get_by_role("combobox", name="Search").fill("typed")
    toasts = page.locator("#toasts")
    page.route("**/assistant/cards/**", lambda route: route.abort())
    page.evaluate("htmx.ajax('GET', '/assistant/cards/', {target: '[data-cards]'}).catch(() => {})")
    playwright_api.expect(toasts).to_contain_text("The server could not be reached. What you typed is kept.")
    page.unroute("**/assistant/cards/**")
    page.route("**/assistant/cards/**", lambda route: route.fulfill(status=503, body="broken"))
    page.evaluate("htmx.ajax('GET', '/assistant/cards/', {target: '[data-cards]'}).catch(() => {})")
    playwright_api.expect(toasts).to_contain_text("That did not work.")
    page.unroute("**/assistant/cards/**")
    context.clear_cookies()
    page.evaluate("htmx.ajax('GET', '/assistant/cards/', {target: '[data-cards]'}).catch(() => {})")
    playwright_api.expect(toasts).to_contain_text("You are signed out.")
    assert page.get_by_role("combobox", name="Search").input_value() == "typed"
    playwright_api.expect(page.get_by_text("Boris opened “Proposal”")).to_be_visible()
    context.close()


def test_the_record_of_processing_is_printed_without_the_frame_around_it(chromium, site):
    context = browse(chromium, site, "ada@acme.test")
    page = context.new_page()
    page.goto("/settings/privacy/record/")
    page.emulate_media(media="print")
    playwright_api.expect(page.get_by_text("Categories of data")).to_be_visible()
    for frame in (".rail", ".topbar", ".settings-nav", "#assistant-drawer"):
        playwright_api.expect(page.locator(frame)).to_be_hidden()
    context.close()


def test_consent_is_imported_from_a_file_after_a_look_at_it(chromium, site):
    context = browse(chromium, site, "ada@acme.test")
    page = context.new_page()
    page.goto("/settings/privacy/consent/import/")
    table = "\r\nemail;state;date;note\r\nanna@import.test;granted;2026-04-03;Messe Köln\r\nnobody;granted;2026-04-03;x\r\n"
    page.get_by_label("File").set_input_files({"name": "fair.csv", "mimeType": "text/csv", "buffer": table.encode("utf-16")})
    page.get_by_role("button", name="Try it").click()
    playwright_api.expect(page.get_by_text("“nobody” is no email address.")).to_be_visible()
    page.get_by_role("button", name="Add 1 entry").click()
    playwright_api.expect(page.get_by_text("1 entry was added to the ledger.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the lines with a problem").click()
    assert "nobody" in download.value.path().read_text("utf-8-sig")
    page.goto("/settings/privacy/consent/?q=import.test")
    playwright_api.expect(page.get_by_text("Messe Köln · From the file fair.csv")).to_be_visible()
    context.close()


def test_a_contacts_consent_is_entered_by_keyboard_and_holds_in_every_look(chromium, site):
    context = browse(chromium, site, "ada@acme.test", viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto("/people/new/?name=Carla&email=carla@client.test")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Enter consent").press("Enter")
    for step in ("form", "card"):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), step
        assert faults(page) == [], step
        if step == "form":
            page.get_by_label("Note").fill("On the telephone")
            page.get_by_role("button", name="Enter", exact=True).press("Enter")
            playwright_api.expect(page.get_by_text("The entry is in the ledger.")).to_be_visible()
            page.locator(".consent-history summary").press("Enter")
            playwright_api.expect(page.get_by_text("On the telephone")).to_be_visible()
    context.close()
