"""The composer in a real browser: chips, the editor, files, and that nothing typed is ever lost."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from crm.accounts.models import User
from crm.records.models import Person
from mail.models import Account, Message
from mail.tests.conftest import sign_in
from mail.tests.posting import sign
from tests.accessibility import faults
from tracking import preferences

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect


@pytest.fixture
def account(alice: User) -> Account:
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    account = Account.objects.create(owner=alice, email="alice@acme.test", smtp_host="127.0.0.1")
    sign(account, "<div>Alice</div>")
    return account


def compose(tab: Any) -> None:
    tab.goto("/mail/drafts/")
    tab.get_by_role("button", name="Compose").click()
    tab.locator(".composer.is-ready").wait_for()


def box(tab: Any, name: str) -> Any:
    return tab.get_by_role("textbox", name=name, exact=True)


def chips(tab: Any, kind: str) -> list[str]:
    texts: list[str] = tab.locator(f"[data-chips={kind}] .chip-text").all_text_contents()
    return texts


def saved(tab: Any) -> Message:
    """The draft once the composer has said that it is saved."""
    expect(tab.locator("[data-status]")).to_contain_text("Saved")
    return Message.objects.get()


def test_people_become_chips_by_keyboard_alone(tab: Any, alice: User):
    Person.objects.create(name="Boris Ivanov", email="boris@client.test", owner=alice)
    compose(tab)
    expect(box(tab, "To")).to_be_focused()
    tab.keyboard.type("bor")
    expect(tab.get_by_role("option", name="Boris Ivanov")).to_have_attribute("aria-selected", "true")
    tab.keyboard.press("Enter")
    tab.keyboard.type("carla@client.test; dora@client.test,")
    assert chips(tab, "to") == ["Boris Ivanov", "carla@client.test", "dora@client.test"]
    tab.keyboard.press("Backspace")
    tab.keyboard.press("Tab")
    expect(box(tab, "Cc")).to_be_focused()
    tab.keyboard.press("Tab")
    expect(box(tab, "Bcc")).to_be_focused()
    tab.keyboard.press("Tab")
    expect(box(tab, "Subject")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(box(tab, "Message body")).to_be_focused()
    assert saved(tab).typed_recipients["to"] == "Boris Ivanov <boris@client.test>, carla@client.test"


def test_a_wrong_address_is_marked_kept_and_mended(tab: Any):
    compose(tab)
    tab.keyboard.type("boris@client")
    box(tab, "Subject").click()
    expect(tab.get_by_text("“boris@client” is not an email address").first).to_be_visible()
    tab.get_by_role("button", name="Send", exact=True).click()
    assert Message.objects.filter(folder="outbox").count() == 0
    tab.locator(".chip.is-wrong .chip-text").click()
    expect(box(tab, "To")).to_have_value("boris@client")
    tab.keyboard.type(".test")
    tab.keyboard.press("Enter")
    assert chips(tab, "to") == ["boris@client.test"]
    expect(tab.get_by_role("alert").filter(has_text="not an email address")).to_have_count(0)


def test_writing_formats_links_and_stays_above_the_signature(tab: Any):
    compose(tab)
    box(tab, "Message body").click()  # wherever the click falls
    tab.keyboard.type("See ")
    tab.keyboard.press("Control+b")
    tab.keyboard.type("this")
    tab.keyboard.press("Control+b")
    tab.keyboard.type(" and ")
    tab.keyboard.press("Control+k")
    tab.keyboard.type("shop.test/x")
    tab.keyboard.press("Tab")
    tab.keyboard.type("our shop")
    tab.keyboard.press("Enter")
    tab.keyboard.type(" soon")
    html = saved(tab).body_html.replace("\xa0", " ").replace("&nbsp;", " ")
    assert html.startswith('<div>See <b>this</b> and <a href="https://shop.test/x">our shop</a> soon')
    assert html.index("soon") < html.index("candor_signature")


def test_a_single_link_can_be_left_untracked_and_tracked_again(tab: Any):
    compose(tab)
    box(tab, "Message body").click()
    tab.keyboard.press("Control+k")
    tab.keyboard.type("shop.test/x")
    tab.get_by_label("Words to show").fill("our shop")
    expect(tab.get_by_label("Track this link")).to_be_checked()
    tab.get_by_label("Track this link").uncheck()
    tab.get_by_role("button", name="Set link").click()
    expect(tab.locator("[data-editor] a[data-notrack]")).to_have_text("our shop")
    expect(tab.locator("[data-status]")).to_contain_text("Saved")
    assert 'data-notrack=""' in Message.objects.get().body_html

    tab.locator("[data-editor] a").click()
    tab.keyboard.press("Control+k")
    expect(tab.get_by_label("Track this link")).not_to_be_checked()
    tab.get_by_label("Track this link").check()
    with tab.expect_response("**/mail/compose/save/"):
        tab.get_by_role("button", name="Set link").click()
    expect(tab.locator("[data-editor] a")).to_have_text("our shop")
    assert '<a href="https://shop.test/x">our shop</a>' in Message.objects.get().body_html


def test_it_says_beforehand_when_one_copy_for_all_cannot_tell_who_opened(tab: Any, settings: Any):
    settings.COPIES_LIMIT = 2
    compose(tab)
    shared = tab.locator("[data-shared]")
    tab.keyboard.type("boris@client.test, carla@client.test,")
    expect(shared).to_be_hidden()
    tab.get_by_role("button", name="Tell recipients apart").click()
    expect(shared).to_have_text("All 2 recipients get one and the same copy: you will see when it is opened, not by whom.")
    tab.get_by_role("button", name="Tell recipients apart").click()
    expect(shared).to_be_hidden()
    box(tab, "To").click()
    tab.keyboard.type("dora@client.test,")
    expect(shared).to_contain_text("All 3 recipients")
    tab.get_by_role("button", name="Track email opening").click()
    tab.get_by_role("button", name="Track link opening").click()
    expect(shared).to_be_hidden()


def test_it_warns_before_gmail_hides_the_end(tab: Any):
    compose(tab)
    box(tab, "Message body").click()
    tab.keyboard.insert_text("All of it. " * 8200)
    expect(tab.get_by_text("Gmail shows about 102 KB")).to_be_visible()
    tab.keyboard.press("Control+a")
    tab.keyboard.insert_text("Less of it.")
    expect(tab.get_by_text("Gmail shows about 102 KB")).to_be_hidden()


def test_enter_before_the_script_is_there_keeps_what_was_typed(tab: Any):
    tab.route("**/composer*.js", lambda route: route.abort())  # as on a slow line
    tab.goto("/mail/compose/")
    box(tab, "Subject").fill("Typed early")
    box(tab, "To").fill("boris@client.test")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/mail/drafts/")
    draft = Message.objects.get()
    assert (draft.folder, draft.subject, draft.typed_recipients["to"]) == ("drafts", "Typed early", "boris@client.test")
    tab.problems.clear()  # the browser complains of the script that did not come


def test_a_composer_that_was_only_opened_leaves_no_draft(tab: Any):
    compose(tab)
    tab.wait_for_timeout(1200)  # longer than the composer waits before it saves
    tab.keyboard.press("Escape")
    expect(tab.locator("[data-composer]")).to_have_count(0)
    assert not Message.objects.exists()


def test_an_expired_session_loses_nothing(tab: Any, alice: User):
    compose(tab)
    box(tab, "Subject").fill("Important")
    saved(tab)
    Session.objects.all().delete()
    box(tab, "Message body").click()
    tab.keyboard.type("Every word")
    expect(tab.get_by_text("You have been signed out")).to_be_visible()
    sign_in(tab, alice)
    tab.goto("/mail/inbox/")
    expect(box(tab, "Message body")).to_contain_text("Every word")
    draft = Message.objects.get()
    assert (draft.subject, "Every word" in draft.body_html) == ("Important", True)


def test_a_connection_that_comes_back_saves_what_was_written_meanwhile(tab: Any):
    compose(tab)
    tab.context.set_offline(True)
    box(tab, "Subject").fill("Offline")
    expect(tab.locator("[data-status]")).to_contain_text("No connection")
    tab.context.set_offline(False)
    expect(tab.locator("[data-status]")).to_contain_text("Saved", timeout=9000)
    assert Message.objects.get().subject == "Offline"


def test_files_are_weighed_before_they_travel(tab: Any, tmp_path: Path):
    small, large = tmp_path / "offer.pdf", tmp_path / "film.mp4"
    small.write_bytes(b"%PDF")
    large.write_bytes(b"\0" * (30 * 1024 * 1024))
    compose(tab)
    tab.locator("[data-file-input=files]").set_input_files([str(small), str(large)])
    expect(tab.get_by_role("link", name="offer.pdf")).to_be_visible()
    expect(tab.get_by_text("“film.mp4” (30 MB) was not attached")).to_be_visible()
    assert [file.name for file in Message.objects.get().attachments.all()] == ["offer.pdf"]


def test_sending_closes_the_dock_and_keeps_the_choice(tab: Any):
    compose(tab)
    tab.keyboard.type("boris@client.test")
    box(tab, "Subject").fill("Offer")
    tab.get_by_role("button", name="Track link opening").click()
    tab.keyboard.press("Control+Enter")
    expect(tab.get_by_text("Sending…").first).to_be_visible()
    expect(tab.locator("[data-composer]")).to_have_count(0)
    expect(tab.locator('[data-folder-count="outbox"]')).to_have_text("1")
    message = Message.objects.get()
    assert (message.folder, message.track_opens, message.track_links) == ("outbox", True, False)
    compose(tab)
    expect(tab.get_by_role("button", name="Track email opening")).to_have_attribute("aria-pressed", "true")
    expect(tab.get_by_role("button", name="Track link opening")).to_have_attribute("aria-pressed", "false")


def test_a_mail_that_the_server_can_neither_send_nor_save_is_saved_as_soon_as_it_can(tab: Any):
    compose(tab)
    tab.route("**/mail/compose/s*/", lambda route: route.fulfill(status=503, json={"reason": "The disk is full."}))
    tab.keyboard.type("boris@client.test")
    box(tab, "Subject").fill("Offer")
    tab.get_by_role("button", name="Send", exact=True).click()
    expect(tab.get_by_text("What you wrote is kept; send it again in a moment.")).to_be_visible()
    expect(tab.locator("[data-status]")).to_have_text("The disk is full.")
    tab.unroute("**/mail/compose/s*/")
    expect(tab.locator("[data-status]")).to_contain_text("Saved", timeout=9000)
    assert Message.objects.get().subject == "Offer"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(tab: Any, scheme: str):
    tab.emulate_media(color_scheme=scheme)
    compose(tab)
    tab.keyboard.type("nonsense,")
    pages = ["/mail/sent/?menu=open&is=tracked", "/mail/compose/", "/settings/email-sync/", "/settings/email-sync/accounts/"]
    found = []
    for page in [None, *pages]:
        if page:
            tab.goto(page)
        found += [(page, fault) for fault in faults(tab)]
    assert found == []
