"""Calendar, notes and files in a real browser: dragging and its keys, the editor with its mentions, dropping, filters."""
# ruff: noqa: F811

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Activity, Deal, Note, StoredFile
from crm.records.tests.test_in_browser import tab  # noqa: F401
from notifications.models import Card

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect


def test_an_activity_is_put_on_another_day_by_mouse_and_by_keys(tab: Any, alice: User) -> None:
    day = timezone.localdate(timezone=alice.zone).replace(day=10)
    with timezone.override(alice.zone):
        due_at = timezone.make_aware(timezone.datetime(day.year, day.month, 10, 14, 0))  # type: ignore[attr-defined]
    call = Activity.objects.create(owner=alice, subject="Call about the offer", due_at=due_at)

    def kept() -> Any:
        call.refresh_from_db()
        return timezone.localtime(call.due_at, alice.zone)

    tab.goto(f"/activities/calendar/?mode=month&on={day:%Y-%m-%d}")
    item = tab.locator(".month [data-activity] a")
    item.focus()
    with tab.expect_response("**/move/"):
        item.press("Alt+ArrowRight")
    expect(tab.locator(f"[data-day='{day + timedelta(days=1):%Y-%m-%d}'] a")).to_be_focused()
    assert (kept().day, kept().hour) == (11, 14)
    target = tab.locator(f".month-day:has([data-day='{day + timedelta(days=8):%Y-%m-%d}'])")
    start, end = (place.bounding_box() for place in (tab.locator(".month [data-activity] a"), target))
    tab.mouse.move(start["x"] + 30, start["y"] + 8)
    tab.mouse.down()
    for step in range(1, 11):
        tab.mouse.move(
            start["x"] + 30 + (end["x"] + 30 - start["x"] - 30) * step / 10, start["y"] + 8 + (end["y"] + 38 - start["y"] - 8) * step / 10
        )
    with tab.expect_response("**/move/"):
        tab.mouse.up()
    expect(tab.locator(".toast-line").last).to_contain_text("18")
    assert (kept().day, kept().hour) == (18, 14)
    tab.keyboard.press("w")
    tab.wait_for_url("**mode=week**")
    tab.keyboard.press("n")
    tab.wait_for_url("**on=**")


def test_a_note_with_a_mention_a_file_and_the_filter_of_the_timeline(tab: Any, alice: User, bob: User, deal: Deal, call: Activity) -> None:
    tab.goto(f"{deal.get_absolute_url()}?tab=note")
    tab.locator(".note-editor").click()
    tab.keyboard.press("Control+b")
    tab.keyboard.type("Budget")
    tab.keyboard.press("Control+b")
    tab.keyboard.type(" is approved, ask @bo")
    tab.get_by_role("option", name="Bob Berg").wait_for()
    tab.keyboard.press("Enter")
    tab.keyboard.type("today")
    tab.get_by_role("button", name="Save note").click()
    expect(tab.locator("#timeline [data-mention]")).to_have_text("@Bob Berg")
    note = Note.objects.get()
    assert ("<b>Budget</b>" in note.html, note.text) == (True, "Budget is approved, ask @Bob Berg today")
    assert Card.objects.get().user == bob
    tab.get_by_role("button", name="Pin").click()
    expect(tab.locator(".timeline-pinned .note-text")).to_be_visible()
    tab.get_by_role("tab", name="File").click()
    tab.locator("input[type=file][name=files]").set_input_files({"name": "Offer.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
    expect(tab.locator("#timeline").get_by_role("link", name="Offer.pdf")).to_be_visible()
    assert StoredFile.objects.get().name == "Offer.pdf"
    tab.get_by_role("link", name="Files", exact=True).click()
    expect(tab.locator(".timeline-pinned")).to_have_count(0)
    assert "kind=files" in tab.url
    tab.get_by_role("button", name="Done: Call about the offer").click()
    tab.get_by_role("button", name="Plan it").click()
    expect(tab.get_by_role("tab", name="Activity")).to_have_attribute("aria-selected", "true")
