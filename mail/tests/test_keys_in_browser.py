"""Reading mail by keyboard and mouse: choosing, archiving, going on, taking back."""

from typing import Any

import pytest

from crm.accounts.models import User
from mail.models import Message
from mail.tests.incoming import received

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect


@pytest.fixture
def mails(alice: User) -> list[Message]:
    return [received(alice, subject=f"Mail {number}", hours_ago=number) for number in range(6)]


def folders() -> list[str]:
    return list(Message.objects.order_by("-at").values_list("folder", flat=True))


def test_a_morning_by_keyboard(tab: Any, mails: list[Message]):
    tab.goto("/mail/inbox/")
    rows, toast = tab.locator("[data-mail-row]"), tab.locator(".toast-line")
    for key in ("j", "x", "j", "j", "x"):
        tab.keyboard.press(key)
    expect(tab.locator("[data-bulk-count]")).to_have_text("2 selected")
    tab.keyboard.press("e")
    expect(toast).to_contain_text("2 conversations archived.")
    expect(rows).to_have_count(4)
    assert folders() == ["archive", "inbox", "archive", "inbox", "inbox", "inbox"]
    tab.keyboard.press("z")
    expect(rows).to_have_count(6)
    expect(toast.last).to_contain_text("Taken back.")

    tab.locator("[data-row-link]", has_text="Mail 1").click()
    expect(tab.locator("[data-thread-page] h1")).to_have_text("Mail 1")
    tab.keyboard.press("#")  # the next one opens
    expect(tab.locator("[data-thread-page] h1")).to_have_text("Mail 2")
    assert folders()[1] == "trash"
    tab.keyboard.press("Shift+U")  # back in the list, unread again
    expect(tab.locator("[data-mail-row]", has_text="Mail 2")).to_contain_text("Unread:")
    expect(rows).to_have_count(5)

    tab.keyboard.press("g")
    tab.keyboard.press("t")
    expect(tab.locator("[data-list-page] h1")).to_have_text("Trash")
    tab.keyboard.press("/")
    tab.keyboard.type("jejxz mail")  # none of it is a key while one types
    expect(tab.locator("[data-mail-search]")).to_have_value("in:trash jejxz mail")
    tab.keyboard.press("Escape")
    tab.keyboard.press("?")
    sheet = tab.locator("[data-shortcuts]")
    expect(sheet).to_be_visible()
    expect(sheet.locator(".is-off", has_text="Archive")).to_be_visible()  # nothing is archived from the trash
    tab.keyboard.press("e")
    tab.keyboard.press("Escape")
    assert folders().count("trash") == 1


def test_a_range_is_ticked_with_shift_and_stays_ticked_when_its_rows_are_drawn_anew(tab: Any, mails: list[Message]):
    tab.goto("/mail/inbox/")
    boxes = tab.locator("[data-pick]")
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(tab.locator("[data-bulk-count]")).to_have_text("4 selected")
    Message.objects.filter(pk=mails[2].pk).update(is_read=True)
    tab.evaluate("document.dispatchEvent(new CustomEvent('live:mail', {detail: {}}))")
    expect(tab.locator("[data-mail-row].is-unread")).to_have_count(5)
    expect(tab.locator("[data-pick]:checked")).to_have_count(4)
    tab.check("[data-pick-all]")
    tab.click("[data-bulk] [value=read]")
    expect(tab.locator("[data-mail-row].is-unread")).to_have_count(0)
    expect(tab.locator("[data-bulk]")).to_be_hidden()


def test_mail_that_comes_in_shows_in_the_open_conversation(tab: Any, alice: User, mails: list[Message]):
    tab.goto(f"/mail/threads/{mails[0].thread_id}/")
    received(alice, subject="Re: Mail 0", body_text="And another thing", thread=mails[0].thread)
    tab.evaluate("document.dispatchEvent(new CustomEvent('live:mail', {detail: {}}))")
    expect(tab.locator(".message-item")).to_have_count(2)
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    expect(tab.locator(".message-item").nth(1).locator("summary")).to_be_focused()
