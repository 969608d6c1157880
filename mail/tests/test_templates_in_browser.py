"""Templates and signatures in a real browser: picked by keyboard, missing words named, filled in, sent."""

from collections.abc import Callable
from typing import Any

import pytest

from crm.accounts.models import User
from crm.records.models import Person
from mail import letters
from mail.models import Account, Message, Signature, Template
from mail.tests.posting import sent, sign
from mail.tests.test_composer_in_browser import box, compose
from tests.accessibility import faults

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
BODY = '<p>Hi {{ person.first_name | default: "there" }},</p><p>as {{ person.job_title }} you may like {{ deal.title }}.</p>'


@pytest.fixture
def account(alice: User) -> Account:
    account = Account.objects.create(owner=alice, email="alice@acme.test", smtp_host="127.0.0.1")
    sign(account, "<p>Alice of Acme</p>", name="Full")
    Signature.objects.create(account=account, name="Short", html="<p>A.</p>")
    other = Account.objects.create(owner=alice, email="info@acme.test", smtp_host="127.0.0.1")
    sign(other, "<p>The team</p>")
    return account


def words(tab: Any) -> str:
    text: str = tab.locator("[data-composer] [data-editor]").inner_text()
    return " ".join(text.split())


def above_the_quotation(tab: Any) -> str:
    return words(tab).partition(" On ")[0]


def all_saved(tab: Any) -> None:
    tab.wait_for_function("() => (({ version, saved }) => version === saved)(document.querySelector('[data-composer]').composer)")


def test_a_template_is_picked_by_keyboard_filled_in_and_sent_above_the_signature(tab: Any, alice: User):
    Person.objects.create(owner=alice, name="Boris Ivanov", email="boris@client.test", job_title="Buyer")
    letters.save(template=Template(owner=alice), name="Offer", subject="For {{ person.name }}", body_html=BODY, folder=None, sharing="")
    compose(tab)
    tab.keyboard.type("carla@client.test,")
    tab.get_by_role("button", name="Templates").focus()
    tab.keyboard.press("Enter")
    tab.keyboard.type("off")
    expect(tab.get_by_role("option", name="Offer")).to_have_attribute("aria-selected", "true")
    assert faults(tab) == []
    tab.keyboard.press("Enter")
    notice = tab.locator("[data-unfilled-words]")
    expect(notice).to_have_text("To be filled in before sending: full name, job title, deal’s title.")
    assert words(tab) == "Hi there, as [person.job_title] you may like [deal.title]. Alice of Acme"

    tab.get_by_role("button", name="Remove carla@client.test").click()  # other recipients fill the fields anew
    tab.keyboard.type("boris@client.test,")
    tab.keyboard.type("dora@client.test,")
    expect(notice).to_have_text("To be filled in before sending: deal’s title.")
    expect(box(tab, "Subject")).to_have_value("For Boris Ivanov")
    assert words(tab).startswith("Hi Boris, as Buyer you may like [deal.title].")
    expect(tab.locator("[data-same-words]")).to_contain_text("All 2 recipients read the same words")
    expect(tab.locator("[data-status]")).to_contain_text("Saved")

    tab.keyboard.press("Control+Enter")
    expect(tab.locator("[data-error-for=body]")).to_have_text("Fill in: deal’s title.")
    tab.get_by_role("button", name="Show the next").click()
    tab.keyboard.type("our sensors")
    expect(notice).to_be_hidden()
    tab.keyboard.press("Control+Enter")
    expect(tab.locator("[data-composer]")).to_have_count(0)
    message = Message.objects.get()
    assert (message.folder, message.subject) == ("outbox", "For Boris Ivanov")
    assert " ".join(message.body_text.split()) == "Hi Boris, as Buyer you may like our sensors. Alice of Acme"
    assert "data-merge" not in message.body_html


