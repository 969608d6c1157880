"""The composer in a real browser: who will be tracked is told while one writes, and the question is put in by a button."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.consent import ledger
from crm.consent.models import Consent, Question
from crm.records.models import Person
from mail import sending
from mail.models import Message
from mail.tests.fake_smtp import FakeServer
from mail.tests.test_composer_in_browser import box, compose
from mail.tests.test_templates_in_browser import all_saved, words
from tests.accessibility import faults
from tracking import preferences

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect


@pytest.fixture(autouse=True)
def refusal(alice: User) -> None:
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    Person.objects.create(owner=alice, name="Anna", email="anna@client.test")
    at = timezone.now().replace(year=2026, month=3, day=3)
    ledger.record(email="anna@client.test", state=Consent.State.REFUSED, source=Consent.Source.PAGE, at=at)


def test_who_will_be_tracked_is_told_as_recipients_and_toggles_change(tab: Any):
    compose(tab)
    line = tab.locator("[data-consent]")
    expect(line).to_be_hidden()
    tab.keyboard.type("boris@client.test,")
    expect(line).to_have_text("1 recipient is tracked.")
    tab.keyboard.type("anna@client.test,")
    expect(line).to_have_text("1 of 2 tracked: Anna refused on 3 March 2026.")
    expect(line).to_have_class("composer-consent is-warning")
    assert faults(tab) == []
    tab.get_by_role("button", name="Tell recipients apart").click()
    expect(line).to_have_text("Nobody is tracked: Anna refused on 3 March 2026; a shared copy needs everybody’s agreement.")
    expect(tab.locator("[data-shared]")).to_be_hidden()
    tab.get_by_role("button", name="Remove anna@client.test").click()
    expect(line).to_have_text("1 recipient is tracked.")
    expect(line).to_have_class("composer-consent")
    tab.get_by_role("button", name="Track email opening").click()
    tab.get_by_role("button", name="Track link opening").click()
    expect(line).to_be_hidden()


def test_a_mail_to_a_contact_begins_with_the_line_and_follows_its_toggles_unsaved(tab: Any):
    tab.goto(f"/people/{Person.objects.get().pk}/")
    form = tab.locator("[data-composer]").first
    tab.wait_for_function("() => document.querySelector('[data-composer]')?.composer?.editor")
    line = form.locator("[data-consent]")
    expect(line).to_have_text("Nobody is tracked: Anna refused on 3 March 2026.")
    form.get_by_role("button", name="Track email opening").click()
    form.get_by_role("button", name="Track link opening").click()
    expect(line).to_be_hidden()
    assert not Message.objects.exists()


def test_the_question_is_put_in_by_a_button_once_and_goes_out_with_its_link(tab: Any, server: FakeServer):
    compose(tab)
    tab.keyboard.type("boris@client.test,")
    ask = tab.get_by_role("button", name="Ask for permission to track")
    ask.click()
    expect(tab.locator("[data-consent]")).to_have_text("Nobody is tracked: this mail asks for permission.")
    assert words(tab).startswith("May Alice Ahrens see when you open our mails")
    ask.click()
    assert tab.locator("[data-editor] .candor_ask").count() == 1
    tab.keyboard.type("Thank you. ")
    expect(tab.locator("[data-status]")).to_contain_text("Saved")
    all_saved(tab)
    assert faults(tab) == []
    box(tab, "Subject").fill("A question")
    tab.keyboard.press("Control+Enter")
    expect(tab.get_by_text("Sending…")).to_be_visible()
    sending.send_due(clock=lambda: timezone.now() + timedelta(minutes=5))
    assert server.taken[0].data.count(b"/p/ask/") == 2
    assert Question.objects.get().email == "boris@client.test"


def test_a_template_is_written_with_the_question(tab: Any):
    tab.goto("/settings/templates/new/")
    tab.get_by_label("Name", exact=True).fill("First mail")
    tab.get_by_role("button", name="Ask for permission to track").click()
    expect(tab.locator("[data-editor] .candor_ask")).to_contain_text("May {{ my.name }}")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.get_by_text("First mail")).to_be_visible()
    compose(tab)
    tab.get_by_role("button", name="Templates").click()
    tab.keyboard.type("First")
    expect(tab.get_by_role("option", name="First mail")).to_have_attribute("aria-selected", "true")
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-editor] .candor_ask")).to_contain_text("May Alice Ahrens")
    expect(tab.locator("[data-consent]")).to_have_text("Nobody is tracked: this mail asks for permission.")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_line_and_the_button_fit(tab: Any, width: int):
    tab.set_viewport_size({"width": width, "height": 900})
    compose(tab)
    tab.keyboard.type("boris@client.test,anna@client.test,")
    expect(tab.locator("[data-consent]")).to_contain_text("1 of 2")
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