def test_what_was_written_over_a_field_is_kept_and_a_draft_opens_with_its_fields(tab: Any, alice: User):
    letters.save(template=Template(owner=alice), name="Offer", subject="", body_html=BODY, folder=None, sharing="")
    compose(tab)
    tab.keyboard.type("boris@client.test,")
    tab.get_by_role("button", name="Templates").click()
    tab.get_by_role("option", name="Offer").click()
    expect(tab.locator(".candor_missing").first).to_be_visible()
    tab.keyboard.type("boss")
    expect(tab.locator("[data-unfilled-words]")).to_contain_text("sending: deal’s title.")
    tab.keyboard.type(" of bosses")
    all_saved(tab)
    tab.goto(f"/mail/compose/?draft={Message.objects.get().pk}")
    tab.locator(".composer.is-ready").wait_for()
    expect(tab.locator(".candor_missing")).to_have_text("[deal.title]")
    tab.get_by_role("button", name="Remove boris@client.test").click()
    tab.route("**/mail/compose/fields/", lambda route: route.abort())
    tab.keyboard.type("Carla Conti <carla@client.test>")
    tab.keyboard.press("Control+Enter")  # at once: no mail goes to Carla with the words for Boris
    expect(tab.locator("[data-error-for=body]")).to_contain_text("could not be filled in for these recipients")
    tab.unroute("**/mail/compose/fields/")
    tab.keyboard.press("Control+Enter")
    expect(tab.locator("[data-error-for=body]")).to_have_text("Fill in: deal’s title.")
    expect(tab.locator("[data-composer] [data-editor]")).to_contain_text(
        "Hi Carla, as boss of bosses you may like [deal.title].", use_inner_text=True
    )


def test_the_signature_is_swapped_in_place_and_follows_the_sender(tab: Any, alice: User, draft: Callable[..., Message]):
    answered = sent(draft(body_html='<p>Before</p><div class="candor_signature"><p>Old</p></div>'))
    tab.goto(f"/mail/compose/?reply={answered.pk}")
    tab.locator(".composer.is-ready").wait_for()
    tab.keyboard.type("My own words")
    tab.get_by_role("button", name="Signature").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("menuitemradio", name="Full")).to_have_attribute("aria-checked", "true")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    assert above_the_quotation(tab) == "My own words A."
    tab.get_by_label("From").select_option("info@acme.test")
    assert above_the_quotation(tab) == "My own words The team"
    tab.get_by_role("button", name="Signature").click()
    expect(tab.get_by_role("menuitemradio", name="Short")).to_be_hidden()
    tab.get_by_role("menuitemradio", name="No signature").click()
    assert above_the_quotation(tab) == "My own words"
    tab.get_by_label("From").select_option("alice@acme.test")
    assert above_the_quotation(tab) == "My own words Alice of Acme"
    all_saved(tab)
    assert words(tab).endswith("Before Old")
    assert Message.objects.latest("pk").body_html.count("candor_signature") == 2


def test_a_template_is_written_with_fields_from_the_menu(tab: Any, alice: User):
    Person.objects.create(owner=alice, name="Boris Ivanov", email="boris@client.test")
    tab.goto("/settings/templates/new/")
    tab.get_by_label("Name").fill("Greeting")
    tab.get_by_label("Subject").click()
    tab.keyboard.type("Hello ")
    tab.get_by_role("button", name="Insert field").click()
    tab.get_by_role("menuitem", name="First name", exact=True).click()
    box(tab, "Text").click()
    tab.keyboard.type("Dear ")
    tab.get_by_role("button", name="Insert field").click()
    assert faults(tab) == []
    tab.get_by_role("menuitem", name="Full name").click()
    tab.get_by_role("button", name="Show").click()
    sample = tab.frame_locator("iframe[name=template-preview]")
    expect(sample.locator("body")).to_contain_text("Dear Boris Ivanov")
    tab.get_by_role("button", name="Save").click()
    tab.wait_for_url("**/settings/templates/")
    assert faults(tab) == []
    template = Template.objects.get()
    assert template.subject == "Hello {{ person.first_name }}"
    assert "Dear&nbsp;{{ person.name }}" in template.body_html
